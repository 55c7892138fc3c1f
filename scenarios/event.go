package scenarios

import (
	"encoding/json"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/story"
)

// Kind is what one step was, in the words of docs/json.md.
type Kind string

// Kinds of steps.
const (
	Instruction Kind = "instruction" // of guest code
	Delivery    Kind = "delivery"    // of a vector through the IDT
	MicroStep   Kind = "micro"       // a named piece of the kernel's work
	Spin        Kind = "spin"        // a micro-step that waits for a lock
	Flush       Kind = "flush"       // a store left its vCPU's store buffer
	Refetch     Kind = "refetch"     // a byte of code was fetched anew
	Idle        Kind = "idle"        // nothing: the vCPU is halted, or an interrupt was raised
)

// Event is what one step did. It is valid until the next step.
type Event struct {
	ev     *emu.Event
	names  *story.Names
	record *story.Record // nil: a Property judges
	teller *story.Teller
}

// CPU is the vCPU that took the step.
func (e *Event) CPU() int { return e.ev.CPU }

// Kind is what the step was.
func (e *Event) Kind() Kind { return Kind(e.ev.Kind.String()) }

// PC is the linear address of the instruction before the step.
func (e *Event) PC() uint64 { return e.ev.PC }

// Place is PC as symbol+0xoffset, or as a number where no symbol is near.
func (e *Event) Place() string { return e.names.Addr(e.ev.PC) }

// Bytes are those of the instruction as they were in memory.
func (e *Event) Bytes() []byte { return slices.Clone(e.ev.Bytes) }

// Vector is the vector that the step delivered; false: none.
func (e *Event) Vector() (uint8, bool) {
	if e.ev.Delivery == nil {
		return 0, false
	}
	return uint8(e.ev.Delivery.Trap.Vector), true
}

// Work is the name of a micro-step, such as lock_kprobes; "": it was none.
func (e *Event) Work() string {
	if e.ev.Micro == nil {
		return ""
	}
	return e.ev.Micro.Name
}

// Access is a read or a write of 1 to 8 bytes, little endian, at a linear address.
type Access struct {
	Addr  uint64
	Size  int
	Value uint64 // that was read, or is there now
}

// Reads lists what the step read, without the instruction itself. In a Property
// it leaves out words of locks.
func (e *Event) Reads() []Access {
	var list []Access
	for i := range e.ev.Reads {
		if r := &e.ev.Reads[i]; e.record != nil || !e.ofLock(r.Addr) {
			list = append(list, Access{r.Addr, int(r.Size), r.Value})
		}
	}
	return list
}

// ofLock reports whether an address is that of a lock's word, which a search takes
// for less than a read of its value.
func (e *Event) ofLock(addr uint64) bool {
	m := e.ev.Micro
	return m != nil && addr != 0 && (addr == m.Takes || addr == m.Asks)
}

// Writes lists what it wrote.
func (e *Event) Writes() []Access {
	var list []Access
	for i := range e.ev.Writes {
		w := &e.ev.Writes[i]
		list = append(list, Access{w.Addr, int(w.Size), w.New})
	}
	return list
}

// Note is something that happened beside the step's own effect.
type Note struct {
	Kind string // such as hit, print, signal: docs/json.md
	Row  string // of the semantics checklist, or ""
	Addr uint64 // linear, or 0
	Text string // "" in a Property
}

// Notes lists the notes.
func (e *Event) Notes() []Note {
	var list []Note
	for i := range e.ev.Notes {
		n := &e.ev.Notes[i]
		note := Note{Kind: string(n.Kind), Row: n.ID, Addr: n.Addr}
		if e.record != nil {
			note.Text = n.Text
		}
		list = append(list, note)
	}
	return list
}

// Text is the instruction disassembled, or the name of a micro-step. In a
// Property it is "".
func (e *Event) Text() string {
	switch {
	case e.record == nil:
		return ""
	case e.record.Text == "":
		return e.Work()
	}
	return e.record.Text
}

// String tells the step in a line or a few, as `trapline run` does at the level
// brief: steps within the kernel's text may have none. In a Property it is "".
func (e *Event) String() string {
	if e.record == nil {
		return ""
	}
	return strings.TrimSuffix(story.Text(e.teller.Tell(e.record)), "\n")
}

// MarshalJSON gives the object of docs/json.md, "type":"step". In a Property
// there is none.
func (e *Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(e.record)
}
