package linux

import (
	"testing"

	"trapline/internal/linux/abi"
	"trapline/internal/rigs/testkit"
)

// Threads, processes and sockets become what their state may lead to, and nothing else.
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

func TestMovesOfSockets(t *testing.T) {
	testkit.Moves(t, tcpStates, func(s sockState) (func(sockState), func() sockState) {
		x := &socket{family: abi.AF_INET, kind: abi.SOCK_STREAM, state: s}
		return x.become, func() sockState { return x.state }
	})
	testkit.Moves(t, otherStates, func(s sockState) (func(sockState), func() sockState) {
		x := &socket{family: abi.AF_UNIX, kind: abi.SOCK_STREAM, state: s}
		return x.become, func() sockState { return x.state }
	})
	testkit.Moves(t, connectPhases, func(p connectPhase) (func(connectPhase), func() connectPhase) {
		x := &socket{phase: p}
		return x.connects, func() connectPhase { return x.phase }
	})
	testkit.WrittenIn(t, "moves.go", "phase")
}
