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
func (s *Session) Collect(d emu.Door, cpu int, do func() error) error {
	d.Touch(s.cells.Loc(valueArray), emu.Writes)
	if s.g.HasText() {
		s.collecting, s.collector = true, cpu
		defer func() { s.collecting = false }()
	}
	return do()
}

// later leaves work to the task that collects. False: nobody does, and it is to be
// done now.
func (s *Session) later(w work) bool {
	if !s.collecting || len(s.work[s.collector]) >= maxWork {
		return false
	}
	s.work[s.collector] = append(slices.Clone(s.work[s.collector]), w)
	return true
}

// NextWork takes the next call that the task on a vCPU has to make: a function of
// the kernel with the address of probe number probe.
func (s *Session) NextWork(cpu int) (function string, probe int, ok bool) {
	for len(s.work[cpu]) > 0 {
		w := s.work[cpu][0]
		s.work[cpu] = s.work[cpu][1:]
		if w.function == unregisterKprobe {
			s.g.Dismiss(w.probe)
		}
		if w.function != "" {
			return w.function, w.probe, true
		}
		s.g.Orphan(w.probe)
	}
	return "", 0, false
}
