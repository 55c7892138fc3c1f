package events

import (
	"fmt"
	"strings"
)

// Names of the fields that every record of an event starts with.
const (
	fieldIP    = "__probe_ip"
	fieldFunc  = "__probe_func"
	fieldRetIP = "__probe_ret_ip"
)

// CommonSize is the bytes of the fields that every trace record starts with:
// type (2 bytes), flags (1), preempt count (1), pid (4).
const CommonSize = 8

// HeaderSize is the bytes before the arguments in a record: the common
// fields and one or two addresses.
func (d *Definition) HeaderSize() int {
	if d.Return {
		return CommonSize + 2*d.Arch.Word()
	}
	return CommonSize + d.Arch.Word()
}

// Field is a line of the format file.
type Field struct {
	Type   string // with the array brackets of an array
	Name   string
	Offset int // bytes from the start of the record
	Size   int // bytes
	Signed bool
}

var commonFields = [...]Field{
	{"unsigned short", "common_type", 0, 2, false},
	{"unsigned char", "common_flags", 2, 1, false},
	{"unsigned char", "common_preempt_count", 3, 1, false},
	{"int", "common_pid", 4, 4, true},
}

// Fields are the event's own fields: the addresses, then the arguments.
func (d *Definition) Fields() []Field {
	word := d.Arch.Word()
	var fields []Field
	if d.Return {
		fields = append(fields,
			Field{"unsigned long", fieldFunc, CommonSize, word, false},
			Field{"unsigned long", fieldRetIP, CommonSize + word, word, false})
	} else {
		fields = append(fields, Field{"unsigned long", fieldIP, CommonSize, word, false})
	}
	for i := range d.Args {
		a := &d.Args[i]
		typ := a.Type.Field
		if a.Count != 0 {
			typ += fmt.Sprintf("[%d]", a.Count)
		}
		fields = append(fields, Field{typ, a.Name, d.HeaderSize() + a.Offset, a.Size(), a.Type.Signed})
	}
	return fields
}

// line is the field as the format file shows it: an array's length goes
// missing, except for one of strings, where it stays with the type.
func (f Field) line() string {
	typ, brackets := f.Type, ""
	if i := strings.IndexByte(typ, '['); i >= 0 && !strings.HasPrefix(typ, "__data_loc") {
		typ, brackets = typ[:i], "[]"
	}
	signed := 0
	if f.Signed {
		signed = 1
	}
	return fmt.Sprintf("\tfield:%s %s%s;\toffset:%d;\tsize:%d;\tsigned:%d;\n", typ, f.Name, brackets, f.Offset, f.Size, signed)
}

// Format is the event's format file (SEMANTICS E6). id is the event's number.
func (d *Definition) Format(id int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %s\nID: %d\nformat:\n", d.Event, id)
	for _, f := range commonFields {
		b.WriteString(f.line())
	}
	b.WriteByte('\n')
	for _, f := range d.Fields() {
		b.WriteString(f.line())
	}
	b.WriteString("\nprint fmt: " + d.PrintFormat() + "\n")
	return b.String()
}

// PrintFormat is the print fmt of the format file: a printf format in quotes
// and its arguments.
func (d *Definition) PrintFormat() string {
	var verbs, values strings.Builder
	if d.Return {
		verbs.WriteString("(%lx <- %lx)")
		values.WriteString(", REC->" + fieldFunc + ", REC->" + fieldRetIP)
	} else {
		verbs.WriteString("(%lx)")
		values.WriteString(", REC->" + fieldIP)
	}
	for i := range d.Args {
		d.Args[i].printFormat(&verbs, &values)
	}
	return `"` + verbs.String() + `"` + values.String()
}

func (a *Arg) printFormat(verbs, values *strings.Builder) {
	value := ", REC->%s"
	if a.Type.IsString() {
		value = ", __get_str(%s)"
	}
	if a.Count == 0 {
		fmt.Fprintf(verbs, " %s=%s", a.Name, a.Type.Verb)
		fmt.Fprintf(values, value, a.Name)
		return
	}
	fmt.Fprintf(verbs, " %s={%s%s}", a.Name, a.Type.Verb, strings.Repeat(","+a.Type.Verb, a.Count-1))
	for j := range a.Count {
		fmt.Fprintf(values, value, fmt.Sprintf("%s[%d]", a.Name, j))
	}
}
