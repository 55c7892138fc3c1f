package walk

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

func (w *Walk) cpus() []CPU {
	var l []CPU
	for _, c := range w.Run.Machine.CPUs {
		l = append(l, w.world.cpu(c))
	}
	return l
}

// Phases are where the vCPUs, or of a program the threads, are in a hit, by
// their numbers.
func (w *Walk) Phases() map[int]Phase { return w.world.phases() }

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
	return w.disassemble(w.mode(c), code[:n], c.LinearPC())
}

// codeText is an instruction whose text is kept.
type codeText struct {
	mode insn.Mode
	pc   uint64
	n    int
	code [insn.MaxLen]byte
}

// maxTexts bounds the texts that are kept.
const maxTexts = 4096

func (w *Walk) disassemble(mode insn.Mode, code []byte, pc uint64) string {
	if len(code) == 0 {
		return ""
	}
	k := codeText{mode: mode, pc: pc, n: instructionLen(code, mode)}
	copy(k.code[:k.n], code)
	s, ok := w.texts[k]
	if !ok {
		if len(w.texts) == maxTexts {
			clear(w.texts)
		}
		s = w.names.Disassemble(mode, code[:k.n], pc)
		w.texts[k] = s
	}
	return s
}

func (w *Walk) registers(cpu int, ev *emu.Event) []Reg {
	c := w.Run.Machine.CPUs[cpu]
	a := w.arch(c)
	mine := ev != nil && ev.CPU == cpu
	var l []Reg
	add := func(name string, v, old uint64) {
		r := Reg{Name: name, Value: hex(a, v), Means: w.means(v)}
		if mine && v != old {
			r.Changed, r.Old = true, hex(a, a.Mask(old))
		}
		l = append(l, r)
	}
	var before emu.Core
	if mine {
		before = ev.Before
	}
	for i := range a.Regs() {
		add(x86.Reg(i).Name(a), c.GPR[i], before.GPR[i])
	}
	add(a.IPName(), c.RIP, before.RIP)
	return l
}

// shownFlags are those that a reader of probes needs, in the order in which they are shown.
var shownFlags = [...]uint64{x86.NT, x86.RF, x86.OF, x86.DF, x86.IF, x86.TF, x86.SF, x86.ZF, x86.AF, x86.PF, x86.CF}

func (w *Walk) flags(cpu int, ev *emu.Event) []Flag {
	c := w.Run.Machine.CPUs[cpu]
	before := c.RFLAGS
	if ev != nil && ev.CPU == cpu {
		before = ev.Before.RFLAGS
	}
	var l []Flag
	for _, bit := range shownFlags {
		l = append(l, Flag{x86.FlagName(bit), c.RFLAGS&bit != 0, (before^c.RFLAGS)&bit != 0})
	}
	return l
}
