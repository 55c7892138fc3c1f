package story

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// reasons explains the processor's part of a step in plain words (rows P*);
// kernel-side work explains itself.
func (n *Names) reasons(ev *emu.Event) []Reason {
	switch {
	case ev.Delivery != nil:
		return n.whyDelivery(ev)
	case ev.Kind == emu.StepInstruction:
		return whyInstruction(ev)
	case ev.Kind == emu.StepFlush:
		return []Reason{{"the oldest store in the buffer reaches memory: the others see it now", "T2"}}
	case ev.Kind == emu.StepRefetch:
		return []Reason{{"a byte that was fetched ahead is fetched anew: the vCPU runs the new one, whatever it has of the others", "T4"}}
	}
	return nil
}

func (n *Names) whyDelivery(ev *emu.Event) []Reason {
	d := ev.Delivery
	l := n.whyVector(d)
	for _, t := range d.Nested {
		l = append(l, whyNested(d, t)...)
	}
	if d.Shutdown != "" {
		return append(l, Reason{"no handler could be entered: the vCPU stops, as a processor would reset", "P4"})
	}
	if d.HasGate {
		switch {
		case d.Gate.Type == x86.InterruptGate && ev.Before.RFLAGS&x86.IF != 0:
			l = append(l, Reason{"an interrupt gate turns IF off; the image in the frame keeps it", "P2"})
		case d.Gate.Type == x86.TrapGate && ev.Before.RFLAGS&x86.IF != 0:
			l = append(l, Reason{"a trap gate leaves IF on", "P2"})
		}
	}
	switch {
	case d.Task != 0:
		l = append(l, Reason{fmt.Sprintf("a task gate: the processor saves its registers in the TSS of the task and loads those of selector %#x", d.Task), "P4"})
	case d.Switched && d.From != d.To:
		l = append(l, Reason{fmt.Sprintf("ring %d to %d: the stack comes from the TSS, and ss and the old stack pointer are pushed too", d.From, d.To), "P5"})
	case d.Switched:
		l = append(l, Reason{"the gate asks for a stack of its own (IST)", "P5"})
	}
	return l
}

func whyPageFault(n *Names, t *emu.Trap) string {
	did := "read"
	switch {
	case t.ErrCode&emu.PFFetch != 0:
		did = "fetch"
	case t.ErrCode&emu.PFWrite != 0:
		did = "write"
	}
	state := "no page is there"
	if t.ErrCode&emu.PFProt != 0 {
		state = "the page forbids it"
	}
	return fmt.Sprintf("a %s at %s: %s", did, n.Addr(t.CR2), state)
}

func whyNested(d *emu.Delivery, t emu.Trap) []Reason {
	if e := x86.DecodeSelectorError(t.ErrCode); t.Vector == x86.VecGP && d.From == 3 && e.Table == x86.IDT && !e.External {
		return []Reason{{fmt.Sprintf("gate %d's DPL keeps ring %d out: #GP with error code %d*8+2", e.Index, d.From, e.Index), "P3"}}
	}
	return []Reason{{fmt.Sprintf("met on the way: %s", VectorName(t.Vector)), "P4"}}
}

func whyInstruction(ev *emu.Event) []Reason {
	attr := ev.Insn.Attr()
	set := ^ev.Before.RFLAGS & ev.After.RFLAGS
	cleared := ev.Before.RFLAGS &^ ev.After.RFLAGS
	switch {
	case attr.Has(insn.MovSS) && ev.Before.RFLAGS&x86.TF != 0:
		return []Reason{{"loading ss holds off the single-step trap until after the next instruction", "P7"}}
	case ev.Raised != nil && (ev.Insn.Rep || ev.Insn.Repne) && ev.After.RIP == ev.Before.RIP:
		return []Reason{{"one iteration: under TF a repeated instruction traps after each, still pointing at itself", "P8"}}
	case set&x86.TF != 0:
		return []Reason{{"TF is on from here: the trap comes after the next instruction, not after this one", "P6"}}
	case cleared&x86.TF != 0 && ev.Raised != nil:
		return []Reason{{"TF was on when this instruction began, so it still traps", "P6"}}
	case attr.Has(insn.Pushf) && ev.Before.RFLAGS&x86.TF != 0:
		return []Reason{{"the image that is pushed has TF set, and IF as it is now", "P10"}}
	}
	return nil
}
