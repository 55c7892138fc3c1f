package uprobes

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Step is one step out of line, from the moment the thread is sent to its slot (struct uprobe_task's part of it).
type Step struct {
	Instruction *Instruction
	Addr, Slot  uint64 // linear addresses of the probed instruction and of its copy

	scratch uint64 // value of the scratch register before the step
	hadTF   bool   // the program itself was being stepped
}

// Outcome is how a step ended.
type Outcome struct {
	Restart bool // the probed instruction must be hit anew: its return address could not be pushed
	Trap    bool // the thread gets the SIGTRAP of its own TF (U11)
}

// Begin sends a thread to the copy in the slot, under TF (arch_uprobe_pre_xol()).
func (i *Instruction) Begin(c *emu.Core, addr, slot uint64) Step {
	s := Step{Instruction: i, Addr: addr, Slot: slot, hadTF: c.RFLAGS&x86.TF != 0}
	if i.Fixups.Has(FixRIP) {
		s.scratch = c.GPR[i.Scratch]
		c.GPR[i.Scratch] = addr + uint64(i.Len)
	}
	c.RIP = slot
	c.RFLAGS |= x86.TF
	return s
}

// Finish puts right what the step did, once the copy has run (arch_uprobe_post_xol()).
func (s *Step) Finish(c *emu.Core, store Store) Outcome {
	i := s.Instruction
	if i.Method == StepOutOfLine {
		s.restoreScratch(c)
	}
	restart := false
	switch {
	case i.Method == EmulateBranch: // a call whose push failed and then succeeded in the copy
		s.dropReturn(c)
		restart = true
	case i.Fixups.Has(FixIP):
		c.RIP = i.mask(c.RIP + s.Addr - s.Slot)
	case i.Fixups.Has(FixCall):
		s.dropReturn(c)
		restart = !i.push(c, store, s.Addr+uint64(i.Len))
	}
	if restart {
		c.RIP = s.Addr
	}
	if !s.hadTF && !i.Fixups.Has(FixSetF) {
		c.RFLAGS &^= x86.TF
	}
	return Outcome{Restart: restart, Trap: s.hadTF && !restart}
}

// dropReturn takes off the stack what a call in the slot pushed.
func (s *Step) dropReturn(c *emu.Core) {
	c.GPR[x86.RSP] = s.Instruction.mask(c.GPR[x86.RSP] + uint64(s.Instruction.word()))
}

// Abort puts the thread back at the probed instruction, as if it had not been stepped, after a fault in the copy
// (U12, arch_uprobe_abort_xol()).
func (s *Step) Abort(c *emu.Core) {
	s.restoreScratch(c)
	c.RIP = s.Addr
	if !s.hadTF {
		c.RFLAGS &^= x86.TF
	}
}

func (s *Step) restoreScratch(c *emu.Core) {
	if s.Instruction.Fixups.Has(FixRIP) {
		c.GPR[s.Instruction.Scratch] = s.scratch
	}
}
