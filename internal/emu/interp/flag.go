package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// flag prepares CMC, CLC, STC, CLI, STI, CLD, STD, SAHF, LAHF: F5, F8-FD, 9E, 9F.
func flag(o *Op, in *insn.Inst) handler {
	switch in.Opcode {
	case 0x9e:
		return sahf
	case 0x9f:
		return lahf
	case 0xf5:
		return func(c *regs.Core, _ Memory, o *Op) Outcome { c.RFLAGS ^= x86.CF; return o.done(c) }
	case 0xf8:
		return func(c *regs.Core, _ Memory, o *Op) Outcome { c.RFLAGS &^= x86.CF; return o.done(c) }
	case 0xf9:
		return func(c *regs.Core, _ Memory, o *Op) Outcome { c.RFLAGS |= x86.CF; return o.done(c) }
	case 0xfa:
		return cli
	case 0xfb:
		o.shadow = 1
		return sti
	case 0xfc:
		return func(c *regs.Core, _ Memory, o *Op) Outcome { c.RFLAGS &^= x86.DF; return o.done(c) }
	}
	return func(c *regs.Core, _ Memory, o *Op) Outcome { c.RFLAGS |= x86.DF; return o.done(c) }
}

// sahf is SAHF.
func sahf(c *regs.Core, _ Memory, o *Op) Outcome {
	const from = x86.SF | x86.ZF | x86.AF | x86.PF | x86.CF
	c.RFLAGS = c.RFLAGS&^from | c.GPR[x86.RAX]>>8&from
	return o.done(c)
}

// lahf is LAHF.
func lahf(c *regs.Core, _ Memory, o *Op) Outcome {
	c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xff00 | (c.RFLAGS&0xff|x86.FlagsFixed)<<8
	return o.done(c)
}

// mayIO reports whether IOPL allows CLI and STI (P11).
func mayIO(c *regs.Core) bool { return c.CPL <= uint32(c.RFLAGS&x86.IOPL>>12) }

func cli(c *regs.Core, _ Memory, o *Op) Outcome {
	if !mayIO(c) {
		return Protection
	}
	c.RFLAGS &^= x86.IF
	return o.done(c)
}

// sti is STI. The shadow that it leaves holds only if it set IF: the caller knows what IF was.
func sti(c *regs.Core, _ Memory, o *Op) Outcome {
	if !mayIO(c) {
		return Protection
	}
	c.RFLAGS |= x86.IF
	return o.done(c)
}
