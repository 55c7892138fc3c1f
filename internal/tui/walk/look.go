package walk

import (
	"encoding/binary"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// Look says what is wanted of a moment.
type Look struct {
	CPU    int    // whose registers, code and stack; -1: that of the last step
	Code   int    // instructions
	Stack  int    // words
	Source int    // lines of the kernel's C on each side of the present one; 0: 40
	Memory uint64 // where the memory panel looks; 0: probed code and the last write
}

// Moment makes the data of the present moment.
func (w *Walk) Moment(l Look) *Moment {
	ev := w.Event()
	cpu := l.CPU
	turn, more := w.Turn()
	if !more {
		turn = -1
	}
	if cpu < 0 || cpu >= len(w.Run.Machine.CPUs) {
		cpu = 0
		switch {
		case ev != nil:
			cpu = ev.CPU
		case more && turn < len(w.Run.Machine.CPUs):
			cpu = turn
		}
	}
	m := &Moment{
		At: w.At(), End: w.End(), Branch: w.Line().ID, Engine: w.Run.Engine(), World: w.Run.File.World(), Arch: w.Run.Machine.Arch.String(),
		Bits: w.mode(w.Run.Machine.CPUs[cpu]).Bits(),
		CPU:  cpu, Turn: turn, Log: w.Run.Log(), Trace: w.trail.events, Fired: w.trail.fired, Violated: w.Run.Violations(),
	}
	if w.At() == w.End() {
		m.Over = w.Run.Done()
	}
	if ev != nil {
		m.Step = w.Describe(ev)
		m.Head, m.Why, m.Notes = head(m.Step), reasons(m.Step), notes(m.Step)
	}
	m.CPUs, m.Raisable = w.cpus(), w.raisable()
	m.Regs, m.Flags = w.registers(cpu, ev), w.flags(cpu, ev)
	m.Code, m.Source = w.world.code(cpu, l.Code), w.world.source(cpu, l.Source)
	m.Stack, m.Chain = w.stack(cpu, l.Stack, ev), w.chain(cpu)
	m.Memory = w.memory(cpu, l.Memory, ev)
	m.Gates, m.Processes, m.Vectors, m.Output = w.world.gates(ev), w.world.processes(cpu), w.world.vectors(ev), w.world.output()
	m.InHits = w.world.inHits(m)
	m.Probes, m.Locks, m.Awaited = w.world.probes(), w.world.locks(ev), w.world.awaited()
	return m
}

// Describe is the story's record of a step of this walk.
func (w *Walk) Describe(ev *emu.Event) *story.Record {
	n := w.names
	r := n.Describe(ev)
	for i := range r.Writes {
		if f, _, ok := w.trail.frameWord(ev.CPU, uint64(r.Writes[i].Addr)); ok {
			r.Writes[i].At = "regs->" + f
		}
	}
	return r
}

// head says what a step was.
func head(r *story.Record) string {
	switch {
	case r.Delivery != nil:
		s := fmt.Sprintf("TRAP %d %s at %s", r.Delivery.Vector, r.Delivery.Name, r.At)
		if r.Delivery.Gate != nil && r.Delivery.Shutdown == "" {
			s += " → " + r.Delivery.Gate.To
		}
		return s
	case r.Micro != nil && r.Source != nil:
		return fmt.Sprintf("%s:%d  %s", r.Source.Func, r.Source.Line, r.Source.Code)
	case r.Micro != nil && r.Micro.In != r.Micro.Name:
		return r.Micro.In + ": " + r.Micro.Name
	case r.Micro != nil:
		return r.Micro.Name
	case r.Kind == emu.StepFlush.String():
		return fmt.Sprintf("the store buffer of cpu%d", r.CPU)
	case r.Refetched != nil:
		return fmt.Sprintf("cpu%d fetches [%s] anew: %02x, not %02x", r.CPU, r.Refetched.At, uint64(r.Refetched.New), uint64(r.Refetched.Old))
	case r.Kind == "idle" && len(r.Notes) > 0:
		return r.Notes[0].Text
	case r.Kind == "idle":
		return "idle"
	}
	return r.At + "  " + r.Text
}

func reasons(r *story.Record) []Reason {
	var l []Reason
	if m := r.Micro; m != nil && m.Why != "" {
		l = append(l, Reason{m.Row, m.Why})
	}
	for _, x := range r.Why {
		l = append(l, Reason{x.Row, x.Text})
	}
	if len(l) == 0 {
		if s := changesText(r); s != "" {
			l = append(l, Reason{"", s})
		}
	}
	return l
}

// changesText says what an ordinary instruction did.
func changesText(r *story.Record) string {
	var l []string
	for _, c := range r.Registers {
		s := fmt.Sprintf("%s was %s, is %s", c.Name, c.Old, c.New)
		if c.At != "" && c.At != c.New.String() {
			s += " (" + c.At + ")"
		}
		l = append(l, s)
	}
	for _, f := range r.Flags {
		l = append(l, f.Name+map[bool]string{true: " on", false: " off"}[f.Set])
	}
	for _, x := range r.Writes {
		if x.Old != x.New {
			s := fmt.Sprintf("[%s] was %s, is %s", x.At, x.Old, x.New)
			if x.Buffered {
				s += " (buffered)"
			}
			l = append(l, s)
		}
	}
	if len(l) == 0 && r.Kind == "instruction" {
		l = append(l, "goes on at "+r.NextAt)
	}
	return strings.Join(l, "; ")
}

func notes(r *story.Record) []string {
	var l []string
	for i, n := range r.Notes {
		s := n.Text
		switch {
		case i == 0 && r.Kind == "idle": // the head says it
			continue
		case n.Kind == "print":
			s = "> " + s
		case n.Kind == string(tracekprobe.NoteEvent):
			s = "✦ " + s
		case n.Kind == noteHit:
			s = "● " + s + " at " + n.Name
		case noteKind(emu.NoteKind(n.Kind)) != Noted && n.Kind != string(kprobes.NoteUnhit):
			s = "- " + s
		default:
			if n.Name != "" {
				s += " at " + n.Name
			}
			s = "! " + s
		}
		l = append(l, s)
	}
	return l
}

// Place is an address as symbol+offset.
func (w *Walk) Place(addr uint64) string { return w.names.Addr(addr) }

// mode is how the code that a vCPU runs is decoded, arch which registers it has: those of
// its code segment, not of the machine.
func (w *Walk) mode(c *emu.CPU) insn.Mode { return w.Run.Mode(c.ID) }

func (w *Walk) arch(c *emu.CPU) x86.Arch { return w.mode(c).Arch() }

// modeOf is the mode of the code segment that a selector stands for, of code that was interrupted.
func (w *Walk) modeOf(c *emu.CPU, sel uint16) insn.Mode {
	table := c.Sys.GDTR.Base
	if sel&4 != 0 {
		table = c.Sys.LDTR.Base
	}
	var b [8]byte
	d := x86.Descriptor{}
	if c.Space.Peek(table+uint64(sel&^7), b[:]) == len(b) {
		d = x86.DecodeDescriptor(binary.LittleEndian.Uint64(b[:]))
	}
	switch {
	case !d.Code():
		return insn.ModeOf(w.Run.Machine.Arch)
	case w.Run.Machine.Arch == x86.AMD64 && d.Long():
		return insn.Mode64
	case d.Big():
		return insn.Mode32
	}
	return insn.Mode16
}

func hex(a x86.Arch, v uint64) string { return fmt.Sprintf("%0*x", a.AddrDigits(), v) }

// means names a value that points into something with a name.
func (w *Walk) means(v uint64) string {
	if _, off, ok := w.names.Symbols.At(v); ok && v != 0 && off < 1<<12 {
		return w.names.Addr(v)
	}
	return ""
}

func instructionLen(code []byte, mode insn.Mode) int {
	in, err := insn.Decode(code, mode)
	if err != nil || in.Len == 0 {
		return 1
	}
	return min(in.Len, len(code))
}
