package emu

import (
	"fmt"
	"slices"
	"unsafe"

	"trapline/internal/emu/regs"
)

// Snapshot is the whole state of a machine at one moment. It is immutable and
// holds no library resources; it can be restored into its machine any number
// of times, in any order, and into any other that was made in the same way.
type Snapshot struct {
	of     *Machine
	bytes  int
	seq    uint64
	clocks bool // code had read a clock
	mem    *memSnapshot
	spaces []spaceSnapshot
	cpus   []*cpuSnapshot
	parts  []any
}

// spaceSnapshot is an address space and its mappings. The space may have been
// dropped from the machine since.
type spaceSnapshot struct {
	space *Space
	table *pageTable
}

// cpuSnapshot is a vCPU without what belongs to the process: library handles.
// Snapshots between which the vCPU did not change share one.
type cpuSnapshot struct {
	cpuState
	ext *regs.Extended // nil while the vCPU never used it
}

// cpuState is the comparable part.
type cpuState struct {
	core     Core
	sys      *System // shared by snapshots between which it did not change
	space    *Space
	halted   bool
	shutdown string
	retired  uint64
	pending  [2]Trap
	nPending int
	heldDR6  uint64
	irqs     [4]uint64
	inNMI    bool
	fpuUsed  bool
	fetched  prefetched
	stores   *storeBuffer
}

func (c *CPU) state() cpuState {
	var sys *System
	if c.saved != nil && *c.saved.sys == c.Sys {
		sys = c.saved.sys
	} else {
		sys = new(System)
		*sys = c.Sys
	}
	return cpuState{c.Core, sys, c.Space, c.Halted, c.Shutdown, c.Retired, c.pending, c.nPending, c.heldDR6, c.irqs, c.inNMI, c.fpuUsed,
		c.fetched, c.stores}
}

func (c *CPU) setState(s *cpuState) {
	c.Core, c.Sys, c.Space, c.Halted, c.Shutdown, c.Retired = s.core, *s.sys, s.space, s.halted, s.shutdown, s.retired
	c.pending, c.nPending, c.heldDR6, c.irqs, c.inNMI, c.fpuUsed = s.pending, s.nPending, s.heldDR6, s.irqs, s.inNMI, s.fpuUsed
	c.fetched, c.stores = s.fetched, s.stores
	c.on = nil
}

// save is the vCPU's snapshot: the last one if that is still right.
func (c *CPU) save() (s *cpuSnapshot, bytes int) {
	now := c.state()
	if c.saved != nil && !c.fpuUsed && c.saved.cpuState == now {
		return c.saved, 0
	}
	bytes = cpuSize
	if c.saved == nil || c.saved.sys != now.sys {
		bytes += systemSize
	}
	c.saved = &cpuSnapshot{cpuState: now}
	if c.fpuUsed {
		ext := *c.extended()
		c.saved.ext = &ext
		bytes += extendedSize
	}
	return c.saved, bytes
}

// maxContext bounds unicorn.ContextSize.
const maxContext = 8192

// Sized is what a Part's Save may return: a value that tells about how much
// memory it holds that no earlier one does.
type Sized interface{ Bytes() int }

// Snapshot copies what changed since the last snapshot; the rest is shared.
func (m *Machine) Snapshot() *Snapshot {
	s := &Snapshot{of: m, seq: m.Seq, clocks: m.clocksRead, mem: m.Mem.snapshot()}
	s.bytes = s.mem.bytes
	s.spaces = make([]spaceSnapshot, len(m.spaces))
	for i, sp := range m.spaces {
		s.spaces[i] = spaceSnapshot{sp, sp.snapshot()}
	}
	s.cpus = make([]*cpuSnapshot, len(m.CPUs))
	for i, c := range m.CPUs {
		var n int
		s.cpus[i], n = c.save()
		s.bytes += n
	}
	if len(m.parts) > 0 {
		s.parts = make([]any, len(m.parts))
		for i, p := range m.parts {
			s.parts[i] = p.Save()
			if v, ok := s.parts[i].(Sized); ok {
				s.bytes += v.Bytes()
			}
		}
	}
	return s
}

const (
	pointerSize  = int(unsafe.Sizeof(uintptr(0)))
	cpuSize      = int(unsafe.Sizeof(cpuSnapshot{}))
	systemSize   = int(unsafe.Sizeof(System{}))
	extendedSize = int(unsafe.Sizeof(regs.Extended{}))
)

// Bytes is about how much memory s holds that no earlier snapshot does.
func (s *Snapshot) Bytes() int { return s.bytes }

// Restore brings the machine back to s, which was taken of this machine or of
// another one with the same address spaces, booted by the same steps.
func (m *Machine) Restore(s *Snapshot) {
	m.Seq, m.clocksRead = s.seq, s.clocks
	m.Mem.restore(s.mem)
	if s.of != m {
		m.adoptSpaces(s)
	} else {
		m.restoreSpaces(s.spaces)
	}
	for i, saved := range s.cpus {
		c := m.CPUs[i]
		used := c.fpuUsed
		c.setState(&saved.cpuState)
		c.saved = saved
		if s.of != m {
			c.Space = m.spaces[s.indexOf(c.Space)]
		}
		switch {
		case saved.ext != nil:
			c.setExtended(saved.ext)
		case used:
			c.setExtended(&resetExtended)
		}
	}
	for i, p := range m.parts {
		p.Restore(s.parts[i])
	}
}

// restoreSpaces brings back the spaces of a snapshot, those dropped since
// among them, and frees the ones made since.
func (m *Machine) restoreSpaces(saved []spaceSnapshot) {
	now := m.spaces
	m.spaces = make([]*Space, len(saved))
	for i, s := range saved {
		s.space.restore(s.table)
		m.spaces[i] = s.space
	}
	for _, s := range now {
		if !slices.Contains(m.spaces, s) {
			s.close()
		}
	}
}

// adoptSpaces gives the machine's own spaces the mappings of another machine's
// snapshot, by their order.
func (m *Machine) adoptSpaces(s *Snapshot) {
	if len(m.spaces) != len(s.spaces) {
		panic(fmt.Sprintf("snapshot of a machine with %d address spaces restored into one with %d", len(s.spaces), len(m.spaces)))
	}
	for i, saved := range s.spaces {
		m.spaces[i].restore(saved.table)
	}
}

func (s *Snapshot) indexOf(space *Space) int {
	return slices.IndexFunc(s.spaces, func(x spaceSnapshot) bool { return x.space == space })
}

// Mappings identifies the space's present mappings: two calls give equal values
// if and only if nothing was mapped or unmapped between them.
func (s *Space) Mappings() any { return s.snapshot() }
