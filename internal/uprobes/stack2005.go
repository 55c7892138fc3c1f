package uprobes

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/engines"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// Engine is a generation of uprobes.
type Engine uint8

const (
	// Modern is Linux 6.1's.
	Modern Engine = iota
	// Described2005 is the RFC of 2005 as its text describes it: the copy is stepped on the stack's page (O1).
	Described2005
	// Coded2005 is the same RFC as its code has it, with its defects (O2, O6).
	Coded2005
	// Inline is the RFC before the patch that steps elsewhere: the instruction is stepped in place, with the breakpoint
	// out, so that other threads miss it (K11).
	Inline
	// CodedUnlocked2005 is Coded2005 without the lock from the hit to the step's end: two threads can be in a step, and
	// one goes on where the other should (O6).
	CodedUnlocked2005
)

// machineries are the engines by what their descriptions name; without probes
// nothing of it runs.
var machineries = map[engines.Machinery]Engine{
	"": Modern, engines.Slots: Modern, engines.Stack: Described2005, engines.StackCoded: Coded2005, engines.UserInPlace: Inline,
}

// ParseEngine finds an engine by name.
func ParseEngine(name string) (Engine, error) {
	d, options, err := engines.Parse(engines.Program, name)
	if err != nil {
		return 0, err
	}
	e := machineries[d.Machinery]
	if e == Coded2005 && len(options) > 0 {
		e = CodedUnlocked2005
	}
	return e, nil
}

func (s *System) coded() bool { return s.engine == Coded2005 || s.engine == CodedUnlocked2005 }

// wordBelow is what the RFC keeps free next to the stack pointer: sizeof(long long).
const wordBelow = 8

// StackCopy is where a thread that is being stepped has its copy, if that is
// stack that it does not use (O1): at and size in bytes. ok is false else.
func (s *System) StackCopy(t *linux.Thread) (at uint64, size int, ok bool) {
	if ut := taskOf(t); s.engine == Described2005 && ut.state >= stepping {
		return ut.step.Slot, CodeSize, true
	}
	return 0, 0, false
}

// lastStep is what the RFC's code keeps in global variables (O6).
type lastStep struct{ addr, copyAt uint64 }

// unanalyzed is an instruction that nothing is known of: the RFC looks at none, and its only fix-up is the delta (O3).
func unanalyzed(code []byte, m insn.Mode) *Instruction {
	i := &Instruction{Mode: m, Fixups: FixIP}
	copy(i.Original[:], code)
	i.Copy = i.Original
	if in, err := insn.Decode(i.Original[:], m); err == nil {
		i.Len = in.Len
	}
	return i
}

// stepOnStack sends the thread to a copy on its stack. As coded, a copy that fails is not noticed: the thread goes on
// one byte behind the breakpoint, and the copy's address stays that of some earlier step, or 0 (O6).
func (s *System) stepOnStack(t *linux.Thread, ut *task) {
	u, addr := ut.hit, ut.addr
	mm, c := t.Process().MM(), t.Core()
	at, ok := s.placeOnStack(mm, c.GPR[x86.RSP])
	t.Micro(s.tellPlace(ok))
	if !ok {
		s.printk("No vma found")
	}
	ok = ok && mm.Write(at, u.insn.Copy[:])
	copyAt := at
	switch {
	case ok && s.engine == Described2005:
		ok = mm.AllowExec(at)
	case !ok && s.coded():
		at, copyAt, ok = mm.ABI().Mask(addr+1), s.last.copyAt, true
	}
	if !ok {
		s.warn(t, "place the instruction on the stack")
		t.ForceTrap()
		s.unlockStep(t)
		ut.over()
		return
	}
	s.last = lastStep{addr, copyAt}
	ut.active = u
	ut.step = u.insn.Begin(c, addr, at)
	ut.trapNo = t.TrapNo()
	t.SetTrapNo(untrapped)
	ut.run()
}

// tellPlace names the micro-step that places the copy.
func (s *System) tellPlace(found bool) emu.Micro {
	m := emu.Micro{Name: "uprobe_single_step", In: "prepare_singlestep", ID: "O1", Why: "a copy of the instruction goes to the bottom of the stack's page, and the thread to it"}
	switch {
	case s.coded() && found:
		m.ID, m.Why = "O2", "a copy of the instruction goes above the stack pointer, and the thread to it"
	case s.coded():
		m.ID, m.Why = "O6", "no mapping is found behind the stack pointer; the error is ignored, and the thread goes on behind the int3"
	}
	return m
}

// placeOnStack chooses where the copy goes.
func (s *System) placeOnStack(mm *mm.MM, sp uint64) (uint64, bool) {
	if s.coded() {
		return s.placeAsCoded(mm, sp)
	}
	page := sp &^ (emu.PageSize - 1)
	if sp-page <= wordBelow+CodeSize {
		page -= emu.PageSize // the mapping is extended when it is written
	}
	return page, true
}

// placeAsCoded rounds the stack pointer up where the text rounds down, so that the room below it is a negative number
// taken for a large one, and the copy lands on live stack (O2).
func (s *System) placeAsCoded(mm *mm.MM, sp uint64) (uint64, bool) {
	page := mm.ABI().Mask((sp + emu.PageSize - 1) &^ (emu.PageSize - 1))
	v := vmaFrom(mm, page)
	switch {
	case v == nil:
		return 0, false
	case v.GrowsDown:
		return page + CodeSize, mm.ABI().Mask(sp-wordBelow-page) > CodeSize
	}
	page += emu.PageSize
	return page, page-(sp+wordBelow) > CodeSize
}

// vmaFrom is find_vma(): the first mapping that ends above the address.
func vmaFrom(mm *mm.MM, addr uint64) *mm.VMA {
	for _, v := range mm.VMAs() {
		if v.End > addr {
			return v
		}
	}
	return nil
}

// resumeFromStack moves the instruction pointer back by the delta, right or wrong (resume_execution_user()).
func (s *System) resumeFromStack(t *linux.Thread, ut *task) {
	from := lastStep{ut.step.Addr, ut.step.Slot}
	if s.coded() {
		from = s.last
	}
	c := t.Core()
	c.RIP = s.widthOf(t).Mask(from.addr + c.RIP - from.copyAt)
	c.RFLAGS &^= x86.TF
}
