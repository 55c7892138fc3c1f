package linux

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"trapline/internal/linux/abi"
)

// Bound names the limit that ended a run.
type Bound string

// Bounds of a run.
const (
	NoBound       Bound = ""
	BoundSteps    Bound = "steps"
	BoundTime     Bound = "time" // the deadline of Run's context
	BoundMemory   Bound = "memory"
	BoundOutput   Bound = "output"
	BoundInput    Bound = "input"    // MaxInput
	BoundDeadlock Bound = "deadlock" // every thread waits for another
	BoundCanceled Bound = "canceled" // by Run's context
)

// Result is how a run ended.
type Result struct {
	Bound   Bound // NoBound: the first process ended by itself
	Code    int   // exit status of the first process
	Signal  int   // the signal that killed it, or 0
	Steps   uint64
	Unknown []UnknownCall
}

// ExitStatus is the status a shell would show: the code, or 128 plus the signal.
func (r Result) ExitStatus() int {
	if r.Signal != 0 {
		return 128 + r.Signal
	}
	return r.Code
}

// String says how the run ended: "exit 1", "SIGSEGV", "bound: steps".
func (r Result) String() string {
	switch {
	case r.Bound != NoBound:
		return fmt.Sprintf("stopped after %d instructions, bound reached: %s", r.Steps, r.Bound)
	case r.Signal != 0:
		return "killed by " + abi.SignalName(r.Signal)
	}
	return fmt.Sprintf("exit %d", r.Code)
}

// UnknownCall counts the uses of a system call that is missing and was answered ENOSYS.
type UnknownCall struct {
	Name   string // as "syscall_0x1ff" where Linux has none
	Compat bool   // a number of i386
	Number int
	Count  int
}

// unknownCall is the number of such a call.
type unknownCall struct {
	compat bool
	nr     int
}

// unknownCalls lists them in order, x86-64's first.
func (k *Kernel) unknownCalls() []unknownCall {
	return slices.SortedFunc(maps.Keys(k.unknown), func(a, b unknownCall) int {
		if a.compat != b.compat {
			return cmp.Compare(oneIf(a.compat), oneIf(b.compat))
		}
		return cmp.Compare(a.nr, b.nr)
	})
}

func (k *Kernel) stop(b Bound) {
	if k.bound == NoBound {
		k.bound = b
	}
}

// Result is the outcome so far.
func (k *Kernel) Result() Result {
	r := Result{Bound: k.bound, Steps: k.steps}
	if p := k.lastProgram(); p != nil && p.isZombie() {
		r.Signal = p.status & 0x7f
		r.Code = p.status >> 8 & 0xff
	}
	for _, u := range k.unknownCalls() {
		r.Unknown = append(r.Unknown, UnknownCall{callName(!u.compat, u.nr), u.compat, u.nr, k.unknown[u]})
	}
	return r
}
