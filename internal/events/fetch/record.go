package fetch

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"trapline/internal/events"
)

// Record is one event as it lies in the trace buffer: the common fields
// (zero here), one or two addresses, the arguments' fixed parts, the strings.
// Little endian, nothing aligned; [events.Definition.Fields] gives the places.
type Record struct {
	Program *Program
	Data    []byte
}

// Clone copies the record out of its [Fetcher].
func (r Record) Clone() Record {
	return Record{Program: r.Program, Data: bytes.Clone(r.Data)}
}

// Hit gives the addresses back.
func (r Record) Hit() Hit {
	word := r.Program.def.Arch.Word()
	h := Hit{Addr: getInt(r.Data[events.CommonSize:][:word])}
	if r.Program.def.Return {
		h.Return = getInt(r.Data[events.CommonSize+word:][:word])
	}
	return h
}

// MaxLine is the most that the kernel prints of one record, a page: a piece
// that does not fit is left out, and everything behind it.
const MaxLine = pageSize

// Line is a growing line of trace text with that bound (struct trace_seq).
// Pieces are added whole or not at all.
type Line struct {
	Text []byte
	full bool
}

// Reset empties the line for reuse.
func (l *Line) Reset() { l.Text, l.full = l.Text[:0], false }

// Full tells whether a piece was left out.
func (l *Line) Full() bool { return l.full }

// Keep takes b, which is Text with a piece appended, as the new Text.
func (l *Line) Keep(b []byte) {
	switch {
	case l.full:
	case len(b) >= MaxLine:
		l.full = true
	default:
		l.Text = b
	}
}

// AddString appends s.
func (l *Line) AddString(s string) { l.Keep(append(l.Text, s...)) }

// Names is what printing needs to know of the kernel.
type Names struct {
	Symbols Symbols // nil when no symbol is known
	// Trampoline tells whether an address is a return probe's trampoline;
	// nil when none is.
	Trampoline func(addr uint64) bool
}

// AppendText prints the record as the function column of a trace line does,
// without the newline: "EVENT: (PLACE) name=value …" (SEMANTICS E6).
func (r Record) AppendText(l *Line, n Names) {
	l.AddString(r.Program.def.Event)
	l.AddString(": (")
	r.appendPlace(l, n)
	l.AddString(")")
	for i := range r.Program.args {
		r.appendArg(l, n, &r.Program.args[i])
	}
}

// appendPlace prints where the probe fired: plain addresses for uprobes,
// symbols for kernel probes; for return probes with the address that is
// returned to in front.
func (r Record) appendPlace(l *Line, n Names) {
	h := r.Hit()
	if !r.Program.def.Return {
		l.Keep(r.appendAddress(l.Text, n, h.Addr, true))
		return
	}
	l.Keep(r.appendAddress(l.Text, n, h.Return, true))
	l.AddString(" <- ")
	l.Keep(r.appendAddress(l.Text, n, h.Addr, false))
}

func (r Record) appendAddress(b []byte, n Names, addr uint64, offset bool) []byte {
	if r.Program.def.Kind == events.Uprobe {
		return appendHex(b, addr)
	}
	return n.appendAddress(b, addr, offset)
}

// appendAddress prints a kernel address (seq_print_ip_sym()), the function's
// bare name where offset is false.
func (n Names) appendAddress(b []byte, addr uint64, offset bool) []byte {
	if addr == 0 {
		return append(b, '0')
	}
	if n.Trampoline != nil && n.Trampoline(addr) {
		return append(b, "[unknown/kretprobe'd]"...)
	}
	if offset {
		return AppendSymbol(b, n.Symbols, addr)
	}
	if sym, ok := lookup(n.Symbols, addr); ok {
		return append(b, sym.Name...)
	}
	digits := strconv.FormatUint(addr, 16)
	b = append(b, "0x"...)
	for i := len(digits); i < 8; i++ {
		b = append(b, '0')
	}
	return append(b, digits...)
}

func (r Record) appendArg(l *Line, n Names, a *argument) {
	l.Keep(append(append(append(l.Text, ' '), a.name...), '='))
	at := r.Program.header + a.offset
	if a.count == 0 {
		l.Keep(r.appendValue(l.Text, n, a.typ, at))
		return
	}
	l.AddString("{")
	for i := range a.count {
		if i > 0 {
			l.AddString(",")
		}
		l.Keep(r.appendValue(l.Text, n, a.typ, at+i*a.typ.Size))
	}
	l.AddString("}")
}

// appendValue prints the value whose fixed part lies at the byte.
func (r Record) appendValue(b []byte, n Names, t *events.Type, at int) []byte {
	if t.IsString() {
		text, ok := r.text(at)
		if !ok {
			return append(b, "(fault)"...)
		}
		b = append(b, '"')
		b = append(b, text...)
		return append(b, '"')
	}
	v := getInt(r.Data[at : at+t.Size])
	switch t.Kind {
	case events.Signed:
		return strconv.AppendInt(b, signExtend(v, t.Size), 10)
	case events.Hex:
		return appendHex(b, v)
	case events.Address:
		return AppendSymbol(b, n.Symbols, v)
	}
	return strconv.AppendUint(b, v, 10)
}

// text gives the string behind the locator at the byte, up to its NUL; false
// when the locator says that there is none.
func (r Record) text(at int) ([]byte, bool) {
	v := binary.LittleEndian.Uint32(r.Data[at:])
	if v>>16 == 0 {
		return nil, false
	}
	s := r.Data[min(int(v&0xffff), len(r.Data)):]
	if i := bytes.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return s, true
}

func signExtend(v uint64, size int) int64 {
	shift := 64 - 8*size
	return int64(v<<shift) >> shift
}
