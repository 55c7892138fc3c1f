package kprobes

import (
	"trapline/internal/emu/insn"
	"trapline/internal/linux/abi"
	"trapline/internal/traps"
)

// Instructions are decoded by the simulator, whose decoder stands for the
// kernel's: what may be boosted is what the 6.1 kernel's can_boost() says (engine
// option modern+boost), what is emulated what its prepare_emulation() says
// (modern+int3); the rest of it is engines/modern (O5).

// boostable0F are the two-byte opcodes that can be boosted: one word a row of
// sixteen opcodes, bit 0 for the row's first.
var boostable0F = [16]uint16{
	0x0: 0x034c, 0x1: 0x8000, 0x2: 0x000f, 0x3: 0x0002, 0x4: 0xffff, 0x5: 0x0000, 0x6: 0xcfff, 0x7: 0xc0f0,
	0x8: 0x0000, 0x9: 0xffff, 0xa: 0xbb3b, 0xb: 0xf8ff, 0xc: 0xff03, 0xd: 0xbb2e, 0xe: 0xbb26, 0xf: 0x772e,
}

func boostable(in *insn.Inst) bool {
	if in.Map == insn.Map0F {
		return boostable0F[in.Opcode>>4]>>(in.Opcode&15)&1 != 0
	}
	if in.Map != insn.OneByte || in.Vex.Kind != insn.VexNone || in.AddrSize || in.Seg == insn.SegCS {
		return false
	}
	switch op := in.Opcode; {
	case op == 0x62, op == 0x9a, op == 0xd6, op == 0xeb, op == 0xfe,
		op >= 0x70 && op <= 0x7f, op == 0xc0, op == 0xc1, op >= 0xcc && op <= 0xce,
		op >= 0xd0 && op <= 0xd3, op >= 0xd8 && op <= 0xdf, op >= 0xe0 && op <= 0xe3,
		op == 0xe8, op == 0xe9, op >= 0xf0 && op <= 0xf4, op == 0xf6, op == 0xf7:
		return false
	case op == 0xff:
		return in.Digit() == 4 // an indirect jump
	}
	return true
}

// prepare is arch_prepare_kprobe(): the copy, and what spares its step.
func (e *perCPU) prepare(x *traps.Exec) abi.Errno {
	var code [copySize]byte
	n := x.M.Peek(x.C.ID, e.addr(x), code[:])
	if n == 0 {
		return abi.EINVAL
	}
	if errno := refusal(code[:n]); errno != 0 && e.chosen("int3") {
		return errno
	}
	e.copyInsn(x)
	in, err := insn.Decode(code[:n], insn.ModeOf(x.M.Arch))
	if err != nil {
		return 0
	}
	way := uint64(0)
	if e.chosen("int3") {
		way = emulation(&in)
	}
	end := e.copyAt(x) + uint64(in.Len)
	switch {
	case e.chosen("boost") && boostable(&in) && e.field(x, e.l.post) == 0 && in.Len+jumpSize <= copySize:
		way |= boostableInsn
		x.M.PokeWord(x.C.Space, end, 1, 0xe9)
		x.M.PokeWord(x.C.Space, end+1, 4, uint64(uint32(e.addr(x)+uint64(in.Len)-end-jumpSize)))
	case e.chosen("int3"):
		x.M.PokeWord(x.C.Space, end, 1, breakpoint)
	}
	x.M.PokeWord(x.C.Space, x.Probe+e.l.opcode+1, 1, uint64(in.Len))
	x.M.PokeWord(x.C.Space, x.Probe+e.l.opcode+2, 1, way)
	return 0
}

const (
	jumpSize      = 5    // bytes of the jump back: E9 and 32 bits
	boostableInsn = 0x80 // AINSN_BOOSTABLE
)

// prepareInsn is the micro-step that decodes: 0 or the negative errno in eax.
func (e *perCPU) prepareInsn(x *traps.Exec) traps.Result {
	errno := e.prepare(x)
	x.Return(uint64(uint32(-int32(errno))))
	if errno != 0 {
		x.Say("O5", "the instruction can neither be emulated nor run out of line: the probe is refused")
	}
	return traps.Next
}

// emulation is how 6.1's prepare_emulation() has the instruction emulated: a
// value of engines/modern/emulate.c, 0 for what is stepped instead.
func emulation(in *insn.Inst) uint64 {
	for i, a := range [...]insn.Attr{insn.Cli | insn.Sti | insn.Pushf | insn.Popf, insn.RetNear | insn.RetFar, insn.CallRel, insn.JmpRel,
		insn.Jcc, insn.Loop | insn.Jcxz, insn.CallInd, insn.JmpInd} {
		if in.Attr().Has(a) && (i < 6 || in.Mod() == 3) {
			return uint64(i + 1)
		}
	}
	return 0
}
