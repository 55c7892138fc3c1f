package simulated

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/rigs/silicon"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Machine is a simulated machine with one user task. It implements silicon.Runner
// and silicon.TrapRunner. It is not safe for use by several goroutines.
type Machine struct {
	mode  silicon.Mode
	m     *emu.Machine
	k     *traps.Kernel
	cpu   *emu.CPU
	ldt   uint64        // address of the local descriptor table
	fresh *emu.Snapshot // the task stopped before its first instruction
}

// kernel is the stock kernel with an entry for SYSCALL, which it has none of.
type kernel struct{ *traps.Kernel }

// Syscall answers every system call with ENOSYS, and returns as SYSRET does
// (emu.Syscaller). There is no SYSENTER.
func (k kernel) Syscall(_ *emu.Machine, c *emu.CPU, sysenter bool) bool {
	if sysenter {
		return false
	}
	c.GPR[x86.RCX], c.GPR[x86.R11] = c.RIP, c.RFLAGS
	c.GPR[x86.RAX] = noSystem
	return true
}

// ldtSelector is what LDTR holds; no descriptor of the GDT stands behind it.
const ldtSelector = 0x70

// noSystem is -ENOSYS.
const noSystem = ^uint64(38 - 1)

// Open makes a machine for programs of mode, with a kernel of that width.
func Open(mode silicon.Mode) (*Machine, error) {
	if mode == silicon.Mode64 {
		return open(mode, x86.AMD64)
	}
	return open(mode, x86.I386)
}

// OpenCompatibility makes a machine for 32-bit programs with a 64-bit kernel:
// they run in compatibility mode.
func OpenCompatibility() (*Machine, error) { return open(silicon.Mode32, x86.AMD64) }

func open(mode silicon.Mode, arch x86.Arch) (*Machine, error) {
	text := traps.StockText(arch)
	options, err := text.Options()
	if err != nil {
		return nil, err
	}
	m, err := emu.New(emu.Config{Arch: arch, CPUs: 1, Level: emu.V3})
	if err != nil {
		return nil, err
	}
	s := &Machine{mode: mode, m: m, cpu: m.CPUs[0]}
	if err := s.boot(options); err != nil {
		m.Close()
		return nil, fmt.Errorf("simulated: %w", err)
	}
	return s, nil
}

// Close frees the machine.
func (s *Machine) Close() { s.m.Close() }

// load gives the machine the program's memory and registers, and returns that memory.
func (s *Machine) load(p *silicon.Program) (silicon.Memory, error) {
	if p.Mode != s.mode {
		return silicon.Memory{}, fmt.Errorf("simulated: a %s program given to a %s machine", p.Mode, s.mode)
	}
	memory, err := p.Memory()
	if err != nil {
		return memory, err
	}
	s.m.Restore(s.fresh)
	for i, content := range [][]byte{memory.Code, memory.Data, memory.Stack} {
		if err := s.m.WriteBytes(s.cpu.Space, s.mode.Regions()[i].Base, content); err != nil {
			return memory, err
		}
	}
	for i, d := range p.LDT {
		if !s.m.PokeWord(s.cpu.Space, s.ldt+8*uint64(i), 8, d) {
			return memory, fmt.Errorf("simulated: a local descriptor table of %d entries", len(p.LDT))
		}
	}
	s.cpu.Sys.LDTR = emu.SystemSeg{Sel: ldtSelector, Base: s.ldt, Limit: uint32(8*len(p.LDT) - 1), Type: 2}
	return memory, s.setState(&p.Init)
}
