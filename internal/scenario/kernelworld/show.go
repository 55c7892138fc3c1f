package kernelworld

import (
	"fmt"
	"strings"

	"trapline/internal/format"
	"trapline/internal/linux/abi"
	"trapline/internal/scenario/world"
	"trapline/internal/x86"
)

// Show implements world.Shown.
func (w *World) Show(s *format.Step) (string, error) {
	switch s.Verb {
	case "gate":
		return w.gateText(x86.Vector(s.N)), nil
	case "locks":
		return w.locksText(), nil
	case "tasks":
		return w.tasksText(), nil
	}
	return w.Control(s)
}

// gateText decodes an IDT entry from guest memory.
func (w *World) gateText(vec x86.Vector) string {
	g := w.Kernel.Gate(w.Machine.CPUs[0].Space, vec)
	if !g.Present {
		return fmt.Sprintf("gate %d: not present", vec)
	}
	return fmt.Sprintf("gate %d: %s, DPL %d, to %#x:%s", vec, g.TypeName(), g.DPL, g.Selector, w.Names.Addr(g.Offset))
}

// locksText shows the probe lock and who may schedule.
func (w *World) locksText() string {
	var b strings.Builder
	if w.Kernel.HasSymbol("kprobe_lock") {
		env := world.Shows(w, 0)
		owner, _ := env.Memory(w.Symbols.Lock("kprobe_lock"), 0)
		running, _ := env.Memory(w.Symbols.Lock("kprobe_cpu"), 0)
		holder := "free"
		if owner != 0 {
			holder = fmt.Sprintf("held by cpu%d", owner-1)
		}
		fmt.Fprintf(&b, "kprobe_lock %s, kprobe_cpu %d\n", holder, running)
	}
	for _, c := range w.Machine.CPUs {
		fmt.Fprintf(&b, "cpu%d preempt_count %d\n", c.ID, w.Kernel.PreemptCount(w.Machine.Look(), c.ID))
	}
	return b.String()
}

// tasksText shows how each task does and the signals that it got.
func (w *World) tasksText() string {
	var b strings.Builder
	for cpu := range taskCPUs(w.File) {
		fmt.Fprintf(&b, "cpu%d %s", cpu, w.outcome(cpu))
		for sig := range 64 {
			if w.Kernel.Tasks[cpu].Got>>sig&1 != 0 {
				b.WriteString(", got " + abi.SignalName(sig))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Output: kernel code writes none.
func (*World) Output() string { return "" }

// Exit: kernel code has none.
func (*World) Exit() string { return "" }

// Streams: kernel code has none.
func (*World) Streams() (stdout, stderr []byte) { return nil, nil }

// Status: kernel code has none.
func (*World) Status() int { return 0 }
