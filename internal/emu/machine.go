package emu

import (
	"errors"
	"fmt"
	"slices"

	"trapline/internal/x86"
)

// Bounds of a machine.
const (
	MaxCPUs = 8
)

// ErrCPULibrary is returned when the CPU library fails in a way that no guest
// can cause by itself; the machine is unusable afterwards.
var ErrCPULibrary = errors.New("cpu library failed")

// Kernel is the software that the machine runs for the guest: how vectors are
// delivered and what a hypercall means. Package traps implements it.
type Kernel interface {
	// Deliver takes vector t on c: gate, stack switch, frame, new CS:RIP.
	Deliver(m *Machine, c *CPU, t Trap)
	// Hypercall runs the micro-step at c's instruction (INT 0x81 in ring 0)
	// and moves c on. It reports whether there is one at this address.
	Hypercall(m *Machine, c *CPU, pc uint64) bool
}

// Part is a piece of simulator-side state that snapshots must hold. Save
// returns an immutable value; Restore takes one back.
type Part interface {
	Save() any
	Restore(any)
	// Hash feeds what distinguishes two states to h, through Hasher.
	Hash(h *Hasher)
}

// Machine is 1-8 vCPUs over one physical memory. It is not safe for use by
// several goroutines; different machines are independent.
type Machine struct {
	Arch   x86.Arch
	Vendor Vendor
	Mem    *PhysMem
	CPUs   []*CPU
	Kernel Kernel
	Worker Worker // nil: none
	Seq    uint64 // steps done
	Quiet  bool   // nobody reads events' words: micro-steps leave Why empty
	// Numbers are the addresses of words of register width, the same in every
	// space, that can hold a vCPU's number: see Door.HoldsNumber.
	Numbers []uint64

	prefetch  int      // bytes, Config.Prefetch
	buffer    int      // stores, Config.StoreBuffer
	split     bool     // Config.SplitRMW
	hidden    []uint64 // what a vCPU's buffered stores cover during its step
	atOnce    func(cpu int, at Loc) bool
	processor Processor
	level     Level
	seed      uint64 // Config.Seed
	lean      bool   // the present step is StepLean's
	spaces    []*Space
	parts     []Part
	ev        Event
	err       error
	followed  *Followed

	cells      int                           // owners of cells
	watched    []Touch                       // by properties, since the last step began
	clocksRead bool                          // code has read a clock
	forget     func(Accessor, Loc, Use) bool // of tests, see Forget; or nil
}

// Config describes a machine to make.
type Config struct {
	Arch   x86.Arch
	CPUs   int // 1-8
	Memory int // bytes of physical memory; 0: DefaultMemory
	Vendor Vendor
	// Prefetch is how many bytes of code a vCPU fetches ahead, at most
	// MaxPrefetch; 0: each instruction is fetched as it runs (P13).
	Prefetch int
	// StoreBuffer is how many stores a vCPU's buffer holds, at most
	// MaxStoreBuffer; 0: every store is in memory at once (T2).
	StoreBuffer int
	// SplitRMW makes two accesses of an instruction without LOCK that reads and
	// writes memory: others can come between them (T3).
	SplitRMW bool
	// Seed is of the numbers of RDRAND and RDSEED.
	Seed uint64
	// Processor is what runs integer instructions of steps.
	Processor Processor
	// Level is what CPUID shows and the machine runs.
	Level Level
}

// New makes a machine whose vCPUs share one empty address space.
func New(cfg Config) (*Machine, error) {
	if cfg.CPUs < 1 || cfg.CPUs > MaxCPUs {
		return nil, fmt.Errorf("%d cpus: expected 1 to %d", cfg.CPUs, MaxCPUs)
	}
	if cfg.Prefetch < 0 || cfg.Prefetch > MaxPrefetch {
		return nil, fmt.Errorf("prefetch of %d bytes: expected 0 to %d", cfg.Prefetch, MaxPrefetch)
	}
	if cfg.StoreBuffer < 0 || cfg.StoreBuffer > MaxStoreBuffer {
		return nil, fmt.Errorf("store buffer of %d stores: expected 0 to %d", cfg.StoreBuffer, MaxStoreBuffer)
	}
	if cfg.Memory == 0 {
		cfg.Memory = DefaultMemory
	}
	processor, err := cfg.Processor.available()
	if err != nil {
		return nil, err
	}
	mem, err := NewPhysMem(cfg.Memory)
	if err != nil {
		return nil, err
	}
	m := &Machine{Arch: cfg.Arch, Vendor: cfg.Vendor, Mem: mem, prefetch: cfg.Prefetch, buffer: cfg.StoreBuffer, split: cfg.SplitRMW, seed: cfg.Seed, processor: processor, level: cfg.Level, followed: new(Followed)}
	s := m.NewSpace()
	for i := range cfg.CPUs {
		c, err := m.newCPU(i, s)
		if err != nil {
			m.Close()
			return nil, err
		}
		m.CPUs = append(m.CPUs, c)
	}
	return m, nil
}

// NewSpace adds an empty address space.
func (m *Machine) NewSpace() *Space {
	s := newSpace(m.Mem, m.Arch, m.Vendor.mode(m.Arch), m.processor, m.level)
	s.followed = m.followed
	m.spaces = append(m.spaces, s)
	return s
}

// DropSpace takes an address space that no vCPU uses out of the machine and
// frees its library instances.
func (m *Machine) DropSpace(s *Space) {
	s.close()
	m.spaces = slices.DeleteFunc(m.spaces, func(x *Space) bool { return x == s })
}

// AddPart makes p's state part of every snapshot and state hash.
func (m *Machine) AddPart(p Part) { m.parts = append(m.parts, p) }

// Close frees the machine's library instances and memory.
func (m *Machine) Close() {
	for _, c := range m.CPUs {
		c.close()
	}
	for _, s := range m.spaces {
		s.close()
	}
	_ = m.Mem.Close()
}

// Err is the failure that made the machine unusable, or nil.
func (m *Machine) Err() error { return m.err }

// Event is the record of the last step, valid until the next one.
func (m *Machine) Event() *Event { return &m.ev }

// Step advances vCPU id by one step and returns what it did. The event is
// reused by the next step.
func (m *Machine) Step(id int) *Event {
	c := m.CPUs[id]
	ev := &m.ev
	ev.reset(m.Seq, id)
	m.watched = m.watched[:0]
	m.Seq++
	if !m.lean {
		ev.Before = c.Core
	}
	ev.PC = c.LinearPC()
	if m.idle(c) {
		m.ended(c)
		return ev
	}
	if m.Buffers() {
		m.showStores(c)
	}
	if m.Worker == nil || !m.Worker.Work(m, c) {
		m.advance(c)
	}
	if m.prefetch > 0 && (!c.CanStep() || c.fetched.flushedBy(ev, c.LinearPC())) { // a trap or interrupt comes first
		c.fetched = prefetched{}
	}
	if m.Worker != nil {
		m.Worker.Stepped(m, c)
	}
	ev.Drains = m.drains()
	if m.Buffers() {
		m.keepStores(c)
	}
	m.ended(c)
	return ev
}

// StepLean is Step for who needs no registers and no instruction in the event:
// Before, After and Insn have no meaning in it.
func (m *Machine) StepLean(id int) *Event {
	m.lean = true
	ev := m.Step(id)
	m.lean = false
	return ev
}

// ended notes in the event in what state a step leaves c.
func (m *Machine) ended(c *CPU) {
	if !m.lean {
		m.ev.After = c.Core
	}
}

// began notes in the event of a lean step in what state it found c, for who
// may take the step back.
func (m *Machine) began(c *CPU) {
	if m.lean {
		m.ev.Before = c.Core
	}
}

// advance lets c take what is pending or run an instruction.
func (m *Machine) advance(c *CPU) {
	switch {
	case c.nPending > 0:
		m.began(c)
		m.Deliver(c, c.takePending())
		m.ev.deliv.Between = true
	case c.interrupted():
		m.began(c)
		c.Halted = false
		m.Deliver(c, c.takeInterrupt())
		m.ev.deliv.Between = true
	default:
		m.execute(c)
	}
}

// Deliver hands a vector to the kernel's delivery within the present step.
func (m *Machine) Deliver(c *CPU, t Trap) {
	c.Shadow = 0
	c.fetched = prefetched{}
	if t.SetCR2 {
		c.Sys.CR2 = t.CR2
	}
	if t.Vector == x86.VecDB && t.Kind != SoftwareInt {
		c.Sys.DR[6] = c.Sys.DR[6]&^DR6B | t.DR6 // the other bits stay until software clears them (SDM vol. 3, 17.2.3)
		c.Sys.DR[7] &^= DR7GD                   // the handler may use the debug registers (SDM vol. 3, 17.2.4)
	}
	if m.Kernel == nil {
		c.Shutdown = fmt.Sprintf("%v with no kernel to take it", t)
		d := m.ev.BeginDelivery()
		d.Trap, d.Shutdown = t, c.Shutdown
		return
	}
	m.Kernel.Deliver(m, c, t)
}

// Note adds a note to the present step's event.
func (m *Machine) Note(n Note) { m.ev.Notes = append(m.ev.Notes, n) }

// fail makes the machine unusable and says why.
func (m *Machine) fail(err error) {
	if m.err == nil {
		m.err = fmt.Errorf("%w: %w", ErrCPULibrary, err)
	}
}
