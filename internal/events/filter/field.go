package filter

import (
	"strings"

	"trapline/internal/events"
)

// Kind is how a field's value is compared.
type Kind uint8

const (
	Number Kind = iota // Size bytes of the record, little endian
	Text               // a string in the record's dynamic part, behind a locator
	CPU                // the CPU that the event fired on
	Comm               // the name of the thread that it fired in
)

// Field is something that an expression can name.
type Field struct {
	Name   string
	Kind   Kind
	Offset int // bytes from the record's start
	Size   int // bytes
	Signed bool
}

func (f *Field) isText() bool { return f.Kind == Text || f.Kind == Comm }

// Fields lists what a probe's events can be filtered by: the event's own fields, then those of every event.
func Fields(d *events.Definition) []Field {
	var l []Field
	for _, f := range d.Fields() {
		k := Number
		if strings.HasPrefix(f.Type, "__data_loc") {
			k = Text
		}
		l = append(l, Field{f.Name, k, f.Offset, f.Size, f.Signed})
	}
	for _, name := range []string{"CPU", "cpu", "common_cpu"} {
		l = append(l, Field{Name: name, Kind: CPU, Size: 4, Signed: true})
	}
	for _, name := range []string{"COMM", "comm"} {
		l = append(l, Field{Name: name, Kind: Comm})
	}
	return append(l,
		Field{Name: "common_type", Offset: 0, Size: 2},
		Field{Name: "common_flags", Offset: 2, Size: 1},
		Field{Name: "common_preempt_count", Offset: 3, Size: 1},
		Field{Name: "common_pid", Offset: 4, Size: 4, Signed: true})
}
