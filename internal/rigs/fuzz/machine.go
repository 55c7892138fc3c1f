package fuzz

import (
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/unicorn"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// The address space of a case: code, data and stack, each with nothing around
// it, and the GDT.
const (
	codeBase  = 0x400000
	codeSize  = 2 * emu.PageSize
	dataBase  = 0x600000
	dataSize  = emu.PageSize
	stackBase = 0x800000
	gdtBase   = 0xa00000
)

// Selectors of the GDT, by ring.
var (
	codeSelector = [4]uint16{0: 0x10, 3: 0x23}
	dataSelector = [4]uint16{0: 0x18, 3: 0x2b}
)

// Machine runs cases in one mode and ring.
type Machine struct {
	m     *emu.Machine
	ring  int
	fresh *emu.Snapshot
	stop  *taken

	library  *Machine // the same, whose steps run in the library; nil without it
	accesses []access // of the last case's steps
}

// access is one that a step told of.
type access struct {
	write      bool
	addr       uint64
	value, old uint64
	size       uint8
}

// taken is a kernel that takes every trap and ends the case.
type taken struct {
	n    int
	last emu.Trap
}

func (k *taken) Deliver(m *emu.Machine, c *emu.CPU, t emu.Trap) {
	d := m.Event().BeginDelivery()
	d.Trap = t
	k.n++
	k.last = t
}

func (k *taken) Hypercall(*emu.Machine, *emu.CPU, uint64) bool { return false }

// NewMachine makes a machine for cases in ring 0 or 3.
func NewMachine(mode silicon.Mode, ring int) (*Machine, error) {
	f, err := newMachine(mode, ring, emu.Interp)
	if err != nil || !unicorn.Available() {
		return f, err
	}
	if f.library, err = newMachine(mode, ring, emu.Unicorn); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func newMachine(mode silicon.Mode, ring int, p emu.Processor) (*Machine, error) {
	arch := x86.I386
	if mode == silicon.Mode64 {
		arch = x86.AMD64
	}
	m, err := emu.New(emu.Config{Arch: arch, CPUs: 1, Memory: 1 << 20, Processor: p})
	if err != nil {
		return nil, err
	}
	f := &Machine{m: m, ring: ring, stop: new(taken)}
	m.Kernel = f.stop
	if err := f.boot(); err != nil {
		m.Close()
		return nil, fmt.Errorf("fuzz: %w", err)
	}
	f.fresh = m.Snapshot()
	return f, nil
}

// Close frees the machine.
func (f *Machine) Close() {
	f.m.Close()
	if f.library != nil {
		f.library.Close()
	}
}

func (f *Machine) boot() error {
	c := f.m.CPUs[0]
	user := emu.Prot(0)
	if f.ring == 3 {
		user = emu.User
	}
	for _, r := range []struct {
		base uint64
		size int
		prot emu.Prot
	}{
		{codeBase, codeSize, emu.Exec | emu.Write | user},
		{dataBase, dataSize, emu.Write | user},
		{stackBase, emu.PageSize, emu.Write | user},
		{gdtBase, emu.PageSize, emu.Write},
	} {
		frames := r.size / emu.PageSize
		first, err := f.m.Mem.AllocRun(frames)
		if err != nil {
			return err
		}
		if err := c.Space.Map(r.base, first, frames, r.prot); err != nil {
			return err
		}
	}
	return f.loadSegments(c)
}

func (f *Machine) loadSegments(c *emu.CPU) error {
	code := x86.FlatCode32
	if f.m.Arch == x86.AMD64 {
		code = x86.FlatCode64
	}
	for ring := range codeSelector {
		if codeSelector[ring] == 0 {
			continue
		}
		dpl := uint8(ring)
		f.m.PokeWord(c.Space, gdtBase+uint64(codeSelector[ring]&^7), 8, code.WithDPL(dpl).Encode())
		f.m.PokeWord(c.Space, gdtBase+uint64(dataSelector[ring]&^7), 8, x86.FlatData.WithDPL(dpl).Encode())
	}
	c.Sys.GDTR = emu.TableReg{Base: gdtBase, Limit: 0x3f}
	cpl, data := uint32(f.ring), dataSelector[f.ring]
	var faults []error
	note := func(t *emu.Trap) {
		if t != nil {
			faults = append(faults, fmt.Errorf("loading segments: %v", t))
		}
	}
	note(f.m.LoadCode(c, codeSelector[f.ring], cpl))
	note(f.m.LoadStack(c, data, cpl, x86.VecGP))
	for _, i := range []int{x86.ES, x86.DS, x86.FS, x86.GS} {
		note(f.m.LoadData(c, i, data))
	}
	return errors.Join(faults...)
}
