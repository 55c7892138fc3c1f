package linux

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// What a program sees of the system registers: the processor refuses the
// instructions that store them outside ring 0 (CR4.UMIP; SDM vol. 3, 2.5), and
// the kernel answers most programs' curiosity with values of nothing (umip.c of
// 6.1).
const (
	umipGDT = 0xfffffffffffe0000 // base; on i386 the low half
	umipIDT = 0xffffffffffff0000
	umipCR0 = 0x80050033 // PE, MP, ET, NE, WP, AM, PG
)

// taskSelector is the kernel's task register by architecture.
var taskSelector = map[x86.Arch]uint64{x86.I386: 0x80, x86.AMD64: 0x40}

// umipValue is what the instruction would store, or false if it is none of
// SGDT, SIDT, SMSW, SLDT and STR.
func (k *Kernel) umipValue(in *insn.Inst, width x86.Arch, mm *mm.MM) (b []byte, ok bool) {
	if in.Map != insn.Map0F || in.Vex.Kind != insn.VexNone || !in.HasModRM {
		return nil, false
	}
	var v uint64
	switch key := int(in.Opcode)<<4 | in.Digit(); {
	case (key == 0x010 || key == 0x011) && in.Mod() != 3: // a limit of 0, then the base
		base := uint64(umipGDT)
		if key == 0x011 {
			base = umipIDT
		}
		b = le.AppendUint64(make([]byte, 2, 10), base)
		return b[:2+width.Word()], true
	case key == 0x014:
		v = umipCR0
	case key == 0x000:
		v = uint64(mm.LdtRegister().Sel)
	case key == 0x001:
		v = taskSelector[k.m.Arch]
	default:
		return nil, false
	}
	b = le.AppendUint64(nil, v)
	if in.Mod() != 3 {
		return b[:2], true
	}
	return b[:in.OperandBits/8], true
}

// fixUMIP carries out the instruction behind a #GP if it is one that UMIP
// refuses, and moves the thread behind it (fixup_umip_exception()).
func (k *Kernel) fixUMIP(t *Thread) bool {
	c := t.cpu
	var code [insn.MaxLen]byte
	n := c.Space.Peek(c.LinearPC(), code[:])
	in, err := insn.Decode(code[:n], insn.ModeOf(codeWidth(c)))
	if err != nil {
		return false
	}
	b, ok := k.umipValue(&in, codeWidth(c), t.proc.mm)
	if !ok {
		return false
	}
	if in.Mod() == 3 { // what the operand does not cover stays
		r := x86.Reg(in.RM())
		if in.REX&insn.RexB != 0 {
			r |= 8
		}
		var whole [8]byte
		le.PutUint64(whole[:], c.GPR[r])
		copy(whole[:], b)
		c.GPR[r] = le.Uint64(whole[:])
	} else if va := c.EffectiveAddress(&in); !t.proc.mm.Write(va, b) {
		t.fault(emu.Trap{Vector: x86.VecPF, Kind: emu.Exception}, uint64(emu.PFUser|emu.PFWrite), va,
			sigInfo{signo: abi.SIGSEGV, code: abi.SEGV_MAPERR, addr: va})
		return true
	}
	t.Note(emu.Note{Kind: NoteFault, Text: "UMIP: the kernel stores a value of its own instead of the processor's"})
	c.RIP = codeWidth(c).Mask(c.RIP + uint64(in.Len))
	return true
}

// codeWidth is the width of the code segment that runs.
func codeWidth(c *emu.CPU) x86.Arch {
	if c.Code64 != 0 {
		return x86.AMD64
	}
	return x86.I386
}
