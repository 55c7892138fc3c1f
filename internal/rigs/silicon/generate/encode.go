package generate

import "encoding/binary"

// Prefix bytes.
const (
	operandSize = 0x66
	addressSize = 0x67
	lock        = 0xf0
	repne       = 0xf2
	rep         = 0xf3
	rexBase     = 0x40
)

// none marks an absent base or index register.
const none = -1

// rm is a register or memory operand.
type rm struct {
	isMemory bool
	reg      int // register number when not memory

	base, index int // register numbers, or none
	scale       int // log2 of the factor of index
	disp        int64
	wide        bool // a 32-bit displacement even where 8 bits or none would do
	ripRelative bool // disp is the address itself
	segment     byte // override prefix, or zero
	addr32      bool // 0x67 prefix in 64-bit mode
}

// register returns the operand that is register n.
func register(n int) rm { return rm{reg: n} }

// instruction is one instruction before encoding.
type instruction struct {
	prefixes  []byte // LOCK, REP, REPNE
	mandatory byte   // 66, F2 or F3 as part of the opcode, or zero
	size16    bool   // operand size prefix
	rexW      bool
	rex       bool // a REX prefix even without need: 8-bit registers 4-7 are spl, bpl, sil, dil
	opcode    []byte
	modrm     bool
	reg       int // register number or opcode extension
	rm        rm
	low       int // register in the low three bits of the opcode, or none
	imm       []byte
}

// encode returns the bytes of i placed at address at.
func (i *instruction) encode(at uint64, long bool) []byte {
	var out []byte
	if i.modrm && i.rm.segment != 0 {
		out = append(out, i.rm.segment)
	}
	if i.modrm && i.rm.addr32 {
		out = append(out, addressSize)
	}
	out = append(out, i.prefixes...)
	if i.size16 {
		out = append(out, operandSize)
	}
	if i.mandatory != 0 {
		out = append(out, i.mandatory)
	}
	if long {
		if rex := i.rexByte(); rex != 0 {
			out = append(out, rex)
		}
	}
	out = append(out, i.opcode...)
	if i.low != none {
		out[len(out)-1] |= byte(i.low & 7)
	}
	if i.modrm {
		out = i.appendModRM(out, at, long)
	}
	return append(out, i.imm...)
}

// rexByte returns the REX prefix, zero if none is needed (SDM vol. 2, 2.2.1).
func (i *instruction) rexByte() byte {
	var rex byte
	if i.rexW {
		rex |= 8
	}
	if i.modrm {
		rex |= byte(i.reg>>3&1) << 2
		if !i.rm.isMemory {
			rex |= byte(i.rm.reg >> 3 & 1)
		} else {
			if i.rm.index != none {
				rex |= byte(i.rm.index>>3&1) << 1
			}
			if i.rm.base != none {
				rex |= byte(i.rm.base >> 3 & 1)
			}
		}
	}
	if i.low != none {
		rex |= byte(i.low >> 3 & 1)
	}
	if rex != 0 || i.rex {
		rex |= rexBase
	}
	return rex
}

// appendModRM appends ModRM, SIB and displacement (SDM vol. 2, 2.1.5). The immediate
// must be known: a RIP-relative displacement counts from the end of the instruction.
func (i *instruction) appendModRM(out []byte, at uint64, long bool) []byte {
	const sib, disp32 = 4, 5 // special values of the r/m field
	reg := byte(i.reg&7) << 3
	m := i.rm
	le := binary.LittleEndian
	switch {
	case !m.isMemory:
		return append(out, 0xc0|reg|byte(m.reg&7))
	case m.ripRelative:
		out = append(out, reg|disp32)
		end := at + uint64(len(out)+4+len(i.imm))
		return le.AppendUint32(out, uint32(uint64(m.disp)-end))
	case m.base == none && m.index == none && !long:
		return le.AppendUint32(append(out, reg|disp32), uint32(m.disp))
	case m.base == none:
		index := byte(sib)
		if m.index != none {
			index = byte(m.index & 7)
		}
		return le.AppendUint32(append(out, reg|sib, byte(m.scale)<<6|index<<3|disp32), uint32(m.disp))
	}
	mod, width := byte(0), 0
	switch {
	case m.wide || m.disp != int64(int8(m.disp)):
		mod, width = 0x80, 4
	case m.disp != 0 || m.base&7 == disp32:
		mod, width = 0x40, 1
	}
	if m.index == none && m.base&7 != sib {
		out = append(out, mod|reg|byte(m.base&7))
	} else {
		index := byte(sib)
		if m.index != none {
			index = byte(m.index & 7)
		}
		out = append(out, mod|reg|sib, byte(m.scale)<<6|index<<3|byte(m.base&7))
	}
	return le.AppendUint32(out, uint32(m.disp))[:len(out)+width]
}

// little returns v in width bytes, lowest first.
func little(v uint64, width int) []byte {
	return binary.LittleEndian.AppendUint64(nil, v)[:width]
}
