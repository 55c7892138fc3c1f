package walk

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/record"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// kernelSide is a walk through kernel code.
type kernelSide struct {
	*Walk
	guest     *kernelworld.World
	lockWords []lock
}

func newKernelSide(w *Walk, guest *kernelworld.World) *kernelSide {
	k := &kernelSide{Walk: w, guest: guest}
	k.findLocks()
	return k
}

func (w *kernelSide) observe(ev *emu.Event) {
	w.follow(ev)
	w.enter(ev)
}

func (w *kernelSide) kind(ev *emu.Event) record.Kind {
	w.remember(ev)
	for i := range ev.Writes {
		for _, l := range w.lockWords {
			if x := &ev.Writes[i]; x.Addr == l.addr && x.Old != x.New {
				return LockMoved
			}
		}
	}
	return 0
}

func (*kernelSide) vdso() string   { return "" }
func (*kernelSide) counts() string { return kprobes.CountsVersion }

func (*kernelSide) probed(uint64) bool { return true }

func (w *kernelSide) own(_ int, addr uint64) bool { return !w.names.Image.InKernelText(addr) }

func (w *kernelSide) cpu(c *emu.CPU) CPU {
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
	return x
}

func (w *kernelSide) phases() map[int]Phase {
	l := map[int]Phase{}
	for _, c := range w.Run.Machine.CPUs {
		l[c.ID] = w.trail.phase[c.ID]
	}
	return l
}

func (w *kernelSide) gates(ev *emu.Event) []Gate {
	var l []Gate
	k, space := w.guest.Kernel, w.Run.Machine.CPUs[0].Space
	size := uint64(w.Run.Machine.Arch.GateSize())
	base := w.Run.Machine.CPUs[0].Sys.IDTR.Base
	for _, v := range []x86.Vector{x86.VecBP, x86.VecDB, x86.VecGP, x86.VecPF, x86.VecUD, 0x80} {
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

func (w *kernelSide) probes() []Probe {
	var l []Probe
	for i, p := range w.Run.ProbeEnds() {
		x := Probe{ProbeEnd: p}
		if i < len(w.guest.Probes.Probes()) {
			x.Phase = w.phaseOf(w.guest.Probes.Probes()[i].Addr)
		}
		if x.Phase == HitSS && x.State != "lost" {
			x.State = "stepping"
		}
		l = append(l, x)
	}
	return l
}

// awaited are the return probes with the calls whose return they await.
func (w *kernelSide) awaited() []Awaited {
	var l []Awaited
	for i, p := range w.guest.Probes.Probes() {
		to, most := w.guest.Probes.Awaited(i)
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
func (w *kernelSide) phaseOf(addr uint64) Phase {
	best := Away
	for _, c := range w.Run.Machine.CPUs {
		if w.trail.hitting[c.ID] == addr && w.trail.phase[c.ID] > best {
			best = w.trail.phase[c.ID]
		}
	}
	return best
}

func (w *kernelSide) locks(ev *emu.Event) []Lock {
	var l []Lock
	c := w.Run.Machine.CPUs[0]
	for _, k := range w.lockWords {
		v, _ := w.wordOf(c, k.addr, w.Run.Machine.Arch.Word())
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

// lock is a lock word of the modelled kernel.
type lock struct {
	name string
	addr uint64
}

// findLocks takes the kernel variables that are locks by name.
func (w *kernelSide) findLocks() {
	for s := range w.guest.Kernel.Symbols.All() {
		l := w.guest.Kernel.Layout
		if strings.HasSuffix(s.Name, "_lock") && s.Kind != loader.Function && s.Addr >= l.Data && s.Addr < l.Stacks {
			w.lockWords = append(w.lockWords, lock{s.Name, s.Addr})
		}
	}
}

// remember notes where a micro-step is: a line of C has its text. In direct mode one place has many: such
// a place has no name.
func (w *kernelSide) remember(ev *emu.Event) {
	if ev.Micro == nil || ev.Micro.File != "" {
		return
	}
	switch name, known := w.micros[ev.PC]; {
	case known && name != ev.Micro.Name:
		w.micros[ev.PC] = ""
	case !known && len(w.micros) < maxMicros:
		w.micros[ev.PC] = ev.Micro.Name
	}
}

func (*kernelSide) processes(int) []Process { return nil }

func (*kernelSide) vectors(*emu.Event) []Vector { return nil }

func (*kernelSide) output() string { return "" }

func (*kernelSide) inHits(m *Moment) (l []InHit) {
	for _, c := range m.CPUs {
		l = append(l, InHit{ID: c.ID, Name: fmt.Sprintf("cpu%d", c.ID), CPU: c.ID, Phase: c.Phase, Outer: c.Outer})
	}
	return l
}

func (w *kernelSide) code(cpu, n int) []Line {
	c := w.Run.Machine.CPUs[cpu]
	return w.listing(c, w.mode(c), c.LinearPC(), n)
}

// original: a copy that the kernel steps has a name of its own.
func (*kernelSide) original(int) (uint64, bool) { return 0, false }

func (*kernelSide) memory(l []Row, _ *emu.CPU, _ *emu.Event) []Row { return l }
