package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// StackMask is the width of the stack pointer: that of 64-bit mode, else SS.B's (SDM vol. 1, 6.2.3).
func StackMask(c *regs.Core) uint64 {
	const big = 1 << 22
	switch {
	case c.Code64 != 0:
		return ^uint64(0)
	case c.Seg[x86.SS].Flags&big != 0:
		return 0xffffffff
	}
	return 0xffff
}

// moveSP is the stack pointer register moved by n bytes: a 16-bit one leaves the upper half of ESP.
func moveSP(c *regs.Core, n uint64) uint64 { return setSP(c, c.GPR[x86.RSP]+n) }

// setSP is the stack pointer register with the offset v.
func setSP(c *regs.Core, v uint64) uint64 {
	w := StackMask(c)
	if w == 0xffff {
		return c.GPR[x86.RSP]&^w | v&w
	}
	return v & w
}

// push stores v below the stack pointer, which then is sp.
func (o *Op) push(c *regs.Core, m Memory, v uint64) (sp uint64, ok bool) {
	sp = moveSP(c, -uint64(o.size))
	return sp, m.Store(x86.SS, sp&StackMask(c), o.size, v&o.mask)
}

// top loads the word at the stack pointer, which behind it is sp.
func (o *Op) top(c *regs.Core, m Memory) (v, sp uint64, ok bool) {
	v, ok = m.Load(x86.SS, c.GPR[x86.RSP]&StackMask(c), o.size)
	return v, moveSP(c, uint64(o.size)), ok
}

// pushes prepares PUSH: 50-57, 68, 6A, FF /6, and of segment registers 06, 0E, 16, 1E, 0F A0, 0F A8.
func pushes(o *Op, in *insn.Inst) handler {
	switch op := in.Opcode; {
	case in.Map == insn.Map0F:
		o.code = x86.FS + op>>3&1
		return pushSeg
	case op < 0x20:
		o.code = op >> 3
		return pushSeg
	case op == 0x68, op == 0x6a:
		return pushImm
	}
	return pushRM
}

func pushRM(c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := o.load(c, m)
	if !ok {
		return Refused
	}
	return o.pushValue(c, m, v)
}

func pushImm(c *regs.Core, m Memory, o *Op) Outcome { return o.pushValue(c, m, o.imm) }

// pushSeg pushes a selector, zero-extended to the operand size.
func pushSeg(c *regs.Core, m Memory, o *Op) Outcome {
	return o.pushValue(c, m, uint64(c.Seg[o.code].Sel)&0xffff)
}

func (o *Op) pushValue(c *regs.Core, m Memory, v uint64) Outcome {
	sp, ok := o.push(c, m, v)
	if !ok {
		return Refused
	}
	c.GPR[x86.RSP] = sp
	return o.done(c)
}

// pop is POP of a register or of memory: 58-5F, 8F. An address made with the stack pointer takes it as it is
// after the pop.
func pop(c *regs.Core, m Memory, o *Op) Outcome {
	v, sp, ok := o.top(c, m)
	if !ok {
		return Refused
	}
	old := c.GPR[x86.RSP]
	c.GPR[x86.RSP] = sp
	if !o.store(c, m, v) {
		c.GPR[x86.RSP] = old
		return Refused
	}
	return o.done(c)
}

// pusha is PUSHA and PUSHAD: EAX first, the stack pointer as it was before.
func pusha(c *regs.Core, m Memory, o *Op) Outcome {
	sp := c.GPR[x86.RSP]
	for i := range uint64(8) {
		at := (sp - (i+1)*uint64(o.size)) & StackMask(c)
		if !m.Store(x86.SS, at, o.size, c.GPR[i]&o.mask) {
			return Refused
		}
	}
	c.GPR[x86.RSP] = moveSP(c, -(8 * uint64(o.size)))
	return o.done(c)
}

// popa is POPA and POPAD: the stack pointer's word is passed over.
func popa(c *regs.Core, m Memory, o *Op) Outcome {
	r := c.GPR
	for i := range uint64(8) {
		n := 7 - i
		if x86.Reg(n) == x86.RSP {
			continue
		}
		v, ok := m.Load(x86.SS, (c.GPR[x86.RSP]+i*uint64(o.size))&StackMask(c), o.size)
		if !ok {
			return Refused
		}
		r[n] = r[n]&keepOf(o.size) | v
	}
	r[x86.RSP] = moveSP(c, 8*uint64(o.size))
	c.GPR = r
	return o.done(c)
}

// pushf is PUSHF, PUSHFD, PUSHFQ: the image has VM and RF clear, TF as it is (P10).
func pushf(c *regs.Core, m Memory, o *Op) Outcome {
	return o.pushValue(c, m, c.RFLAGS&^(x86.VM|x86.RF))
}

// popf is POPF, POPFD, POPFQ: IF by CPL <= IOPL, IOPL in ring 0 only; VM, VIF, VIP stay and RF goes.
func popf(c *regs.Core, m Memory, o *Op) Outcome {
	image, sp, ok := o.top(c, m)
	if !ok {
		return Refused
	}
	may := x86.FlagsStatus | x86.TF | x86.DF | x86.NT
	if o.size > 2 {
		may |= x86.AC | x86.ID
	}
	if c.CPL == 0 {
		may |= x86.IOPL
	}
	if c.CPL <= uint32(c.RFLAGS&x86.IOPL>>12) {
		may |= x86.IF
	}
	c.RFLAGS = c.RFLAGS&^(may|x86.RF) | image&may | x86.FlagsFixed
	c.GPR[x86.RSP] = sp
	return o.done(c)
}

// enter is ENTER. The new top of the stack must be writable.
func enter(c *regs.Core, m Memory, o *Op) Outcome {
	size, mask := uint64(o.size), StackMask(c)
	sp, bp := c.GPR[x86.RSP], c.GPR[x86.RBP]
	push := func(v uint64) bool {
		sp -= size
		return m.Store(x86.SS, sp&mask, o.size, v&o.mask)
	}
	if !push(bp) {
		return Refused
	}
	frame, level := sp, o.code
	for i := uint8(1); i < level; i++ {
		bp -= size
		v, ok := m.Load(x86.SS, bp&mask, o.size)
		if !ok || !push(v) {
			return Refused
		}
	}
	if level > 0 && !push(frame) {
		return Refused
	}
	sp = setSP(c, sp-o.imm)
	if !m.Probe(x86.SS, sp&mask, o.size, true) {
		return Refused
	}
	c.GPR[x86.RBP] = c.GPR[x86.RBP]&keepOf(o.size) | frame&o.mask&mask
	c.GPR[x86.RSP] = sp
	return o.done(c)
}

// leave is LEAVE.
func leave(c *regs.Core, m Memory, o *Op) Outcome {
	bp := c.GPR[x86.RBP]
	v, ok := m.Load(x86.SS, bp&StackMask(c), o.size)
	if !ok {
		return Refused
	}
	c.GPR[x86.RSP] = setSP(c, bp+uint64(o.size))
	c.GPR[x86.RBP] = c.GPR[x86.RBP]&keepOf(o.size) | v
	return o.done(c)
}
