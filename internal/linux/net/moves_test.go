package net

import (
	"testing"

	"trapline/internal/linux/abi"
	"trapline/internal/rigs/testkit"
)

// TestMoves: a socket makes the moves of its table and no others.
func TestMoves(t *testing.T) {
	testkit.Moves(t, tcpStates, func(s ConnState) (func(ConnState), func() ConnState) {
		x := &Socket{Family: abi.AF_INET, Kind: abi.SOCK_STREAM, state: s}
		return x.become, func() ConnState { return x.state }
	})
	testkit.Moves(t, otherStates, func(s ConnState) (func(ConnState), func() ConnState) {
		x := &Socket{Family: abi.AF_UNIX, Kind: abi.SOCK_STREAM, state: s}
		return x.become, func() ConnState { return x.state }
	})
	testkit.Moves(t, connectPhases, func(p connectPhase) (func(connectPhase), func() connectPhase) {
		x := &Socket{phase: p}
		return x.connects, func() connectPhase { return x.phase }
	})
	testkit.WrittenIn(t, "moves.go", "state")
	testkit.WrittenIn(t, "moves.go", "phase")
}
