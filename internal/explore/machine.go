package explore

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Property is judged on a machine's events. One that keeps values from step to
// step must be an emu.Part too, added to the machine, so that snapshots and
// state hashes have them.
type Property interface {
	// Name is what it is chosen by, such as "no-missed-probe".
	Name() string
	// Step judges a step just taken, by an event of emu.Machine.StepLean; nil: fine.
	Step(*emu.Event) *Violation
	// End judges the state in which no vCPU can go on and none waits.
	End() *Violation
}

// Explainer is a Property that knows deadlocks.
type Explainer interface {
	Property
	// Explain gives the SEMANTICS row of a deadlock in which these locks are
	// waited for, or "".
	Explain(rows []string) string
}

// Interrupt is an external interrupt that the schedule may raise once, at any
// step.
type Interrupt struct {
	CPU    int
	Vector x86.Vector
}

// MachineConfig says what of a machine is searched.
type MachineConfig struct {
	Observe    func(*emu.Event) // called after every step, before Properties; or nil
	Properties []Property
	// Locks are the addresses of spin locks, words of register width that hold
	// the owner's number plus one. At most 64.
	Locks []uint64
	// Interrupts are actors of their own, behind the vCPUs.
	Interrupts []Interrupt
	// InOneLine, if set, reports whether two instructions are of one line of C, for
	// the grain WholeLines.
	InOneLine func(a, b uint64) bool
	// Stacks are what the vCPUs' stack pointers point into: see Scratcher.
	Stacks []Stack
	// Equal, if set, says what is each vCPU's own: see Symmetric.
	Equal *Equal
	// Close frees what belongs to the machine, or nil for Machine.Close alone.
	Close func()
}

// Machine is a System of an emu.Machine.
type Machine struct {
	M *emu.Machine
	MachineConfig

	units    []emu.Unit
	raised   mask // interrupts
	step     Step
	placer   placer
	scratch  scratch
	numbers  []uint64 // what M.Numbers held before the step
	mappings mappings
	space    *emu.Space // of the vCPU that steps, before its step
	nmis     bool       // among Interrupts: IF does not keep them off
	told     Asked
	piece    piece
	equal    equalCPUs
	seen     [emu.MaxCPUs]emu.Seen // before the step, if registers are told of
}

// placer is a kernel that tells pieces of code apart that share an address.
type placer interface{ Place(*emu.CPU) uint64 }

// NewMachine makes a system of m as it is now.
func NewMachine(m *emu.Machine, c MachineConfig) *Machine {
	s := &Machine{M: m, MachineConfig: c, units: m.Units(), scratch: newScratch(m, c.Stacks)}
	s.placer, _ = m.Kernel.(placer)
	s.nmis = slices.ContainsFunc(c.Interrupts, func(i Interrupt) bool { return i.Vector == x86.VecNMI })
	return s
}

// Actors are the vCPUs, then the interrupts, then for each of the machine's
// units every vCPU's.
func (s *Machine) Actors() int {
	return (1+len(s.units))*len(s.M.CPUs) + len(s.Interrupts)
}

// unit is the part of a vCPU that an actor is.
func (s *Machine) unit(actor int) (u emu.Unit, cpu int, ok bool) {
	n := len(s.M.CPUs)
	i := actor - n - len(s.Interrupts)
	if i < 0 {
		return 0, 0, false
	}
	return s.units[i/n], i % n, true
}

// Owner implements Owned: a buffer's flushes commute with all that its vCPU
// does, which sees its stores in any case. What is fetched anew does not.
func (s *Machine) Owner(actor int) int {
	if u, cpu, ok := s.unit(actor); ok && u == emu.StoreBuffer {
		return cpu
	}
	return actor
}

// Place is where a vCPU stands; an interrupt stands nowhere until it is
// raised; a unit stands where in memory it has something to do.
func (s *Machine) Place(actor int) (uint64, bool) {
	n := len(s.M.CPUs)
	if u, cpu, ok := s.unit(actor); ok {
		loc, ok := s.M.UnitDue(u, cpu)
		return uint64(loc), ok
	}
	if actor >= n {
		return 0, !s.raised.has(actor - n)
	}
	c := s.M.CPUs[actor]
	if !c.CanStep() {
		return 0, false
	}
	if s.placer != nil {
		return s.placer.Place(c), true
	}
	return c.LinearPC(), true
}

// Step steps a vCPU, or raises an interrupt.
func (s *Machine) Step(actor int) *Step {
	st := &s.step
	st.reset()
	s.see()
	if u, cpu, ok := s.unit(actor); ok {
		s.beside(u, cpu)
		return st
	}
	if n := len(s.M.CPUs); actor >= n {
		s.piece.steps = 0
		s.raise(actor - n)
		s.changed()
		return st
	}
	c := s.M.CPUs[actor]
	held := s.locks(c)
	s.number(c)
	takes := c.RFLAGS&x86.IF != 0 && c.Shadow == 0 || s.nmis && c.TakesNMI()
	s.space = c.Space
	s.mappings.before(s.M)
	s.enter(c)
	ev := s.M.StepLean(actor)
	if s.Observe != nil {
		s.Observe(ev)
	}
	if st.Blocked = ev.Kind == emu.StepSpin && c.Shutdown == ""; st.Blocked && ev.Micro != nil {
		st.Waits, st.Row = ev.Micro.Holds, ev.Micro.ID
	}
	s.leave(c, ev)
	st.Locks = held & s.locks(c)
	st.Drains = ev.Drains
	s.touched(c, ev, takes, held)
	s.judge(c, ev)
	s.watched()
	return st
}

// beside is the step of a unit.
func (s *Machine) beside(u emu.Unit, cpu int) {
	c := s.M.CPUs[cpu]
	held := s.locks(c)
	s.number(c)
	s.space = c.Space
	s.mappings.before(s.M)
	ev := s.M.StepUnit(u, cpu)
	if s.Observe != nil {
		s.Observe(ev)
	}
	s.step.Locks = held & s.locks(c)
	s.linear(ev.FetchedAt, ev.Fetched, emu.Reads)
	for i := range ev.Writes {
		s.linear(ev.Writes[i].Addr, int(ev.Writes[i].Size), emu.Writes)
		s.checkLock(c, &ev.Writes[i])
	}
	s.renumbered()
	s.judge(c, ev)
	s.watched()
}

// Forget, for tests, makes the machine's records incomplete: see emu.Machine.
func (s *Machine) Forget(forget func(emu.Accessor, emu.Loc, emu.Use) bool) { s.M.Forget(forget) }

// Tell implements Teller.
func (s *Machine) Tell(a Asked) { s.told = a }

func (s *Machine) judge(c *emu.CPU, ev *emu.Event) {
	if err := s.M.Err(); err != nil {
		s.step.Violation = &Violation{Property: MachineFailed, What: err.Error(), Actor: c.ID}
		return
	}
	n := len(ev.Touched)
	for _, p := range s.Properties {
		if v := p.Step(ev); v != nil {
			v.Actor = c.ID
			s.step.Violation = v
			break
		}
	}
	for _, t := range ev.Touched[n:] { // what properties have of their own
		s.add(t.Loc, t.Mask, t.Use)
	}
}

// MachineFailed is the property of a machine that the CPU library failed.
const MachineFailed = "machine-works"

func (s *Machine) raise(i int) {
	s.raised |= bit(i)
	in := s.Interrupts[i]
	if c := s.M.CPUs[in.CPU]; c.Shutdown == "" {
		c.RaiseInterrupt(in.Vector)
	}
	s.add(emu.InterruptsLoc(in.CPU), 1, emu.Writes)
}

// AtOnce implements Hasty.
func (s *Machine) AtOnce(visible func(actor int, at uint64) bool) {
	if visible == nil {
		s.M.FlushAtOnce(nil)
		return
	}
	first := len(s.M.CPUs) + len(s.Interrupts) // StoreBuffer is the first unit
	s.M.FlushAtOnce(func(cpu int, at emu.Loc) bool { return !visible(first+cpu, uint64(at)) })
}

// machineSnapshot is a state of a Machine.
type machineSnapshot struct {
	*emu.Snapshot
	raised mask
}

// Snapshot copies the machine's state.
func (s *Machine) Snapshot() Snapshot { return &machineSnapshot{s.M.Snapshot(), s.raised} }

// Restore brings it back.
func (s *Machine) Restore(v Snapshot) {
	o := v.(*machineSnapshot)
	s.M.Restore(o.Snapshot)
	s.raised, s.piece.steps = o.raised, 0
}

// Hash is the machine's state hash, with clocks if they are told of.
func (s *Machine) Hash() Fingerprint {
	var h Fingerprint
	if s.told.Clocks {
		h = s.M.HashWithout(true, s.leftOut())
	} else {
		h = s.M.EndHashWithout(s.leftOut())
	}
	r := s.raisedHash()
	return Fingerprint{h[0] ^ r, h[1] ^ r}
}

// EndHash is the machine's state hash without clocks, and without what lies
// below the stack pointers of vCPUs that have stopped.
func (s *Machine) EndHash() uint64 { return s.M.EndHashWithout(s.belowStacks())[0] ^ s.raisedHash() }

func (s *Machine) raisedHash() uint64 { return uint64(s.raised) * 0x9e3779b97f4a7c15 }

// End asks the properties.
func (s *Machine) End() *Violation {
	for _, p := range s.Properties {
		if v := p.End(); v != nil {
			v.Actor = -1
			return v
		}
	}
	return nil
}

func (s *Machine) explain(rows []string) string {
	for _, p := range s.Properties {
		if e, ok := p.(Explainer); ok {
			if row := e.Explain(rows); row != "" {
				return row
			}
		}
	}
	return ""
}

// Close frees the machine.
func (s *Machine) Close() {
	if s.MachineConfig.Close != nil {
		s.MachineConfig.Close()
		return
	}
	s.M.Close()
}
