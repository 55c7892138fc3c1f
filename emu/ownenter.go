package emu

import "trapline/emu/insn"

// enter runs ENTER (SDM vol. 2): the library misplaces nested frame pointers,
// and writes all of RBP under a 16-bit operand size.
func (m *Machine) enter(c *CPU, in *insn.Inst) *Trap {
	const maxLevel = 31
	size, user := in.OperandBits/8, c.User()
	sp, bp := c.GPR[RSP], c.GPR[RBP]
	push := func(v uint64) *Trap {
		sp = c.stackMask(sp - uint64(size))
		at := c.Space.mask(c.Seg[SS].Base + sp)
		if !c.reachable(at, size) {
			return FaultErr(VecSS, 0)
		}
		return m.Store(c, at, size, v, user, ByInstruction)
	}
	t := push(bp)
	frame := sp
	level := int(in.Imm2) & maxLevel
	for i := 1; i < level && t == nil; i++ {
		bp = c.stackMask(bp - uint64(size))
		var v uint64
		if v, t = m.pop(c, c.Space.mask(c.Seg[SS].Base+bp), size, user); t == nil {
			t = push(v)
		}
	}
	if level > 0 && t == nil {
		t = push(frame)
	}
	if t != nil {
		m.undoWrites(c)
		return t
	}
	c.setGPR(RBP, in.OperandBits, frame)
	c.GPR[RSP] = c.stackMask(sp - uint64(in.Imm))
	return nil
}
