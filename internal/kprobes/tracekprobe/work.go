package tracekprobe

import (
	"slices"

	"trapline/internal/emu"
)

// work is what a task's write or module operation has left to a function of the
// kernel: to register or unregister a probe.
type work struct {
	function string // "": the return probe's instances become orphans
	probe    int    // of the manager
}

// Kernel functions that work names.
const (
	registerKprobe   = "register_kprobe"
	unregisterKprobe = "unregister_kprobe"
)

// maxWork bounds what one task has waiting.
const maxWork = 4096

// Collect does what a task on a vCPU does to events or modules, in the step under
// way. Probes are not armed and not taken out: NextWork says by which calls the
// task has to do it.
func (t *Session) Collect(d emu.Door, cpu int, do func() error) error {
	d.Touch(t.cells.Loc(valueArray), emu.Writes)
	if t.g.HasText() {
		t.collecting, t.collector = true, cpu
		defer func() { t.collecting = false }()
	}
	return do()
}

// later leaves work to the task that collects. False: nobody does, and it is to be
// done now.
func (t *Session) later(w work) bool {
	if !t.collecting || len(t.work[t.collector]) >= maxWork {
		return false
	}
	t.work[t.collector] = append(slices.Clone(t.work[t.collector]), w)
	return true
}

// NextWork takes the next call that the task on a vCPU has to make: a function of
// the kernel with the address of probe number probe.
func (t *Session) NextWork(cpu int) (function string, probe int, ok bool) {
	for len(t.work[cpu]) > 0 {
		w := t.work[cpu][0]
		t.work[cpu] = t.work[cpu][1:]
		if w.function == unregisterKprobe {
			t.g.Dismiss(w.probe)
		}
		if w.function != "" {
			return w.function, w.probe, true
		}
		t.g.Orphan(w.probe)
	}
	return "", 0, false
}
