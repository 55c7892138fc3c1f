package fetch

import (
	"encoding/json"
	"unicode/utf8"

	"trapline/internal/events"
)

// Value is one argument of a record, for JSON and for checks in Go.
type Value struct {
	Name string
	Type string
	// Value is an int64 or uint64, a string (hexadecimal numbers with 0x,
	// symbols, strings), nil for a string that could not be read, or a []any
	// of those for an array.
	Value any
}

// Values gives the arguments in order.
func (r Record) Values(n Names) []Value {
	values := make([]Value, 0, len(r.Program.args))
	for i := range r.Program.args {
		a := &r.Program.args[i]
		at := r.Program.header + a.offset
		v := Value{Name: a.name, Type: a.typ.Name}
		if a.count == 0 {
			v.Value = r.value(n, a.typ, at)
		} else {
			list := make([]any, a.count)
			for j := range list {
				list[j] = r.value(n, a.typ, at+j*a.typ.Size)
			}
			v.Value = list
		}
		values = append(values, v)
	}
	return values
}

func (r Record) value(n Names, t *events.Type, at int) any {
	if t.IsString() {
		text, ok := r.text(at)
		if !ok {
			return nil
		}
		return string(text)
	}
	switch v := getInt(r.Data[at : at+t.Size]); t.Kind {
	case events.Signed:
		return signExtend(v, t.Size)
	case events.Unsigned:
		return v
	default:
		return string(r.appendValue(nil, n, t, at))
	}
}

// MarshalJSON gives name, type and value. A string that is not UTF-8 comes
// as {"bytes":[…]}, 64-bit numbers as JSON numbers with all their digits.
func (v Value) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name  string `json:"name"`
		Type  string `json:"type"`
		Value any    `json:"value"`
	}{v.Name, v.Type, jsonValue(v.Value)})
}

func jsonValue(v any) any {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) {
			bytes := make([]int, len(v))
			for i := range bytes {
				bytes[i] = int(v[i])
			}
			return map[string]any{"bytes": bytes}
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonValue(v[i])
		}
		return list
	}
	return v
}
