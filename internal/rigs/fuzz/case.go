package fuzz

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Case is code with where it lies and the registers it starts with.
type Case struct {
	Code []byte
	At   uint64 // linear address of Code[0]
	GPR  [16]uint64
}

// Next makes a case.
func (s *Source) Next() Case {
	c := Case{Code: s.Code(), GPR: s.Registers()}
	c.At = s.Place(len(c.Code))
	c.GPR[x86.RSP] = stackBase + emu.PageSize/2 + uint64(s.rng.IntN(64))
	return c
}

// String shows the case for a report.
func (c Case) String() string {
	return fmt.Sprintf("% x at %#x with registers %x", c.Code, c.At, c.GPR)
}

// MaxSteps bounds a case.
const MaxSteps = 40

// load puts a case into the machine.
func (f *Machine) load(c *Case) error {
	f.m.Restore(f.fresh)
	f.stop.n = 0
	f.accesses = f.accesses[:0]
	cpu := f.m.CPUs[0]
	cpu.GPR, cpu.RIP = c.GPR, c.At
	return f.m.WriteBytes(cpu.Space, c.At, c.Code)
}

// over reports whether the case has ended: by a trap, a halt or a shutdown.
func (f *Machine) over() bool {
	c := f.m.CPUs[0]
	return f.stop.n > 0 || !c.CanStep()
}

// step steps the case up to n times.
func (f *Machine) step(n int) error {
	for range n {
		if f.over() {
			break
		}
		f.note(f.m.Step(0))
		if err := f.m.Err(); err != nil {
			return err
		}
	}
	return nil
}

// note keeps the accesses of a step that completed. The library tells of one
// across two pages in pieces too.
func (f *Machine) note(ev *emu.Event) {
	if ev.Kind != emu.StepInstruction {
		return
	}
	whole := func(addr uint64, size uint8) bool { return addr%emu.PageSize+uint64(size) <= emu.PageSize }
	from := len(f.accesses)
	for _, r := range ev.Reads {
		f.accesses = append(f.accesses, access{false, r.Addr, r.Value, 0, r.Size})
		if !whole(r.Addr, r.Size) {
			f.accesses = f.accesses[:from]
			return
		}
	}
	for _, w := range ev.Writes {
		f.accesses = append(f.accesses, access{true, w.Addr, w.New, w.Old, w.Size})
		if !whole(w.Addr, w.Size) {
			f.accesses = f.accesses[:from]
			return
		}
	}
}

// run runs the case up to n instructions, by Machine.Run wherever it can.
func (f *Machine) run(n int) error {
	for n > 0 && !f.over() {
		done, why := f.m.Run(0, uint64(n))
		n -= int(done)
		if why == emu.RunStep && n > 0 {
			f.m.Step(0)
			n--
		}
		if err := f.m.Err(); err != nil {
			return err
		}
	}
	return nil
}

// state is what the two ways must agree in.
type state struct {
	core    emu.Core
	retired uint64
	traps   int
	last    emu.Trap
	memory  uint64
}

func (f *Machine) state() state {
	c := f.m.CPUs[0]
	c.Core.CR0 = 0 // a copy of Sys.CR0's bits, made when the library needs it
	return state{c.Core, c.Retired, f.stop.n, f.stop.last, f.m.Hash(true)}
}

// Do runs a case by Run, by steps, and by steps in the library. It fails if the
// machine does, or if they differ.
func (f *Machine) Do(c Case) error {
	if err := f.load(&c); err != nil {
		return err
	}
	if err := f.run(MaxSteps); err != nil {
		return fmt.Errorf("fuzz: run: %w: %s", err, c)
	}
	fast := f.state()
	if err := f.load(&c); err != nil {
		return err
	}
	if err := f.step(MaxSteps); err != nil {
		return fmt.Errorf("fuzz: step: %w: %s", err, c)
	}
	slow := f.state()
	if slow != fast {
		return fmt.Errorf("fuzz: run and step differ: %s: %+v and %+v", c, fast, slow)
	}
	if f.library == nil {
		return nil
	}
	l := f.library
	if err := l.load(&c); err != nil {
		return err
	}
	if err := l.step(MaxSteps); err != nil {
		return fmt.Errorf("fuzz: step in the library: %w: %s", err, c)
	}
	if other := l.state(); other != slow {
		return fmt.Errorf("fuzz: the processors differ: %s: %+v and %+v", c, slow, other)
	}
	if !slices.Equal(f.accesses, l.accesses) {
		return fmt.Errorf("fuzz: the processors' accesses differ: %s: %+v and %+v", c, f.accesses, l.accesses)
	}
	return nil
}

// Operand is an address that instructions of a case may read and write, aligned
// to 16 bytes.
const Operand = dataBase + 0x100

// End is where n bytes of code end with the code region.
func End(n int) uint64 { return codeBase + codeSize - uint64(n) }

// First steps a case once and returns the vector that it raised, or -1.
func (f *Machine) First(c Case) (int, error) {
	if err := f.load(&c); err != nil {
		return 0, err
	}
	if err := f.step(1); err != nil || f.stop.n == 0 {
		return -1, err
	}
	return int(f.stop.last.Vector), nil
}

// Registers steps a case n times and returns the general registers.
func (f *Machine) Registers(c Case, n int) ([16]uint64, error) {
	if err := f.load(&c); err != nil {
		return [16]uint64{}, err
	}
	err := f.step(n)
	return f.m.CPUs[0].GPR, err
}
