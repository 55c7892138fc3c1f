package uprobes

import (
	"encoding/binary"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// Store writes user memory on the probed thread's behalf, as copy_to_user does: all of it, or nothing and false.
type Store func(va uint64, b []byte) bool

const (
	opcodeNop     = 0x90
	opcodeCall    = 0xe8
	opcodeJmp     = 0xe9
	opcodeJmp8    = 0xeb
	opcodeJcc8    = 0x70
	opcodeJcc     = 0x80 // behind 0F
	opcodePush    = 0x50
	rexPushHigh   = 0x41
	longestPush   = 2
	conditionMask = 0x0f
)

// branchOpcode is the one-byte opcode under which the kernel emulates the instruction: of a near jcc the short form.
func branchOpcode(e *encoding) (byte, bool) {
	switch e.first {
	case opcodeNop, opcodeCall, opcodeJmp, opcodeJmp8:
		return e.first, true
	case 0x0f:
		if e.opcodes == 2 && e.second&^conditionMask == opcodeJcc {
			return opcodeJcc8 | e.second&conditionMask, true
		}
		return 0, false
	}
	return e.first, e.first&^conditionMask == opcodeJcc8
}

func (i *Instruction) setBranch(e *encoding, opcode byte) {
	i.Method, i.branch = EmulateBranch, opcode
	if opcode != opcodeNop && e.ImmLen > 0 {
		unused := 64 - 8*e.ImmLen // VEX instructions come here too, whose immediate is unsigned
		i.offset = e.Imm << unused >> unused
	}
	if opcode == opcodeCall {
		// The copy is "call 1f; 1:". It runs if the push fails, to raise the fault where the program expects it,
		// and cannot leave the slot for a non-canonical address (U8).
		clear(i.Copy[e.ImmOff : e.ImmOff+e.ImmLen])
	}
}

// setPush accepts push of a register, with REX.B alone as a prefix; with others it is stepped (push_setup_xol_ops()).
func (i *Instruction) setPush(e *encoding) bool {
	if e.opcodes != 1 || e.first&^7 != opcodePush || e.Vex.Kind != insn.VexNone || e.Len > longestPush {
		return false
	}
	i.source = x86.Reg(e.first & 7)
	if e.Len == longestPush {
		if e.rexOff < 0 || i.Original[e.rexOff] != rexPushHigh {
			return false
		}
		i.source += 8
	}
	i.Method = EmulatePush
	return true
}

// Emulate gives the instruction's effect to a thread that stands at it. False means that it must be stepped: it is
// not an emulated one, or its push failed. As in the kernel a call whose push failed has moved the instruction
// pointer on already; the step sets it anew.
func (i *Instruction) Emulate(c *emu.Core, store Store) bool {
	switch i.Method {
	case EmulateBranch:
		return i.emulateBranch(c, store)
	case EmulatePush:
		if !i.push(c, store, c.GPR[i.source]) {
			return false
		}
		c.RIP = i.mask(c.RIP + uint64(i.Len))
		return true
	}
	return false
}

func (i *Instruction) emulateBranch(c *emu.Core, store Store) bool {
	next := i.mask(c.RIP + uint64(i.Len))
	c.RIP = next
	switch {
	case i.branch == opcodeCall:
		if !i.push(c, store, next) {
			return false
		}
	case i.branch&^conditionMask == opcodeJcc8 && !x86.Condition(i.branch&conditionMask, c.RFLAGS):
		return true
	}
	c.RIP = i.mask(next + uint64(i.offset))
	return true
}

// push is emulate_push_stack(): a word of the program's width, whatever prefixes the instruction has.
func (i *Instruction) push(c *emu.Core, store Store, v uint64) bool {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	sp := i.mask(c.GPR[x86.RSP] - uint64(i.word()))
	if !store(sp, b[:i.word()]) {
		return false
	}
	c.GPR[x86.RSP] = sp
	return true
}

func (i *Instruction) word() int {
	if i.Mode.Is64() {
		return 8
	}
	return 4
}

func (i *Instruction) mask(v uint64) uint64 {
	if i.Mode.Is64() {
		return v
	}
	return v & 0xffffffff
}
