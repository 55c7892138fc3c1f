package unicorn

import (
	"encoding/binary"

	"trapline/emu/regs"
)

// Context holds what the library keeps of a vCPU beyond Core: x87, SSE and
// internal state. It may run on any Engine. Without the library it is x87 and
// SSE state only.
type Context struct {
	lib context           // nil: the library is not there, or the Context is closed
	fx  [regs.FXSize]byte // without the library: the state, as FXSAVE writes it
}

// NewContext makes a context in e's reset state.
func (e *Engine) NewContext() (*Context, error) {
	c := &Context{}
	if e.lib == nil {
		return c, nil
	}
	var err error
	c.lib, err = e.lib.newContext()
	return c, err
}

// Close frees the context.
func (c *Context) Close() {
	if c.lib != nil {
		c.lib.close()
		c.lib = nil
	}
}

// Save copies the whole context into buf, of ContextSize bytes.
func (c *Context) Save(buf []byte) {
	if c.lib == nil {
		copy(buf[:ContextSize], c.fx[:])
		return
	}
	c.lib.save(buf[:ContextSize])
}

// Load replaces the whole context by buf. The next run must pass load.
func (c *Context) Load(buf []byte) {
	if c.lib == nil {
		copy(c.fx[:], buf[:ContextSize])
		return
	}
	c.lib.load(buf[:ContextSize])
}

// FXSave writes c's x87 and SSE state in FXSAVE's layout (SDM vol. 1, 10.5.1).
func (e *Engine) FXSave(c *Context, core *Core, fx *[regs.FXSize]byte) error {
	if e.lib == nil {
		*fx = c.fx
		return nil
	}
	return e.lib.fxsave(c.lib, core, fx)
}

// FXRestore loads c's x87 and SSE state from FXSAVE's layout. The next run
// must pass load.
func (e *Engine) FXRestore(c *Context, core *Core, fx *[regs.FXSize]byte) error {
	if e.lib == nil {
		c.fx = e.kept(fx)
		return nil
	}
	return e.lib.fxrestore(c.lib, core, fx)
}

// kept is what the library keeps of an image: without the last instruction's
// and operand's addresses, and the registers that the mode has.
func (e *Engine) kept(fx *[regs.FXSize]byte) (k [regs.FXSize]byte) {
	copy(k[:fxTags+1], fx[:])
	copy(k[fxMXCSR:fxMask], fx[fxMXCSR:])
	binary.LittleEndian.PutUint32(k[fxMask:], 0xffff)
	for i := range 8 {
		copy(k[fxST+16*i:][:10], fx[fxST+16*i:])
	}
	xmm := 8
	if e.width == Width64 {
		xmm = 16
	}
	copy(k[fxXMM:][:16*xmm], fx[fxXMM:])
	return k
}

// Where the library's saved context keeps x87 and SSE state, in bytes.
const (
	ctxTop    = 572 // 4 bytes
	ctxStatus = 576
	ctxCtl    = 578
	ctxTags   = 580 // 8 of one byte, 1: empty
	ctxST     = 592 // 8 of 16 bytes, of which 10 count
	ctxMXCSR  = 784
	ctxXMM    = 792 // 32 of 64 bytes, of which 16 can be seen
	ctxXMMLen = 64
)

// Offsets in FXSAVE's layout (SDM vol. 1, table 10-2).
const (
	fxControl = 0
	fxStatus  = 2
	fxTags    = 4
	fxMXCSR   = 24
	fxMask    = 28
	fxST      = 32
	fxXMM     = 160
)

// FXImage writes the x87 and SSE state of a saved context in FXSAVE's layout,
// as FXSave does of a Context: all of it that instructions can see.
func FXImage(saved []byte, fx *[regs.FXSize]byte) {
	if !Available() {
		copy(fx[:], saved)
		return
	}
	le := binary.LittleEndian
	top := le.Uint32(saved[ctxTop:]) & 7
	*fx = [regs.FXSize]byte{}
	le.PutUint16(fx[fxControl:], le.Uint16(saved[ctxCtl:]))
	le.PutUint16(fx[fxStatus:], le.Uint16(saved[ctxStatus:])&^0x3800|uint16(top)<<11)
	for i := range 8 {
		if saved[ctxTags+i] == 0 {
			fx[fxTags] |= 1 << i
		}
		copy(fx[fxST+16*i:][:10], saved[ctxST+16*((int(top)+i)&7):])
	}
	copy(fx[fxMXCSR:fxMask], saved[ctxMXCSR:])
	le.PutUint32(fx[fxMask:], 0xffff)
	for i := range 16 {
		copy(fx[fxXMM+16*i:][:16], saved[ctxXMM+ctxXMMLen*i:])
	}
}
