package litmus

import "trapline/emu"

// Read is the outcome in a state.
func (t *Test) Read(d emu.Door) Outcome { return t.read(d) }
