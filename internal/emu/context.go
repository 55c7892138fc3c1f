package emu

import (
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// Context is what a vCPU keeps of the thread it runs, saved while another
// thread has the vCPU. The zero value is not a context: see NewContext.
type Context struct {
	Core
	ext      *regs.Extended // nil: as after reset
	shared   bool           // ext is also a frozen copy's
	pending  [2]Trap
	nPending int
	heldDR6  uint64
}

// NewContext is the state of a vCPU after reset, in core.
func NewContext(core Core) *Context { return &Context{Core: core} }

// Clone copies a context, as fork does.
func (t *Context) Clone() *Context {
	n := *t
	n.shared = false
	if t.ext != nil {
		ext := *t.ext
		n.ext = &ext
	}
	return &n
}

// Freeze copies a context for a snapshot, at little cost: x87 and SSE state
// are shared until the thread's next SaveContext.
func (t *Context) Freeze() Context {
	t.shared = true
	return *t
}

// ResetFPU puts x87 and SSE state back to that after reset, as execve does.
func (t *Context) ResetFPU() { t.ext = nil }

// SaveContext copies the running thread's state to t.
func (c *CPU) SaveContext(t *Context) {
	t.Core, t.pending, t.nPending, t.heldDR6 = c.Core, c.pending, c.nPending, c.heldDR6
	if !c.fpuUsed {
		t.ext, t.shared = nil, false
		return
	}
	if t.ext == nil || t.shared {
		t.shared = false
		t.ext = new(regs.Extended)
	}
	*t.ext = *c.extended()
}

// LoadContext makes t the running thread's state. The vCPU's Space stays.
func (c *CPU) LoadContext(t *Context) {
	c.Core, c.pending, c.nPending, c.heldDR6 = t.Core, t.pending, t.nPending, t.heldDR6
	switch {
	case t.ext != nil:
		c.setExtended(t.ext)
	case c.fpuUsed:
		c.setExtended(&resetExtended)
	}
	c.fpuUsed = t.ext != nil
	c.on = nil
}

// FXSave writes the x87 and SSE state in the layout of FXSAVE (SDM vol. 1,
// 10.5.1; the 64-bit form on AMD64).
func (m *Machine) FXSave(c *CPU, buf *[FXSize]byte) {
	c.extended().FXSave(buf, xmmCount(m.Arch), m.Arch == x86.AMD64)
}

// FXRestore loads what FXSave wrote. Reserved MXCSR bits are #GP on the
// processor: the caller clears them.
func (m *Machine) FXRestore(c *CPU, buf *[FXSize]byte) {
	c.changeExtended().FXLoad(buf, xmmCount(m.Arch), m.Arch == x86.AMD64)
}
