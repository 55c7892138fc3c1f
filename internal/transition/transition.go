// Package transition refuses what a state machine does not do: moves from one of its states to
// another that its table does not have.
package transition

import (
	"fmt"
	"slices"
)

// State is a machine's state.
type State interface {
	~uint8
	fmt.Stringer
}

// Table lists, for each state, those that may follow it.
type Table[S State] [][]S

// Next is to, which a machine in the state from becomes. It panics where the table does not have the move: that is a
// mistake of whoever makes it. what names the machine: "uprobes: a hit".
func (t Table[S]) Next(what string, from, to S) S {
	if !slices.Contains(t[from], to) {
		panic(fmt.Sprintf("%s that is %s cannot become %s", what, from, to))
	}
	return to
}
