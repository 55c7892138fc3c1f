//go:build unicorn && cgo && linux && amd64

package interp_test

import (
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/x86"
)

// clash is one difference between this package and the library.
type clash struct {
	*trial
	got, want interp.Outcome
	what      string
	crosses   bool // an access lies on two pages
}

// is reports whether the instruction is one of these opcodes of a map, without VEX.
func (x *clash) is(m insn.Map, opcodes ...byte) bool {
	if x.in.Map != m || x.in.Vex.Kind != insn.VexNone {
		return false
	}
	for _, op := range opcodes {
		if x.in.Opcode == op {
			return true
		}
	}
	return false
}

// knownClashes are the kinds of differences in which the processor decides against the library.
var knownClashes = []struct {
	reason string
	match  func(*clash) bool
}{
	{"MOVBE is missing", func(x *clash) bool {
		return x.is(insn.Map0F38, 0xf0, 0xf1) && !x.in.Repne && x.want == interp.Undefined
	}},
	{"POPCNT is missing", func(x *clash) bool { return x.is(insn.Map0F, 0xb8) && x.want == interp.Undefined }},
	{"a REX byte before a legacy prefix is obeyed", func(x *clash) bool { return x.in.VoidREX }},
	{"a near branch goes to a non-canonical address, or beyond the limit", func(x *clash) bool {
		return x.got == interp.Protection && x.want == interp.Done && x.in.Attr().Has(insn.RelBranch|insn.CallRel|insn.CallInd|insn.JmpInd|insn.RetNear)
	}},
	{"RET's immediate is taken as signed", func(x *clash) bool { return x.is(insn.OneByte, 0xc2) && x.in.Imm >= 0x8000 }},
	{"PAUSE adds the code segment's base to EIP", func(x *clash) bool { return x.in.Attr().Has(insn.Pause) && x.before.Seg[x86.CS].Base != 0 }},
	{"CRC32 of 16-bit code takes 32 bits", func(x *clash) bool {
		return x.is(insn.Map0F38, 0xf1) && x.in.Repne && x.in.Mode == insn.Mode16
	}},
	{"VEX is undefined in 16-bit code", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && x.in.Mode == insn.Mode16 && x.want == interp.Undefined
	}},
	{"VEX.B and the top bit of VEX.vvvv count in 32-bit mode", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && !x.in.Mode.Is64() && (x.code[1]&0x20 == 0 || x.code[2]&0x40 == 0)
	}},
	{"PEXT and PDEP take the mask for the source", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && x.in.Map == insn.Map0F38 && x.in.Opcode == 0xf5 && x.in.Vex.PP >= 2
	}},
	{"BLSI's carry is inverted", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && x.in.Map == insn.Map0F38 && x.in.Opcode == 0xf3 && x.in.Digit() == 3
	}},
	{"PUSHF pushes the stepping flag and RF", func(x *clash) bool { return x.is(insn.OneByte, 0x9c) }},
	{"PUSHA stores from the lowest address up", func(x *clash) bool { return x.is(insn.OneByte, 0x60) }},
	{"SAHF and LAHF with REX take SPL for AH", func(x *clash) bool { return x.is(insn.OneByte, 0x9e, 0x9f) && x.in.REX != 0 }},
	{"ENTER misplaces nested frames and writes RBP in full", func(x *clash) bool { return x.is(insn.OneByte, 0xc8) }},
	{"SHLD and SHRD of memory lose a bit", func(x *clash) bool {
		return x.is(insn.Map0F, 0xa4, 0xa5, 0xac, 0xad) && x.in.HasMemory()
	}},
	{"shifts of memory by CL lose a bit", func(x *clash) bool {
		return x.is(insn.OneByte, 0xd2, 0xd3) && x.in.HasMemory()
	}},
	{"CMPXCHG of 32 bits clears upper halves", func(x *clash) bool {
		return x.is(insn.Map0F, 0xb1) && x.in.OperandBits == 32 && x.in.Mode.Is64()
	}},
	{"BZHI and BEXTR of as many bits as the operand has, or more, lose the top one", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && x.in.Map == insn.Map0F38 && (x.in.Opcode == 0xf5 || x.in.Opcode == 0xf7) && x.in.Vex.PP == 0
	}},
	{"TEST's second encoding is undefined", func(x *clash) bool {
		return x.is(insn.OneByte, 0xf6, 0xf7) && x.in.Digit() == 1 && x.want == interp.Undefined
	}},
	{"prefetches of a register are undefined", func(x *clash) bool { return x.is(insn.Map0F, 0x18) && x.want == interp.Undefined }},
	{"MOV of an immediate counts REX.R as part of the opcode", func(x *clash) bool {
		return x.is(insn.OneByte, 0xc6, 0xc7) && x.in.REX&insn.RexR != 0 && x.want == interp.Undefined
	}},
	{"RORX of a RIP-relative operand reads a byte below it", func(x *clash) bool {
		return x.in.Vex.Kind != insn.VexNone && x.in.Map == insn.Map0F3A && x.in.RIPRelative
	}},
	{"66 beside F2 or F3 chooses the instruction", func(x *clash) bool {
		return x.in.OpSize && (x.in.Rep || x.in.Repne) && x.is(insn.Map0F38, 0xf0, 0xf1, 0xf6)
	}},
	{"of F2 and F3 the first counts, or F3", func(x *clash) bool { return x.in.VoidRep }},
	{"ARPL stores what it does not change", func(x *clash) bool { return !x.in.Mode.Is64() && x.is(insn.OneByte, 0x63) }},
	{"CS, DS, ES, SS overrides undo one of FS or GS in 64-bit mode", func(x *clash) bool {
		return x.in.VoidSeg
	}},
	{"BSWAP of 16 bits swaps 32", func(x *clash) bool { return x.in.Map == insn.Map0F && x.in.Opcode&^7 == 0xc8 && x.in.OperandBits == 16 }},
	{"an access across two pages is noted in pieces too", func(x *clash) bool { return strings.HasPrefix(x.what, "accesses") && x.crosses }},
	{"a code segment can be written", func(x *clash) bool {
		return !x.in.Mode.Is64() && x.in.Seg == insn.SegCS && x.got == interp.Refused && x.want == interp.Done
	}},
	{"a near branch through memory with 66 reads 8 bytes of which 2 count", func(x *clash) bool {
		return x.in.Mode.Is64() && x.in.OperandBits == 16 && x.is(insn.OneByte, 0xff) && (x.in.Digit() == 2 || x.in.Digit() == 4)
	}},
	{"CLFLUSH does not fault", func(x *clash) bool { return x.is(insn.Map0F, 0xae) && x.got == interp.Refused }},
	{"LOCK NEG has the operand's flags", func(x *clash) bool {
		return x.is(insn.OneByte, 0xf6, 0xf7) && x.in.Digit() == 3 && x.in.Lock
	}},
}
