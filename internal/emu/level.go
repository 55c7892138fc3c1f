package emu

import (
	"fmt"

	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// Level says which extensions a machine's processor has, after the levels of the
// x86-64 psABI (1.0, table 3.1): CPUID shows them, and the instructions of others
// are #UD.
type Level uint8

// Levels.
const (
	DefaultLevel Level = iota // V2
	V1                        // up to SSE2
	V2                        // up to SSE4.2; AES, MOVBE, BMI, LZCNT and ADX too
	V3                        // AVX, AVX2, FMA, F16C; PCLMULQDQ, SHA and XSAVE too
)

// ParseLevel finds a level by its name.
func ParseLevel(name string) (Level, error) {
	switch name {
	case "v1":
		return V1, nil
	case "v2":
		return V2, nil
	case "v3":
		return V3, nil
	}
	return 0, fmt.Errorf("no level %q; expected v1, v2 or v3", name)
}

func (l Level) String() string {
	if l == DefaultLevel {
		l = V2
	}
	return fmt.Sprintf("v%d", int(l))
}

// extension is a set of instructions that CPUID tells of in one bit.
type extension uint8

const (
	baseline extension = iota
	extSSE3
	extPCLMUL
	extSSSE3
	extFMA
	extCX16
	extSSE41
	extSSE42
	extMOVBE
	extPOPCNT
	extAES
	extXSAVE
	extAVX
	extF16C
	extBMI1
	extAVX2
	extBMI2
	extADX
	extSHA
	extLAHF
	extLZCNT
	absent // of no level
)

// extensions has for each the level that it begins with, and its bit in CPUID
// (SDM vol. 2, CPUID): the leaf, and the register as RAX to RDX are numbered.
var extensions = [absent]struct {
	from Level
	leaf uint32
	reg  x86.Reg
	bit  uint8
}{
	extSSE3:   {V2, 1, x86.RCX, 0},
	extPCLMUL: {V3, 1, x86.RCX, 1},
	extSSSE3:  {V2, 1, x86.RCX, 9},
	extFMA:    {V3, 1, x86.RCX, 12},
	extCX16:   {V2, 1, x86.RCX, 13},
	extSSE41:  {V2, 1, x86.RCX, 19},
	extSSE42:  {V2, 1, x86.RCX, 20},
	extMOVBE:  {V2, 1, x86.RCX, 22},
	extPOPCNT: {V2, 1, x86.RCX, 23},
	extAES:    {V2, 1, x86.RCX, 25},
	extXSAVE:  {V3, 1, x86.RCX, 26},
	extAVX:    {V3, 1, x86.RCX, 28},
	extF16C:   {V3, 1, x86.RCX, 29},
	extBMI1:   {V2, cpuidStructured, x86.RBX, 3},
	extAVX2:   {V3, cpuidStructured, x86.RBX, 5},
	extBMI2:   {V2, cpuidStructured, x86.RBX, 8},
	extADX:    {V2, cpuidStructured, x86.RBX, 19},
	extSHA:    {V3, cpuidStructured, x86.RBX, 29},
	extLAHF:   {V2, cpuidExtendedBase + 1, x86.RCX, 0},
	extLZCNT:  {V2, cpuidExtendedBase + 1, x86.RCX, 5},
}

// has reports whether a processor of level l has an extension.
func (l Level) has(x extension) bool {
	if l == DefaultLevel {
		l = V2
	}
	return x != absent && extensions[x].from <= l
}

// features are the bits of a CPUID register that the level's extensions set.
func (l Level) features(leaf uint32, reg x86.Reg) (bits uint32) {
	for i, x := range extensions {
		if x.leaf == leaf && x.reg == reg && l.has(extension(i)) {
			bits |= 1 << x.bit
		}
	}
	return bits
}

// extensionOf finds the extension of an instruction.
func extensionOf(in *insn.Inst) extension {
	if in.Vex.Kind == insn.Evex {
		return absent
	}
	if in.Vex.Kind != insn.VexNone {
		return vexExtension(in)
	}
	switch in.Map {
	case insn.OneByte:
		if in.Opcode&^1 == 0x9e && in.Mode.Is64() { // SAHF, LAHF
			return extLAHF
		}
	case insn.Map0F:
		return map0FExtension(in)
	case insn.Map0F38:
		return map0F38Extension(in)
	case insn.Map0F3A:
		return map0F3AExtension(in)
	}
	return baseline
}

func vexExtension(in *insn.Inst) extension {
	if in.Attr().Has(insn.AVX) {
		return extAVX // a level has AVX2, FMA and F16C with it
	}
	if in.Map == insn.Map0F38 && (in.Opcode == 0xf2 || in.Opcode == 0xf3 || in.Opcode == 0xf7 && in.Vex.PP == 0) {
		return extBMI1 // ANDN; BLSR, BLSMSK, BLSI; BEXTR
	}
	return extBMI2
}

func map0FExtension(in *insn.Inst) extension {
	switch op := in.Opcode; {
	case op == 0x2b && (in.Rep || in.Repne): // MOVNTSS, MOVNTSD: SSE4A
		return absent
	case op == 0x78, op == 0x79: // EXTRQ, INSERTQ: SSE4A; VMREAD, VMWRITE
		return absent
	case op == 0x12 && (in.Rep || in.Repne), op == 0x16 && in.Rep, op == 0x7c, op == 0x7d, op == 0xd0, op == 0xf0:
		return extSSE3
	case op == 0xb8:
		return extPOPCNT
	case op == 0xae && in.HasMemory() && in.Digit() >= 4 && in.Digit() <= 6:
		return extXSAVE
	case op == 0x01 && (in.ModRM == 0xd0 || in.ModRM == 0xd1):
		return extXSAVE
	case op == 0xc7 && in.HasMemory():
		switch {
		case in.Digit() == 4:
			return extXSAVE
		case in.Digit() == 1 && in.OperandBits == 64:
			return extCX16
		}
	}
	return baseline
}

func map0F38Extension(in *insn.Inst) extension {
	switch op := in.Opcode; {
	case op <= 0x0b, op >= 0x1c && op <= 0x1e:
		return extSSSE3
	case op == 0x37:
		return extSSE42
	case op <= 0x41:
		return extSSE41
	case op >= 0xc8 && op <= 0xcd:
		return extSHA
	case op >= 0xdb && op <= 0xdf && !in.Rep:
		return extAES
	case op == 0xf0 || op == 0xf1:
		if in.Repne {
			return extSSE42
		}
		return extMOVBE
	case op == 0xf6 && (in.Rep || in.OpSize):
		return extADX
	}
	return absent // GFNI, key locker, CET, MOVDIRI and later ones
}

func map0F3AExtension(in *insn.Inst) extension {
	switch op := in.Opcode; {
	case op == 0x0f:
		return extSSSE3
	case op == 0x44:
		return extPCLMUL
	case op <= 0x42:
		return extSSE41
	case op >= 0x60 && op <= 0x63:
		return extSSE42
	case op == 0xcc:
		return extSHA
	case op == 0xdf:
		return extAES
	}
	return absent
}

// countsBits reports whether in is TZCNT or LZCNT, which processors without them
// take for BSF and BSR; bitCount is the extension of it.
func countsBits(in *insn.Inst) bool {
	return in.Map == insn.Map0F && in.Rep && in.Opcode&^1 == 0xbc && in.Vex.Kind == insn.VexNone
}

func bitCount(in *insn.Inst) extension {
	if in.Opcode == 0xbc {
		return extBMI1
	}
	return extLZCNT
}
