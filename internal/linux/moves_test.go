package linux

import (
	"testing"

	"trapline/internal/rigs/testkit"
)

// Threads and processes become what their state may lead to, and nothing else.
func TestMovesOfThreadsAndProcesses(t *testing.T) {
	testkit.Moves(t, threadStates, func(s threadState) (func(threadState), func() threadState) {
		x := &Thread{state: s}
		return x.become, func() threadState { return x.state }
	})
	testkit.Moves(t, processStates, func(s processState) (func(processState), func() processState) {
		x := &Process{state: s}
		return x.become, func() processState { return x.state }
	})
	testkit.WrittenIn(t, "moves.go", "state")
}
