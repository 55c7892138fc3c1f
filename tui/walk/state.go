package walk

import (
	"fmt"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/scenarios/story"
)

func (w *Walk) cpus() []CPU {
	var l []CPU
	for _, c := range w.Run.Machine.CPUs {
		if w.program() {
			l = append(l, w.userCPU(c))
			continue
		}
		x := CPU{ID: c.ID, At: w.Place(c.LinearPC()), Ring: int(c.CPL), Phase: w.trail.phase[c.ID], Able: c.CanStep(), State: "runs"}
		if x.Phase == Reenter {
			x.Outer = w.trail.outer[c.ID]
		}
		x.Text = w.instructionAt(c)
		if name := w.micros[c.LinearPC()]; name != "" {
			x.Text = "* " + name
		}
		switch {
		case c.Shutdown != "":
			x.State, x.Text = c.Shutdown, ""
		case len(c.Pending()) > 0:
			x.State = "takes " + story.VectorName(c.Pending()[0].Vector)
		case c.Halted:
			x.State, x.Text = "halted", ""
		case w.trail.waits[c.ID] != "":
			x.State = "spins on " + w.trail.waits[c.ID]
		}
		l = append(l, x)
	}
	return l
}

// Phases are where the vCPUs, or of a program the threads, are in a hit, by
// their numbers.
func (w *Walk) Phases() map[int]Phase {
	l := map[int]Phase{}
	if w.program() {
		for _, t := range w.threads() {
			l[t.TID] = userPhases[t.Stage]
		}
		return l
	}
	for _, c := range w.Run.Machine.CPUs {
		l[c.ID] = w.trail.phase[c.ID]
	}
	return l
}

// raisable lists the actors that are no vCPUs: interrupts, store buffers, and
// fetches of code that have something to do.
func (w *Walk) raisable() []Actor {
	var l []Actor
	for i := len(w.Run.Machine.CPUs); i < w.Run.Actors(); i++ {
		a := Actor{ID: i, Name: w.Run.ActorName(i), Able: w.Run.Can(i)}
		if u, cpu, ok := w.Run.UnitOf(i); ok {
			if a.Unit, a.Holds = true, w.holds(u, cpu); u != emu.StoreBuffer && !a.Able {
				continue
			}
		}
		l = append(l, a)
	}
	return l
}

// holds is what a part of a vCPU has to do.
func (w *Walk) holds(u emu.Unit, cpu int) []string {
	var list []string
	if u == emu.StoreBuffer {
		for _, s := range w.Run.Machine.CPUs[cpu].Buffered() {
			list = append(list, fmt.Sprintf("[%s] %#x", w.Place(s.Addr), s.Value))
		}
	} else if at, old, now, ok := w.Run.Machine.Stale(u, cpu); ok {
		list = append(list, fmt.Sprintf("[%s] %02x -> %02x", w.Place(at), old, now))
	}
	return list
}

// instructionAt is the instruction that a vCPU stands at.
func (w *Walk) instructionAt(c *emu.CPU) string {
	var code [insn.MaxLen]byte
	n := w.Run.Peek(c.ID, c.LinearPC(), code[:])
	return w.disassemble(code[:n], c.LinearPC())
}

// codeText is an instruction whose text is kept.
type codeText struct {
	pc   uint64
	n    int
	code [insn.MaxLen]byte
}

// maxTexts bounds the texts that are kept.
const maxTexts = 4096

func (w *Walk) disassemble(code []byte, pc uint64) string {
	if len(code) == 0 {
		return ""
	}
	k := codeText{pc: pc, n: instructionLen(code, w.Run.Machine.Arch)}
	copy(k.code[:k.n], code)
	s, ok := w.texts[k]
	if !ok {
		if len(w.texts) == maxTexts {
			clear(w.texts)
		}
		s = w.names.Disassemble(code[:k.n], pc)
		w.texts[k] = s
	}
	return s
}

func (w *Walk) registers(cpu int, ev *emu.Event) []Reg {
	c, a := w.Run.Machine.CPUs[cpu], w.Run.Machine.Arch
	mine := ev != nil && ev.CPU == cpu
	var l []Reg
	add := func(name string, v, old uint64) {
		r := Reg{Name: name, Value: w.hex(v), Means: w.means(v)}
		if mine && v != old {
			r.Changed, r.Old = true, w.hex(old)
		}
		l = append(l, r)
	}
	var before emu.Core
	if mine {
		before = ev.Before
	}
	for i := range emu.GPRCount(a) {
		add(emu.Reg(i).Name(a), c.GPR[i], before.GPR[i])
	}
	ip := map[emu.Arch]string{emu.I386: "eip", emu.AMD64: "rip"}[a]
	add(ip, c.RIP, before.RIP)
	return l
}

// shownFlags are those that a reader of probes needs, high bit first.
var shownFlags = []emu.FlagChange{{Name: "NT"}, {Name: "RF"}, {Name: "OF"}, {Name: "DF"}, {Name: "IF"}, {Name: "TF"}, {Name: "SF"},
	{Name: "ZF"}, {Name: "AF"}, {Name: "PF"}, {Name: "CF"}}

func (w *Walk) flags(cpu int, ev *emu.Event) []Flag {
	c := w.Run.Machine.CPUs[cpu]
	before := c.RFLAGS
	if ev != nil && ev.CPU == cpu {
		before = ev.Before.RFLAGS
	}
	var l []Flag
	for _, f := range shownFlags {
		for _, n := range emu.FlagNames {
			if n.Name == f.Name {
				l = append(l, Flag{n.Name, c.RFLAGS&n.Bit != 0, (before^c.RFLAGS)&n.Bit != 0})
			}
		}
	}
	return l
}

func (w *Walk) gates(ev *emu.Event) []Gate {
	if w.program() {
		return nil
	}
	var l []Gate
	k, space := w.Run.Kernel, w.Run.Machine.CPUs[0].Space
	size := uint64(8)
	if w.Run.Machine.Arch == emu.AMD64 {
		size = 16
	}
	base := w.Run.Machine.CPUs[0].Sys.IDTR.Base
	for _, v := range []uint8{emu.VecBP, emu.VecDB, emu.VecGP, emu.VecPF, emu.VecUD, 0x80} {
		g := k.Gate(space, v)
		if !g.Present {
			continue
		}
		raw := make([]byte, size)
		space.Peek(base+uint64(v)*size, raw)
		x := Gate{int(v), story.VectorName(v), w.Place(base + uint64(v)*size), fmt.Sprintf("% x", raw), g.TypeName(), int(g.DPL), w.Place(g.Offset), false}
		x.Used = ev != nil && ev.Delivery != nil && ev.Delivery.HasGate && ev.Delivery.Trap.Vector == v
		l = append(l, x)
	}
	return l
}

func (w *Walk) probes() []Probe {
	if w.program() {
		return w.userProbes()
	}
	var l []Probe
	for i, p := range w.Run.ProbeEnds() {
		x := Probe{ProbeEnd: p}
		if i < len(w.Run.Probes.Probes()) {
			x.Phase = w.phaseOf(w.Run.Probes.Probes()[i].Addr)
		}
		if x.Phase == HitSS && x.State != "lost" {
			x.State = "stepping"
		}
		l = append(l, x)
	}
	return l
}

// awaited are the return probes with the calls whose return they await.
func (w *Walk) awaited() []Awaited {
	if w.program() || w.Run.Probes == nil {
		return nil
	}
	var l []Awaited
	for i, p := range w.Run.Probes.Probes() {
		to, most := w.Run.Probes.Awaited(i)
		if most == 0 {
			continue
		}
		x := Awaited{Probe: p.Name, Most: most}
		for _, at := range to {
			x.To = append(x.To, w.Place(at))
		}
		l = append(l, x)
	}
	return l
}

// phaseOf is the furthest phase of the vCPUs that are in a hit at addr.
func (w *Walk) phaseOf(addr uint64) Phase {
	best := Away
	for _, c := range w.Run.Machine.CPUs {
		if w.trail.hitting[c.ID] == addr && w.trail.phase[c.ID] > best {
			best = w.trail.phase[c.ID]
		}
	}
	return best
}

func (w *Walk) lockList(ev *emu.Event) []Lock {
	if w.program() {
		return w.slotList(ev)
	}
	var l []Lock
	c := w.Run.Machine.CPUs[0]
	for _, k := range w.locks {
		v, _ := w.word(c, k.addr)
		x := Lock{Name: k.name, Owner: owner(v)}
		for _, c := range w.Run.Machine.CPUs {
			if w.trail.waits[c.ID] == k.name {
				x.Waiting = append(x.Waiting, fmt.Sprintf("cpu%d", c.ID))
			}
		}
		if ev != nil {
			for _, wr := range ev.Writes {
				x.Changed = x.Changed || wr.Addr == k.addr && wr.Old != wr.New
			}
		}
		l = append(l, x)
	}
	return l
}

// owner reads a lock word: 0 is free, else the holder's number plus one; a
// reader-writer lock has bit 8 set for its writer and counts readers below it.
func owner(v uint64) string {
	switch {
	case v == 0:
		return "free"
	case v > 0x100:
		return fmt.Sprintf("cpu%d", v-0x101)
	}
	return fmt.Sprintf("cpu%d", v-1)
}
