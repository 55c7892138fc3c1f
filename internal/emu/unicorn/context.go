package unicorn

import (
	"encoding/binary"

	"trapline/internal/emu/regs"
)

// Context holds what the library keeps of a vCPU beyond Core: x87, SSE and
// internal state. It may run on any Engine. Without the library it holds nothing.
type Context struct {
	lib context // nil: the library is not there, or the Context is closed
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
func (c *Context) Save(buf []byte) { c.lib.save(buf[:ContextSize]) }

// Load replaces the whole context by buf. The next run must pass load.
func (c *Context) Load(buf []byte) { c.lib.load(buf[:ContextSize]) }

// FXSave writes c's x87 and SSE state in FXSAVE's layout (SDM vol. 1, 10.5.1).
func (e *Engine) FXSave(c *Context, core *Core, fx *[regs.FXSize]byte) error {
	return e.lib.fxsave(c.lib, core, fx)
}

// FXRestore loads c's x87 and SSE state from FXSAVE's layout. The next run
// must pass load.
func (e *Engine) FXRestore(c *Context, core *Core, fx *[regs.FXSize]byte) error {
	return e.lib.fxrestore(c.lib, core, fx)
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

// FXImage writes the x87 and SSE state of a saved context in FXSAVE's layout,
// as FXSave does of a Context: all of it that instructions can see.
func FXImage(saved []byte, fx *[regs.FXSize]byte) {
	le := binary.LittleEndian
	top := le.Uint32(saved[ctxTop:]) & 7
	*fx = [regs.FXSize]byte{}
	le.PutUint16(fx[regs.FXControl:], le.Uint16(saved[ctxCtl:]))
	le.PutUint16(fx[regs.FXStatus:], le.Uint16(saved[ctxStatus:])&^0x3800|uint16(top)<<11)
	for i := range 8 {
		if saved[ctxTags+i] == 0 {
			fx[regs.FXTags] |= 1 << i
		}
		copy(fx[regs.FXST+16*i:][:10], saved[ctxST+16*((int(top)+i)&7):])
	}
	copy(fx[regs.FXMXCSR:regs.FXMXCSRMask], saved[ctxMXCSR:])
	le.PutUint32(fx[regs.FXMXCSRMask:], regs.MXCSRMask)
	for i := range 16 {
		copy(fx[regs.FXXMM+16*i:][:16], saved[ctxXMM+ctxXMMLen*i:])
	}
}
