package emu

import "trapline/emu/unicorn"

// Context is what a vCPU keeps of the thread it runs, saved while another
// thread has the vCPU. The zero value is not a context: see NewContext.
type Context struct {
	Core
	fpu      []byte // x87 and SSE state; nil: as after reset
	shared   bool   // fpu is also a frozen copy's
	pending  [2]Trap
	nPending int
	heldDR6  uint64
}

// NewContext is the state of a vCPU after reset, in core.
func NewContext(core Core) *Context { return &Context{Core: core} }

// Clone copies a context, as fork does.
func (t *Context) Clone() *Context {
	n := *t
	n.fpu, n.shared = append([]byte(nil), t.fpu...), false
	return &n
}

// Freeze copies a context for a snapshot, at little cost: x87 and SSE state
// are shared until the thread's next SaveContext.
func (t *Context) Freeze() Context {
	t.shared = true
	return *t
}

// ResetFPU puts x87 and SSE state back to that after reset, as execve does.
func (t *Context) ResetFPU() { t.fpu = nil }

// SaveContext copies the running thread's state to t.
func (c *CPU) SaveContext(t *Context) {
	t.Core, t.pending, t.nPending, t.heldDR6 = c.Core, c.pending, c.nPending, c.heldDR6
	if !c.fpuUsed {
		t.fpu, t.shared = nil, false
		return
	}
	if t.fpu == nil || t.shared {
		t.shared = false
		t.fpu = make([]byte, unicorn.ContextSize)
	}
	c.ctx.Save(t.fpu)
}

// LoadContext makes t the running thread's state. The vCPU's Space stays.
func (c *CPU) LoadContext(t *Context) {
	c.Core, c.pending, c.nPending, c.heldDR6 = t.Core, t.pending, t.nPending, t.heldDR6
	switch {
	case t.fpu != nil:
		c.ctx.Load(t.fpu)
	case c.fpuUsed:
		c.ctx.Load(c.initial)
	}
	c.fpuUsed = t.fpu != nil
	c.on = nil
}

// FXSave writes the x87 and SSE state in the layout of FXSAVE (SDM vol. 1,
// 10.5.1; the 64-bit form on AMD64).
func (m *Machine) FXSave(c *CPU, buf *[FXSize]byte) error {
	v, err := c.Space.view(c.User())
	if err != nil {
		return err
	}
	c.on = nil
	return v.eng.FXSave(c.ctx, &c.Core, buf)
}

// FXRestore loads what FXSave wrote. Reserved MXCSR bits are #GP on the
// processor: the caller clears them.
func (m *Machine) FXRestore(c *CPU, buf *[FXSize]byte) error {
	v, err := c.Space.view(c.User())
	if err != nil {
		return err
	}
	c.on = nil
	c.fpuUsed = true
	return v.eng.FXRestore(c.ctx, &c.Core, buf)
}
