package kprobes

import (
	"trapline/internal/emu/insn"
	"trapline/internal/linux/abi"
)

// refusal is the errno with which 6.1's register_kprobe refuses an x86-64
// instruction, or 0: EOPNOTSUPP for what prepare_emulation() can neither
// emulate nor let run out of line, EINVAL for loads of ss
// (insn_masking_exception()). It looks behind legacy prefixes, REX, VEX and
// EVEX, and at the opcode's first byte only. (The kernel's name of ENOTSUP is
// EOPNOTSUPP.)
func refusal(code []byte) abi.Errno {
	op, modrm, addr32 := probedOpcode(code)
	digit := modrm >> 3 & 7
	switch op {
	case 0x9a, 0xea, 0xcc, 0xcf: // far call, far jump, int3, iret
		return abi.ENOTSUP
	case 0xff:
		switch digit {
		case 3, 5: // far, indirect
			return abi.ENOTSUP
		case 2, 4: // near: through a register of full width only
			if addr32 || modrm>>6 != 3 {
				return abi.ENOTSUP
			}
		}
	case 0x17:
		return abi.EINVAL
	case 0x8e:
		if digit == 2 {
			return abi.EINVAL
		}
	}
	return 0
}

// probedOpcode finds the first opcode byte and the one behind it. Bytes that
// end before count as zero.
func probedOpcode(code []byte) (op, next byte, addr32 bool) {
	at := func(i int) byte {
		if i < len(code) {
			return code[i]
		}
		return 0
	}
	i := 0
	for i < len(code) && isLegacyPrefix(code[i]) {
		addr32 = addr32 || code[i] == 0x67
		i++
	}
	if at(i)&0xf0 == 0x40 {
		i++
	}
	switch at(i) {
	case 0xc5:
		i += 2
	case 0xc4:
		i += 3
	case 0x62:
		i += 4
	}
	return at(i), at(i + 1), addr32
}

// Blacklisted reports whether the kernel lets no probe lie at addr, as its table
// of ranges says, which ends with zeros.
func (g *Manager) Blacklisted(addr uint64) bool {
	if !g.K.HasSymbol("kprobe_blacklist") {
		return false
	}
	word := g.K.M.Arch.Word()
	for at := g.K.Symbol("kprobe_blacklist"); ; at += 2 * uint64(word) {
		from, _ := g.K.M.Look().PeekWord(g.space(), at, word)
		to, _ := g.K.M.Look().PeekWord(g.space(), at+uint64(word), word)
		if to == 0 || addr >= from && addr < to {
			return to != 0
		}
	}
}

// MayProbe is what register_kprobe says of the instruction at addr: nil, or an
// errno.
func (g *Manager) MayProbe(addr uint64) error {
	if g.Blacklisted(addr) {
		return abi.EINVAL
	}
	e, ok := g.ops.(*perCPU)
	if !ok || !e.chosen("int3") {
		return nil
	}
	var code [insn.MaxLen]byte
	n := g.space().Peek(addr, code[:])
	g.Original(addr, code[:n])
	if errno := refusal(code[:n]); errno != 0 {
		return errno
	}
	return nil
}
