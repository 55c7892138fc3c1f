package litmus

import (
	"trapline/internal/emu"
)

// Read is the outcome in a state.
func (t *Test) Read(d emu.Door) Outcome { return t.read(d) }

// Expression is a test's formula as scenarios write it.
func (t *Test) Expression() string { return t.Condition.Formula.expression() }

// Source is a thread's instructions in AT&T syntax, with its registers' initial
// values and its labels.
func (t *Test) Source(thread int) []string {
	e := t.encodeThread(thread, func(string) uint64 { return 0 })
	var list []string
	for _, l := range e.lines[:len(e.lines)-1] { // RET
		for name, offset := range e.labels {
			if offset == l.offset {
				list = append(list, name+":")
			}
		}
		list = append(list, l.text)
	}
	return list
}
