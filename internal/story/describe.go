package story

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Describe makes the record of an event. Events of one run must come in
// order: names of saved registers follow the frames on the stacks.
func (n *Names) Describe(ev *emu.Event) *Record {
	n.track(ev)
	r := &Record{
		Type: "step", V: Version, Step: ev.Seq, CPU: ev.CPU, Kind: ev.Kind.String(), Ring: int(ev.Before.CPL),
		PC: Hex(ev.PC), At: n.Addr(ev.PC), RFLAGS: Hex(ev.After.RFLAGS),
		NextPC: Hex(ev.After.RIP), NextAt: n.Addr(ev.After.RIP),
	}
	r.Kernel = n.image().InKernelText(ev.PC)
	if len(ev.Bytes) > 0 {
		mode := emu.CodeMode(&ev.Before, n.Arch)
		r.Bytes, r.Text = hexBytes(ev.Bytes), n.Disassemble(mode, ev.Bytes, ev.PC)
		if mode != insn.ModeOf(n.Arch) {
			r.Bits = mode.Bits()
		}
		r.Line = n.image().FileLine(ev.PC)
		r.Probe = n.probeByte(ev)
	}
	r.Registers = n.registers(&ev.Before, &ev.After)
	for _, f := range x86.DiffFlags(ev.Before.RFLAGS, ev.After.RFLAGS) {
		r.Flags = append(r.Flags, Flag(f))
	}
	for i := range ev.Writes {
		r.Writes = append(r.Writes, n.write(ev, &ev.Writes[i]))
	}
	for i, m := range ev.Reads {
		if ev.Micro != nil && ev.Micro.File != "" && i >= ev.Micro.Reads {
			break // the simulator's, to count
		}
		r.Reads = append(r.Reads, Read{Hex(m.Addr), n.place(ev, m.Addr), int(m.Size), Hex(m.Value)})
	}
	if ev.Kind == emu.StepRefetch {
		x := ev.Refetched
		r.Refetched = &Refetched{Hex(x.At), n.Addr(x.At), Hex(x.Old), Hex(x.New)}
	}
	if ev.Raised != nil {
		t := n.trap(*ev.Raised)
		r.Raised = &t
	}
	if ev.Delivery != nil {
		r.Delivery = n.delivery(ev)
	}
	if m := ev.Micro; m != nil {
		r.Micro = &Micro{Name: m.Name, In: m.In, Why: m.Why, Row: m.ID, Holds: m.Holds}
	}
	if len(ev.Bytes) > 0 {
		if l, ok := n.image().LineAt(ev.PC); ok {
			r.Source = &Source{l.Func, l.File, l.Line, l.Code}
		}
	}
	for _, x := range ev.Notes {
		note := Note{string(x.Kind), x.Text, x.ID, Hex(x.Addr), ""}
		if x.Addr != 0 || x.Kind == traps.NoteOops {
			note.Name = n.Addr(x.Addr)
		}
		r.Notes = append(r.Notes, note)
	}
	r.Why = n.reasons(ev)
	return r
}

func (n *Names) probeByte(ev *emu.Event) *ProbeByte {
	if ev.Bytes[0] != x86.Int3 {
		return nil
	}
	name, original, ok := n.image().Breakpoint(ev.PC)
	if !ok {
		return nil
	}
	return &ProbeByte{name, hexBytes(original), n.Disassemble(emu.CodeMode(&ev.Before, n.Arch), original, ev.PC)}
}

// widthOf is the width of the code of a step, of the wider where it leads from one to the other.
func (n *Names) widthOf(before, after *emu.Core) x86.Arch {
	if before.Seg[x86.CS].Flags == 0 { // a vCPU that had no thread yet
		before = after
	}
	return max(emu.CodeArch(before, n.Arch), emu.CodeArch(after, n.Arch))
}

// registers lists what changed, the instruction pointer and flags apart.
func (n *Names) registers(before, after *emu.Core) []Change {
	var l []Change
	arch := n.widthOf(before, after)
	for i := range arch.Regs() {
		if before.GPR[i] != after.GPR[i] {
			v := after.GPR[i]
			l = append(l, Change{x86.Reg(i).Name(arch), Hex(before.GPR[i]), Hex(v), n.named(v)})
		}
	}
	for i := range before.Seg {
		if before.Seg[i].Sel != after.Seg[i].Sel {
			l = append(l, Change{Name: x86.SegmentName(i), Old: Hex(before.Seg[i].Sel), New: Hex(after.Seg[i].Sel)})
		}
	}
	return l
}

func (n *Names) write(ev *emu.Event, w *emu.MemWrite) Write {
	x := Write{
		Addr: Hex(w.Addr), At: n.place(ev, w.Addr), Size: int(w.Size), Old: Hex(w.Old), New: Hex(w.New),
		By: [...]string{"instruction", "delivery", "micro", "flush"}[w.By], Buffered: w.Buffered,
	}
	if int(w.Size) == n.widthOf(&ev.Before, &ev.After).Word() {
		x.Name = n.named(w.New)
	}
	sp := ev.After.GPR[x86.RSP]
	x.Push = w.By == emu.ByInstruction && w.Addr == sp && sp < ev.Before.GPR[x86.RSP]
	if w.Size == 1 && ev.Micro != nil && w.Old != w.New {
		if w.New == x86.Int3 {
			x.Code = "armed"
		} else if w.Old == x86.Int3 {
			x.Code = "disarmed"
		}
	}
	return x
}

func (n *Names) trap(t emu.Trap) Trap {
	x := Trap{Vector: int(t.Vector), Name: VectorName(t.Vector), Kind: t.Kind.String(), DR6: Hex(t.DR6)}
	if t.HasErr {
		c := Hex(t.ErrCode)
		x.ErrorCode = &c
	}
	if t.SetCR2 {
		c := Hex(t.CR2)
		x.CR2 = &c
	}
	return x
}

func (n *Names) delivery(ev *emu.Event) *Delivery {
	d := ev.Delivery
	x := &Delivery{Trap: n.trap(d.Trap), From: int(d.From), To: int(d.To), Switched: d.Switched, Shutdown: d.Shutdown}
	if d.HasGate {
		x.Gate = &Gate{Hex(d.GateAddr), n.Addr(d.GateAddr), hexBytes(d.GateRaw), d.Gate.TypeName(), int(d.Gate.DPL),
			Hex(d.Gate.Selector), n.Addr(d.Gate.Offset)}
		if d.Task != 0 {
			x.Gate.To = n.Addr(ev.After.RIP) // a task gate has no offset
		}
	}
	for _, w := range d.Frame {
		x.Frame = append(x.Frame, FrameWord{Hex(w.Addr), w.Name, Hex(w.Value), n.frameMeans(w)})
	}
	for _, t := range d.Nested {
		x.Nested = append(x.Nested, n.trap(t))
	}
	return x
}

func (n *Names) frameMeans(w emu.FrameWord) string {
	switch w.Is {
	case x86.FrameFlags:
		return x86.FormatFlags(w.Value)
	case x86.FrameIP:
		return n.Addr(w.Value)
	case x86.FrameCS:
		return fmt.Sprintf("ring %d", w.Value&3)
	}
	return ""
}

// VectorName is the processor's name of a vector (SDM vol. 3, table 6-1).
func VectorName(v x86.Vector) string {
	if v.Mnemonic() == "" {
		return fmt.Sprintf("interrupt %#x", uint8(v))
	}
	return v.Mnemonic() + " " + v.Name()
}
