package events

import (
	"fmt"
	"strings"

	"trapline/internal/x86"
)

// Kind tells kernel probes from user probes.
type Kind uint8

const (
	Kprobe Kind = iota
	Uprobe
)

// String is "kprobe" or "uprobe".
func (k Kind) String() string {
	if k == Uprobe {
		return "uprobe"
	}
	return "kprobe"
}

// Definition is one parsed line: one probe of one event.
type Definition struct {
	Kind    Kind
	Arch    x86.Arch
	Release Release
	Return  bool // kretprobe or uretprobe
	Group   string
	Event   string
	Args    []Arg
	// Size is the bytes that the arguments' fixed parts take in a record.
	Size int

	// MaxActive is a kretprobe's number of instances; 0 or less leaves it to
	// the kernel (SEMANTICS E7).
	MaxActive int
	// Symbol is KSYM or MOD:KSYM, with Offset bytes added; "" when the probe
	// is given by Address.
	Symbol  string
	Offset  uint32
	Address uint64

	// Path and FileOffset (bytes) place a uprobe; RefCounter is the file
	// offset of its 16-bit reference counter, 0 for none.
	Path       string
	File       File
	FileOffset uint64
	RefCounter uint64
}

// Arg is one fetch argument.
type Arg struct {
	Name  string
	Text  string // BODY[:TYPE] as written; reading the events back repeats it
	Expr  *Expr
	Type  *Type
	Count int // elements of TYPE[N], 0 when it is no array
	// Bitfield is set for a type bW@O/S, whose container is Type.
	Bitfield *Bitfield
	Offset   int // bytes from the start of the arguments in the record
}

// Size is the bytes of the argument's fixed part in the record.
func (a *Arg) Size() int { return a.Type.Size * max(a.Count, 1) }

// Readback is the line that reading kprobe_events or uprobe_events shows for
// the probe, without the newline. hash stands for the kernel's hashing of
// printed pointers; nil means [Arch.HashPointer].
func (d *Definition) Readback(hash func(uint64) uint64) string {
	var b strings.Builder
	b.WriteByte(d.letter())
	if d.Kind == Kprobe && d.Return && d.MaxActive != 0 {
		fmt.Fprintf(&b, "%d", d.MaxActive)
	}
	fmt.Fprintf(&b, ":%s/%s %s", d.Group, d.Event, d.Place(hash))
	for i := range d.Args {
		fmt.Fprintf(&b, " %s=%s", d.Args[i].Name, d.Args[i].Text)
	}
	return b.String()
}

func (d *Definition) letter() byte {
	if d.Return {
		return 'r'
	}
	return 'p'
}

// Place is the second word of the readback: where the probe sits.
func (d *Definition) Place(hash func(uint64) uint64) string {
	if hash == nil {
		hash = func(addr uint64) uint64 { return HashPointer(d.Arch, addr) }
	}
	digits := 2 * d.Arch.Word()
	switch {
	case d.Kind == Uprobe && d.RefCounter != 0:
		return fmt.Sprintf("%s:0x%0*x(0x%x)", d.Path, digits, d.FileOffset, d.RefCounter)
	case d.Kind == Uprobe:
		return fmt.Sprintf("%s:0x%0*x", d.Path, digits, d.FileOffset)
	case d.Symbol == "":
		return fmt.Sprintf("0x%0*x", digits, hash(d.Address))
	case d.Offset != 0:
		return fmt.Sprintf("%s+%d", d.Symbol, d.Offset)
	}
	return d.Symbol
}

// MatchWords tells whether the words behind "-:GRP/EVENT" name this probe:
// its place as the readback prints it, then any number of its arguments from
// the first on.
func (d *Definition) MatchWords(words []string, hash func(uint64) uint64) bool {
	if len(words) == 0 {
		return true
	}
	if !d.matchPlace(words[0], hash) || len(words)-1 > len(d.Args) {
		return false
	}
	for i, w := range words[1:] {
		if w != d.Args[i].Name+"="+d.Args[i].Text {
			return false
		}
	}
	return true
}

// matchPlace compares as the kernel does, which prints a kernel probe's place
// into a buffer of MaxArgText bytes first: a longer one matches by its cut
// form only.
func (d *Definition) matchPlace(word string, hash func(uint64) uint64) bool {
	place := d.Place(hash)
	if d.Kind == Uprobe {
		return word == place
	}
	return word == place[:min(len(place), MaxArgText)]
}

// CompareArgs gives the place, from 1, of the first argument that differs
// from b's in name, type or length, 0 when none does. A missing argument is a
// difference; what the arguments fetch is not (trace_probe_compare_arg_type()).
func (d *Definition) CompareArgs(b *Definition) int {
	if len(d.Args) != len(b.Args) {
		return min(len(d.Args), len(b.Args)) + 1
	}
	for i := range d.Args {
		x, y := &d.Args[i], &b.Args[i]
		if x.Type != y.Type || x.Count != y.Count || x.Name != y.Name {
			return i + 1
		}
	}
	return 0
}

// SamePlaceAndArgs tells whether two probes of one event would do the same:
// the same place and the same argument texts. Probes given by address all
// count as one place, as in the kernel.
func (d *Definition) SamePlaceAndArgs(b *Definition) bool {
	if d.Kind == Uprobe {
		if d.File.ID != b.File.ID || d.FileOffset != b.FileOffset {
			return false
		}
	} else if d.Symbol != b.Symbol || d.Offset != b.Offset {
		return false
	}
	for i := range d.Args {
		if d.Args[i].Text != b.Args[i].Text {
			return false
		}
	}
	return true
}
