package emu

import (
	"encoding/binary"
	"slices"

	"trapline/internal/x86"
)

// Door is how code outside an instruction reads and changes what can decide
// how a run goes on: actions, expressions, properties, interrupt sources and
// engines have one instead of the machine. It records each use (V2): with the
// step under way (Machine.Door), as what a property looks at between two steps
// (Machine.Watch), or not at all, for showing only (Machine.Look).
type Door struct {
	Arch x86.Arch // the machine's
	m    *Machine
	into record
}

type record uint8

const (
	intoNothing record = iota
	intoStep
	intoWatched
)

// Door records with the step under way, or the one just made.
func (m *Machine) Door() Door { return Door{m.Arch, m, intoStep} }

// Watch records what a property looks at after a step: see Watched.
func (m *Machine) Watch() Door { return Door{m.Arch, m, intoWatched} }

// Look records nothing: what is read through it must decide nothing.
func (m *Machine) Look() Door { return Door{m.Arch, m, intoNothing} }

// Watched is what properties have looked at since the last step began.
func (m *Machine) Watched() []Touch { return m.watched }

// Touch records a use of a location with mask 1: of a value beside memory.
func (d Door) Touch(l Loc, u Use) { d.record(TouchesValue, Touch{l, 1, u}) }

// record keeps a use, unless a test has it forgotten.
func (d Door) record(a Accessor, t Touch) {
	if d.m.forgets(a, t.Loc, t.Use) {
		return
	}
	switch d.into {
	case intoStep:
		d.m.ev.Touched = append(d.m.ev.Touched, t)
	case intoWatched:
		d.m.watched = append(d.m.watched, t)
	}
}

// CPUs is how many vCPUs there are.
func (d Door) CPUs() int { return len(d.m.CPUs) }

// Peek reads memory as vCPU cpu's address space shows it, whatever the
// permissions, and returns how many bytes are there.
func (d Door) Peek(cpu int, va uint64, b []byte) int { return d.PeekSpace(d.m.CPUs[cpu].Space, va, b) }

// PeekSpace is Peek in an address space.
func (d Door) PeekSpace(s *Space, va uint64, b []byte) int {
	if d.into != intoNothing {
		d.memory(s, va, len(b), Reads)
	}
	return s.Peek(va, b)
}

// Word reads size bytes (1-8), little endian, as Peek does; false: some of
// them are not there.
func (d Door) Word(cpu int, va uint64, size int) (uint64, bool) {
	var b [8]byte
	if d.Peek(cpu, va, b[:size]) < size {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b[:]), true
}

// PeekWord is Machine.PeekWord, of the step under way.
func (d Door) PeekWord(s *Space, va uint64, n int) (uint64, bool) {
	if d.into == intoStep {
		return d.m.PeekWord(s, va, n)
	}
	var b [8]byte
	ok := d.PeekSpace(s, va, b[:n]) == n
	return binary.LittleEndian.Uint64(b[:]), ok
}

// PokeWord is Machine.PokeWord, of the step under way.
func (d Door) PokeWord(s *Space, va uint64, n int, v uint64) bool { return d.m.PokeWord(s, va, n, v) }

// HoldsNumber reports whether a word of register width holds vCPU cpu's number,
// for code that asks no more than that. If the word is one of Machine.Numbers
// that is all that is recorded, so that other vCPUs' numbers may come and go.
func (d Door) HoldsNumber(s *Space, va uint64, cpu int) bool {
	e := s.entry(s.mask(va))
	if e == nil || !slices.Contains(d.m.Numbers, va) {
		v, ok := d.PeekWord(s, va, d.Arch.Word())
		return ok && v == uint64(cpu)
	}
	d.record(ComparesNumber, Touch{NumberLoc(MemoryLoc(e.pte.Frame, va), cpu), 1, Reads})
	return s.Word(va, d.Arch.Word()) == uint64(cpu)
}

// Note adds a note to the step under way.
func (d Door) Note(n Note) { d.m.Note(n) }

// Quiet reports whether nobody reads the words of events.
func (d Door) Quiet() bool { return d.m.Quiet }

// Entry is the page-table entry of a page of vCPU cpu's space; false: there is
// no page.
func (d Door) Entry(cpu int, va uint64) (PTE, bool) {
	s := d.m.CPUs[cpu].Space
	va = s.mask(va)
	d.record(AsksEntry, Touch{PageLoc(d.m.SpaceNumber(s), va/PageSize), 0xff, Reads})
	return s.Lookup(va)
}

// memory records a use of [va, va+n): of the pages' entries and, where there is
// a page, of its bytes.
func (d Door) memory(s *Space, va uint64, n int, u Use) {
	space, page := d.m.SpaceNumber(s), ^uint64(0)
	for va = s.mask(va); n > 0; {
		if vpn := va / PageSize; vpn != page {
			page = vpn
			d.record(PeeksMemory, Touch{PageLoc(space, vpn), 0xff, Reads})
		}
		k := min(n, 8-int(va&7))
		if e := s.entry(va); e != nil {
			d.record(PeeksMemory, Touch{MemoryLoc(e.pte.Frame, va), uint8(1<<k-1) << (va & 7), u})
		}
		va = s.mask(va + uint64(k))
		n -= k
	}
}

// Register reads a register of a vCPU at its full width; those that ask whether
// something is so are 1 or 0.
func (d Door) Register(cpu int, r Register) uint64 {
	d.record(AsksRegister, Touch{RegisterLoc(cpu, r), 1, Reads})
	return d.m.CPUs[cpu].register(r)
}

func (c *CPU) register(r Register) uint64 {
	switch r {
	case RegisterIP:
		return c.RIP
	case RegisterFlags:
		return c.RFLAGS
	case RegisterCPL:
		return uint64(c.CPL)
	case RegisterCR2:
		return c.Sys.CR2
	case RegisterDR6:
		return c.Sys.DR[6]
	case RegisterAble:
		return B2U(c.CanStep())
	case RegisterEnded:
		return B2U(c.Shutdown != "")
	case RegisterIF:
		return B2U(c.RFLAGS&x86.IF != 0)
	}
	if r >= RegisterSegment {
		return uint64(c.Seg[r-RegisterSegment].Sel)
	}
	return c.GPR[r]
}

// RaiseInterrupt asserts external interrupt vec of a vCPU.
func (d Door) RaiseInterrupt(cpu int, vec x86.Vector) {
	d.record(RaisesInterrupt, Touch{InterruptsLoc(cpu), 1, Writes})
	d.m.CPUs[cpu].RaiseInterrupt(vec)
}

// ReadsClock records that code has read a clock of the machine: from now on it
// is part of the state's hash.
func (d Door) ReadsClock(l Loc) {
	if d.m.forgets(AsksClock, l, Reads) {
		return
	}
	d.record(AsksClock, Touch{l, 1, Reads})
	if d.into != intoNothing {
		d.m.clocksRead = true
	}
}

// ReadClock reports whether code has read a clock of the machine.
func (m *Machine) ReadClock() bool { return m.clocksRead }

// Seen is what others can ask of a vCPU, at one moment.
type Seen [registers]uint64

// See takes what others can ask of a vCPU.
func (c *CPU) See(s *Seen) {
	for r := range s {
		s[r] = c.register(Register(r))
	}
}

// B2U is 1 for true.
func B2U(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
