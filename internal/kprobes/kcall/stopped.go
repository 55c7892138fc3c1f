package kcall

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/traps"
)

// Stopped is a call that did not return.
type Stopped struct {
	Function string
	At       string // symbol and offset of the instruction
	Why      string
}

func (s *Stopped) Error() string {
	return fmt.Sprintf("%s did not return: %s at %s", s.Function, s.Why, s.At)
}

// noFault is what CR2 holds until a page fault sets it.
const noFault = ^uint64(0)

// stopped explains why a call ended early.
func (c *Caller) stopped(function string, ev *emu.Event) error {
	cpu := c.Machine.CPUs[0]
	at := ev.PC
	for _, n := range ev.Notes {
		if n.Kind == traps.NoteOops {
			at = n.Addr
		}
	}
	s := &Stopped{Function: function, At: c.name(at)}
	var code [insn.MaxLen]byte
	n := c.space().Peek(at, code[:])
	c.Probes.Original(at, code[:n])
	switch {
	case cpu.Halted:
		s.Why = "it waits for an interrupt (hlt), which needs a running kernel"
	case n >= 2 && code[0] == 0x0f && code[1] == 0x0b:
		s.Why = "a BUG() or WARN() (ud2)"
	case cpu.Sys.CR2 != noFault:
		s.Why = c.faulted(cpu.Sys.CR2, at)
	default:
		s.Why = cpu.Shutdown
	}
	return s
}

// faulted explains a page fault at addr, of the instruction at pc.
func (c *Caller) faulted(addr, pc uint64) string {
	pte, there := c.space().Lookup(addr)
	switch {
	case addr < emu.PageSize && addr == pc:
		return "it calls through a null pointer: it needs a running kernel, which sets that, or another argument"
	case addr < emu.PageSize:
		return fmt.Sprintf("it uses a null pointer (address %#x): it needs a running kernel, or another argument", addr)
	case !there:
		return fmt.Sprintf("it uses memory at %#x, which is neither an argument's nor the image's: it needs a running kernel, or another argument", addr)
	case addr == pc && pte.Prot&emu.Exec == 0:
		return fmt.Sprintf("it jumps to %s, which is data: it needs a running kernel, or another argument", c.name(addr))
	case pte.Prot&emu.Write == 0:
		return fmt.Sprintf("it writes to %s, which is read-only memory", c.name(addr))
	}
	return fmt.Sprintf("a page fault at %#x", addr)
}
