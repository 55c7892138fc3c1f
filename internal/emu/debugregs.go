package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// The library's debug registers never fire (and writing them kills it): the
// machine keeps and checks them itself (SDM vol. 3, 17.2; P12).

// drEnabled reports whether breakpoint i is on, by its L or G bit.
func (c *CPU) drEnabled(i int) bool { return c.Sys.DR[7]>>(2*i)&3 != 0 }

// drKind is DR7.R/Wi: 0 execute, 1 write, 2 I/O, 3 read or write.
func (c *CPU) drKind(i int) uint64 { return c.Sys.DR[7] >> (16 + 4*i) & 3 }

// drLen is the breakpoint's length in bytes from DR7.LENi.
func (c *CPU) drLen(i int) uint64 {
	return [...]uint64{1, 2, 8, 4}[c.Sys.DR[7]>>(18+4*i)&3]
}

// executeBreakpoint gives the #DB fault of an execute breakpoint at RIP; RF
// skips it once, and MOV SS or POP SS just before acts as RF does (P7, P12).
func (c *CPU) executeBreakpoint() *Trap {
	if c.Sys.DR[7]&0xff == 0 || c.RFLAGS&x86.RF != 0 || c.Shadow == shadowMovSS {
		return nil
	}
	var hit uint64
	for i := range 4 {
		if c.drEnabled(i) && c.drKind(i) == 0 && c.Sys.DR[i] == c.LinearPC() {
			hit |= 1 << i
		}
	}
	if hit == 0 {
		return nil
	}
	return &Trap{Vector: x86.VecDB, Kind: Exception, DR6: hit}
}

// dataBreakpoints gives the DR6 bits of the data breakpoints that the
// accesses of one instruction met.
func (c *CPU) dataBreakpoints(reads []MemRead, writes []MemWrite) uint64 {
	if c.Sys.DR[7]&0xff == 0 {
		return 0
	}
	var hit uint64
	for i := range 4 {
		k := c.drKind(i)
		if !c.drEnabled(i) || k == 0 || k == 2 {
			continue
		}
		n := c.drLen(i)
		lo := c.Sys.DR[i] &^ (n - 1)
		for _, w := range writes {
			if w.Addr < lo+n && lo < w.Addr+uint64(w.Size) {
				hit |= 1 << i
			}
		}
		for _, r := range reads {
			if k == 3 && r.Addr < lo+n && lo < r.Addr+uint64(r.Size) {
				hit |= 1 << i
			}
		}
	}
	return hit
}

// debugInsn runs MOV to and from DRn in ring 0 (P12). DR4 and DR5 are DR6 and
// DR7, but do not exist with CR4.DE; DR7.GD makes every access a #DB (SDM vol.
// 3, 17.2.2, 17.2.4).
func (m *Machine) debugInsn(c *CPU, in *insn.Inst) *Trap {
	n := int(regReg(in))
	switch {
	case n > 7, n&^1 == 4 && c.Sys.CR4&CR4DE != 0:
		return Fault(x86.VecUD)
	case n&^1 == 4:
		n += 2
	}
	if c.Sys.DR[7]&DR7GD != 0 {
		return &Trap{Vector: x86.VecDB, Kind: Exception, DR6: DR6BD}
	}
	if in.Opcode == 0x21 {
		c.GPR[rmReg(in)] = c.Sys.DR[n]
		return nil
	}
	v := c.GPR[rmReg(in)]
	switch {
	case n == 6:
		if v>>32 != 0 {
			return FaultErr(x86.VecGP, 0)
		}
		v = v&0xe00f | DR6Fixed
	case n == 7:
		if v>>32 != 0 {
			return FaultErr(x86.VecGP, 0)
		}
		v = v&^0xd800 | DR7Fixed
	}
	c.Sys.DR[n] = v
	return nil
}
