package filter

import "encoding/binary"

// Event is a record that is tested, and where it comes from.
type Event struct {
	Data []byte // with the common fields filled in
	CPU  int
	Comm string
}

// Match tells whether the filter lets an event through; a nil filter lets every one (filter_match_preds()).
func (f *Filter) Match(e *Event) bool { return f == nil || f.root.match(e) }

// node is a part of an expression.
type node interface{ match(e *Event) bool }

type not struct{ of node }

func (n not) match(e *Event) bool { return !n.of.match(e) }

type allOf struct{ left, right node }

func (n allOf) match(e *Event) bool { return n.left.match(e) && n.right.match(e) }

type anyOf struct{ left, right node }

func (n anyOf) match(e *Event) bool { return n.left.match(e) || n.right.match(e) }

type textTest struct {
	field   *Field
	matches func(string) bool
	not     bool
}

func (t textTest) match(e *Event) bool {
	s := e.Comm
	if t.field.Kind == Text {
		s = e.Text(*t.field)
	}
	return t.matches(s) != t.not
}

// Text is a field's string, which lies behind a locator: offset in the low 16 bits, length with NUL in the high 16. A string that could
// not be read has length 0: it lies at the record's start, whose first NUL ends it.
func (e *Event) Text(f Field) string {
	loc := binary.LittleEndian.Uint32(e.Data[f.Offset:])
	low, n := int(loc&0xffff), int(loc>>16)
	b := e.Data[min(low, len(e.Data)):]
	if n > 0 {
		b = b[:min(n, len(b))]
	}
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// Number is a field's value, extended by its sign to 64 bits if it has one. Of an array it is the first bytes.
func (e *Event) Number(f Field) uint64 {
	var b [8]byte
	n := min(f.Size, len(b))
	copy(b[:], e.Data[f.Offset:f.Offset+n])
	v, unused := binary.LittleEndian.Uint64(b[:]), 64-8*n
	if f.Signed {
		return uint64(int64(v<<unused) >> unused)
	}
	return v
}

type numberTest struct {
	field *Field
	op    string
	value uint64
}

func (t numberTest) match(e *Event) bool {
	if t.field.Kind == CPU {
		return t.op != "&" && compare(t.op, int64(e.CPU), int64(int32(t.value)))
	}
	if s := t.field.Size; s != 1 && s != 2 && s != 4 && s != 8 {
		return false // an array of another size
	}
	v := e.Number(*t.field)
	unused := 64 - 8*t.field.Size
	if t.op == "&" {
		return v&(t.value<<unused>>unused) != 0
	}
	if t.field.Signed {
		return compare(t.op, int64(v), int64(t.value<<unused)>>unused)
	}
	return compare(t.op, v, t.value<<unused>>unused)
}

func compare[T int64 | uint64](op string, a, b T) bool {
	switch op {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	}
	return a >= b
}
