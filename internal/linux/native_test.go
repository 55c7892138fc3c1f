package linux

import (
	"os"
	"syscall"
)

// resultOf is how a process of the host ended.
func resultOf(s *os.ProcessState) Result {
	w := s.Sys().(syscall.WaitStatus)
	if w.Signaled() {
		return Result{Signal: int(w.Signal())}
	}
	return Result{Code: w.ExitStatus()}
}

// same compares how two runs ended, whatever they counted.
func same(a, b Result) bool {
	return a.Bound == b.Bound && a.Code == b.Code && a.Signal == b.Signal
}
