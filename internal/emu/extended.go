package emu

import (
	"sync"

	"trapline/internal/emu/regs"
	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// extendedPlace says where a vCPU's SSE state is up to date: in the machine, in
// the library's context, or in both. The upper halves of YMM registers are the
// machine's only, since the library has no AVX, and so are x87 and MMX, which it
// does not run.
type extendedPlace uint8

const (
	extendedBoth extendedPlace = iota
	extendedHere
	extendedInLibrary
)

// savedContexts are buffers for a context of the library. What is handed to C would be
// allocated and cleared at each crossing.
var savedContexts = sync.Pool{New: func() any { return new([maxContext]byte) }}

// extended is c's state, to be read.
func (c *CPU) extended() *regs.Extended {
	if c.extIn == extendedInLibrary {
		saved := savedContexts.Get().(*[maxContext]byte)
		defer savedContexts.Put(saved)
		var fx [FXSize]byte
		c.ctx.Save(saved[:unicorn.ContextSize])
		unicorn.FXImage(saved[:unicorn.ContextSize], &fx)
		x87 := c.ext.X87
		c.ext.FXLoad(&fx, len(c.ext.YMM), true)
		c.ext.X87 = x87
		c.extIn = extendedBoth
	}
	return &c.ext
}

// changeExtended is c's state, to be changed.
func (c *CPU) changeExtended() *regs.Extended {
	x := c.extended()
	c.extIn, c.fpuUsed = extendedHere, true
	return x
}

// setExtended replaces c's state.
func (c *CPU) setExtended(x *regs.Extended) {
	c.ext, c.extIn = *x, extendedHere
}

// ResetFPU puts x87, SSE and AVX state back to that after reset.
func (c *CPU) ResetFPU() {
	if c.fpuUsed {
		c.setExtended(&resetExtended)
		c.fpuUsed = false
	}
}

// lendExtended brings c's state to the library, whose instructions may change it.
func (c *CPU) lendExtended(e *unicorn.Engine) error {
	if !unicorn.Available() {
		return nil
	}
	c.fpuUsed = true
	if c.extIn == extendedHere {
		var fx [FXSize]byte
		c.ext.FXSave(&fx, len(c.ext.YMM), true)
		if err := e.FXRestore(c.ctx, &c.Core, &fx); err != nil {
			return err
		}
		c.on = nil
	}
	c.extIn = extendedInLibrary
	return nil
}

// MXCSR is SSE's control and status register (SDM vol. 1, 10.2.3).
func (c *CPU) MXCSR() uint32 { return c.extended().MXCSR }

// xmmCount is how many XMM registers code of a can reach.
func xmmCount(a x86.Arch) int {
	if a == x86.I386 {
		return 8
	}
	return 16
}
