package traps

import (
	"math"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Place is a number for the code that c's next step runs: the linear address,
// and in direct mode, where all micro-steps share one address, the statement
// of the flow. Equal places run the same code on the same kind of stack.
func (k *Kernel) Place(c *emu.CPU) uint64 {
	return k.place(c) ^ k.onStack(c)<<stackShift
}

// stackShift is where places have the number of an exception's stack: over bits that
// are those of the sign in every address.
const stackShift = 60

// onStack is the number in the TSS of the exception's stack in which c's stack
// pointer is, or 0.
func (k *Kernel) onStack(c *emu.CPU) uint64 {
	at := c.GPR[x86.RSP] - k.stacksAt - uint64(c.ID)*exceptionMax*exceptionSize
	if k.stacksAt == 0 || at >= exceptionMax*exceptionSize {
		return 0
	}
	return at/exceptionSize + 1
}

// CodeAt is a place without what it says of the stack: an address, or for PlaceName.
func (k *Kernel) CodeAt(place uint64) uint64 {
	if k.stacksAt == 0 {
		return place
	}
	return uint64(int64(place<<(64-stackShift)) >> (64 - stackShift))
}

func (k *Kernel) place(c *emu.CPU) uint64 {
	pc := c.LinearPC()
	if k.direct == nil || pc != k.direct.step {
		return pc
	}
	st := &k.direct.cpus[c.ID]
	if st.depth == 0 {
		return pc
	}
	f := &st.frames[st.depth-1]
	return pc ^ uint64(f.pc+1)<<32 ^ emu.B2U(f.inCall)<<31
}

// PlaceName names a place of direct mode by its micro-step, such as "lock_kprobes of
// kprobe_handler"; "": the place is an address.
func (k *Kernel) PlaceName(at uint64) string {
	if k.direct == nil {
		return ""
	}
	const inCall = 1 << 31
	x := k.CodeAt(at) ^ k.direct.step
	i := int(x>>32) - 1
	if x&^inCall&math.MaxUint32 != 0 || i < 0 || i >= len(k.direct.flow.code) {
		return ""
	}
	s := &k.direct.flow.code[i]
	name := s.label
	switch {
	case x&inCall != 0:
		name = "handler_returned"
	case s.kind == stHandler:
		name = "call_handler"
	}
	if s.in == "" {
		return name
	}
	return name + " of " + s.in
}
