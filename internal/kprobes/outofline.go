package kprobes

import (
	"encoding/binary"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// What the engines share that step a copy of the instruction, one per probe,
// instead of putting the original back (O4).

const (
	copySize    = 16 // MAX_INSN_SIZE: bytes copied, whatever the length
	activeSlots = 256
	copies      = MaxProbes + activeSlots + 1 // a probe of the kernel's own is the last
)

// attachCopies maps the executable page run that the copies lie in.
func (e *common) attachCopies(g *Manager) error {
	if err := e.attach(g); err != nil {
		return err
	}
	at, err := g.K.AllocKernel(g.space(), copies*copySize, emu.Write|emu.Exec)
	e.slots = at
	return err
}

// defineCopy gives probe i its place for the copy.
func (e *common) defineCopy(i int) {
	e.g.poke(e.g.Address(i)+e.l.ainsn, e.slots+uint64(i)*copySize, e.g.K.M.Arch.Word())
}

func (e *common) registerCopy(x *traps.Exec) error {
	if e.lookup(x, e.addr(x)) != 0 {
		return errExist
	}
	e.copyInsn(x)
	return e.register(x)
}

func (e *common) copyAt(x *traps.Exec) uint64 { return e.field(x, e.l.ainsn) }

// copyInsn copies the instruction's bytes; a RIP-relative displacement is
// moved by the distance, as the x86-64 code of the time did.
func (e *common) copyInsn(x *traps.Exec) {
	from, to := e.addr(x), e.copyAt(x)
	var b [copySize]byte
	n := x.M.Peek(x.C.ID, from, b[:])
	in, err := insn.Decode(b[:n], insn.ModeOf(x.M.Arch))
	if err == nil && in.RIPRelative {
		disp := in.Disp + int64(from-to)
		binary.LittleEndian.PutUint32(b[in.DispOff:], uint32(disp))
	}
	for i := 0; i < len(b); i += 8 {
		x.M.PokeWord(x.C.Space, to+uint64(i), 8, binary.LittleEndian.Uint64(b[i:]))
	}
}

// setCopyIP sends the interrupted code to the copy. An int3 is stepped where
// it is.
func (e *common) setCopyIP(x *traps.Exec) traps.Result {
	if e.opcode(x) == breakpoint {
		x.Regs.Set(traps.FieldIP, e.addr(x))
		x.Say("K20", "the probed instruction is an int3 itself: it is executed in place")
		return traps.Next
	}
	x.Regs.Set(traps.FieldIP, e.copyAt(x))
	return traps.Next
}

// resumeExecution moves what the copy left behind to where the original would
// have left it (O3): by opcode, as the 2.6.12 code chose.
func (e *common) resumeExecution(x *traps.Exec) traps.Result {
	orig, from := e.addr(x), e.copyAt(x)
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^x86.TF)
	op, modrm := e.copiedOpcode(x, from)
	ip := x.Regs.Get(traps.FieldIP)
	moved := x.M.Arch.Mask(ip - from + orig)
	moveReturn := func() { e.editTop(x, func(v uint64) uint64 { return v - from + orig }) }
	switch op {
	case 0x9c: // pushf
		old := e.get(x, ctlOldFlags)
		e.editTop(x, func(v uint64) uint64 { return v&^(x86.TF|x86.IF) | old })
	case 0xc3, 0xcb, 0xc2, 0xca, 0xea: // a return or absolute jump
		return traps.Next
	case 0xcf, 0x9a:
		if !e.skipPrefixes { // 2005 knows neither iret nor a direct far call
			break
		}
		if op == 0x9a {
			moveReturn()
		}
		return traps.Next
	case 0xe8: // a call
		moveReturn()
	case 0xff:
		switch {
		case modrm&0x30 == 0x10: // an indirect call
			moveReturn()
			return traps.Next
		case modrm&0x30 == 0x20: // an indirect jump
			return traps.Next
		}
	}
	x.Regs.Set(traps.FieldIP, moved)
	return traps.Next
}

// copiedOpcode reads the copy's opcode and the byte behind it. The x86-64 code
// of 2005 skips a REX prefix; later kernels skip every prefix.
func (e *common) copiedOpcode(x *traps.Exec, at uint64) (op, next byte) {
	v, _ := x.M.PeekWord(x.C.Space, at, 8)
	if e.skipPrefixes {
		for n := 0; n < 6 && isLegacyPrefix(byte(v)); n++ {
			v >>= 8
		}
	}
	if x.M.Arch == x86.AMD64 && v&0xf0 == 0x40 {
		v >>= 8
	}
	return byte(v), byte(v >> 8)
}

func isLegacyPrefix(b byte) bool {
	switch b {
	case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3:
		return true
	}
	return false
}

// editTop changes the top word of the interrupted stack (K10): in a 32-bit
// frame that is regs->esp itself, right for kernel mode only.
func (e *common) editTop(x *traps.Exec, f func(uint64) uint64) {
	if x.M.Arch == x86.I386 {
		x.Regs.Set(traps.FieldSP, x.M.Arch.Mask(f(x.Regs.Get(traps.FieldSP))))
		return
	}
	sp := x.Regs.Get(traps.FieldSP)
	v, _ := x.M.PeekWord(x.C.Space, sp, 8)
	x.M.PokeWord(x.C.Space, sp, 8, f(v))
}

func backUpIP(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, x.M.Arch.Mask(x.Regs.Get(traps.FieldIP)-1))
	return traps.Next
}
