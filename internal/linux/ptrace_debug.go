package linux

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// dr6Reserved are the bits of DR6 that are set when nothing has happened.
const dr6Reserved = 0xffff0ff0

func (t *Thread) debugReg(n int) uint64 {
	switch n {
	case 4, 5:
		return 0
	case 6:
		return t.dr[6] ^ dr6Reserved
	}
	return t.dr[n]
}

// setDebugReg changes a debug register of t (ptrace_set_debugreg()).
func (k *Kernel) setDebugReg(t *Thread, n int, v uint64) int64 {
	switch {
	case n == 4 || n == 5:
		return -EIO
	case n < 4 && v >= k.userEnd():
		return -EINVAL
	case n == 6:
		v ^= dr6Reserved
	case n == 7:
		if !t.validControl(v) {
			return -EINVAL
		}
	}
	t.dr[n] = v
	return 0
}

// validControl checks the breakpoints that a value of DR7 switches on.
func (t *Thread) validControl(v uint64) bool {
	for i := range 4 {
		if v>>(2*i)&3 == 0 {
			continue
		}
		kind, size := v>>(16+4*i)&3, [...]uint64{1, 2, 8, 4}[v>>(18+4*i)&3]
		switch {
		case kind == 2, kind == 0 && size != 1, size == 8 && t.k.m.Arch == x86.I386, t.dr[i]&(size-1) != 0:
			return false
		}
	}
	return true
}

// loadDebugRegs puts a thread's breakpoints onto its vCPU. The others there are the
// kernel's own.
func (t *Thread) loadDebugRegs(c *emu.CPU) {
	for i := range 4 {
		if mine := breakpointBits(i); t.dr[7]&mine&dr7Enables != 0 {
			c.Sys.DR[i] = t.dr[i]
			c.Sys.DR[7] = c.Sys.DR[7]&^mine | t.dr[7]&mine
		}
	}
}

// dropDebugRegs takes them off again.
func (t *Thread) dropDebugRegs() {
	for i := range 4 {
		if mine := breakpointBits(i); t.cpu != nil && t.dr[7]&mine&dr7Enables != 0 {
			t.cpu.Sys.DR[i] = 0
			t.cpu.Sys.DR[7] &^= mine
		}
	}
}

// clearDebugRegs takes a thread's breakpoints away.
func (t *Thread) clearDebugRegs() {
	t.dropDebugRegs()
	t.dr = [8]uint64{}
}

// dr7Enables are DR7's L and G bits (SDM vol. 3, 17.2.4).
const dr7Enables = 0xff

// breakpointBits are the bits of DR7 that are breakpoint i's.
func breakpointBits(i int) uint64 { return 3<<(2*i) | 0xf<<(16+4*i) }

// debugTrap notes in DR6 as its tracer sees it what a #DB was for, and skips an
// instruction's breakpoint once.
func (t *Thread) debugTrap(trap emu.Trap) {
	t.dr[6] = trap.DR6 & (emu.DR6BS | 0xf)
	for i := range 4 {
		if trap.DR6>>i&1 != 0 && t.dr[7]>>(16+4*i)&3 == 0 {
			t.cpu.RFLAGS |= x86.RF
		}
	}
}
