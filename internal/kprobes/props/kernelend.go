package props

import (
	"cmp"
	"slices"

	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Range is memory from Low up to but not including High, linear.
type Range struct{ Low, High uint64 }

// Scope is what of a machine with kprobes counts at its end.
type Scope struct {
	CPUs   []int   // that have a task, ascending
	Memory []Range // code, data, stacks from their pointers up
	// Operates are the vCPUs whose tasks register probes themselves: their
	// registers hold what that left.
	Operates func(cpu int) bool
	// Read reads memory; nil: as vCPU 0 sees it.
	Read func(at uint64, b []byte)
}

// KernelEnd takes the end of a run. The breakpoint of a registered probe counts
// as the byte that it covers.
func KernelEnd(g *kprobes.Manager, s *Scope) *End {
	e := &End{Arch: g.K.M.Arch}
	for _, cpu := range s.CPUs {
		e.Tasks = append(e.Tasks, taskEnd(g.K, cpu, s.Operates != nil && s.Operates(cpu)))
	}
	read := s.Read
	if read == nil {
		read = func(at uint64, b []byte) { g.K.M.CPUs[0].Space.Peek(at, b) }
	}
	for _, r := range s.Memory {
		c := Contents{Addr: r.Low, Bytes: make([]byte, r.High-r.Low)}
		read(r.Low, c.Bytes)
		g.Original(r.Low, c.Bytes)
		e.Memory = append(e.Memory, c)
	}
	slices.SortFunc(e.Memory, func(a, b Contents) int { return cmp.Compare(a.Addr, b.Addr) })
	return e
}

// taskEnd is how the task of a vCPU ended. Nobody can look at the registers of
// one that a signal or an oops ended in the kernel's functions.
func taskEnd(k *traps.Kernel, cpu int, operates bool) TaskEnd {
	c, task := k.M.CPUs[cpu], &k.Tasks[cpu]
	t := TaskEnd{ID: cpu, Who: "cpu" + string(rune('0'+cpu)), Signals: task.Got, Stop: Stop{Text: c.Shutdown}}
	switch {
	case task.Done:
		t.Stop.Kind = Exited
	case task.Killed != 0:
		t.Stop.Kind, t.Stop.Number = Killed, task.Killed
	case task.Oopsed:
		t.Stop.Kind, t.Stop.Number = Oopsed, int(task.OopsVector)
	case c.Shutdown != "":
		t.Stop.Kind = StoppedElse
	case c.Halted:
		t.Stop.Kind, t.Stop.Text = Halted, "halted"
	default:
		t.Stop.Text = "running"
	}
	if !operates && (c.Shutdown == "" || task.Done) {
		core := c.Core
		if k.OwnGS(c) {
			core.Seg[x86.GS].Base = c.Sys.MSR.KernelGSBase // the task's
		}
		t.Registers = NewRegisters(&core, 0, c.FPUHash())
	}
	return t
}
