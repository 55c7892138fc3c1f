package traps

import "trapline/emu"

// Place is a number for the code that c's next step runs: the linear address,
// and in direct mode, where all micro-steps share one address, the statement
// of the flow. Equal places run the same code.
func (k *Kernel) Place(c *emu.CPU) uint64 {
	pc := c.LinearPC()
	if k.direct == nil || pc != k.direct.step {
		return pc
	}
	st := &k.direct.cpus[c.ID]
	if st.depth == 0 {
		return pc
	}
	f := &st.frames[st.depth-1]
	return pc ^ uint64(f.pc+1)<<32 ^ b2u(f.inCall)<<31
}
