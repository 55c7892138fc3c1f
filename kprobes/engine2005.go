package kprobes

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"maps"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/traps"
)

// engine2005 is kprobes of spring 2005 (2.6.12): each probe has a copy of its
// instruction, which is stepped in place of the original, so the breakpoint
// stays; the one lock is still held from hit to the step's end (O4).
type engine2005 struct {
	common
	slots uint64 // address of probe 0's copy
}

const (
	copySize    = 16 // MAX_INSN_SIZE: bytes copied, whatever the length
	activeSlots = 256
)

func newEngine2005(a emu.Arch) *engine2005 {
	w := uint64(a.Word())
	return &engine2005{common: common{l: structKprobe{
		size: 16 * w, addr: 2 * w, pre: 3 * w, post: 4 * w, fault: 5 * w, opcode: 6 * w, ainsn: 7 * w,
	}}}
}

// Name is what scenarios and flags call it.
func (e *engine2005) Name() string { return Engine2005 }

// Ops are its micro-steps.
func (e *engine2005) Ops() map[string]traps.Op {
	ops := e.sharedOps()
	maps.Copy(ops, e.multiprobeOps())
	maps.Copy(ops, map[string]traps.Op{
		"copy_insn":        e.copyInsn,
		"set_copy_ip":      e.setCopyIP,
		"resume_execution": e.resumeExecution,
		"back_up_eip":      backUpIP,
		"reentrant_step":   e.reentrantStep,
	})
	return ops
}

//go:embed ktext/2005.flow
var flow2005 string

// Flow is the engine's control flow for direct mode.
func (e *engine2005) Flow() string { return flow2005 }

// Traits of its kernel: the stubs push -1 as orig_eax.
func (e *engine2005) Traits() traps.Traits { return traps.Traits{} }

// attach maps the executable page run that the copies lie in.
func (e *engine2005) attach(g *Manager) error {
	if err := e.common.attach(g); err != nil {
		return err
	}
	at, err := g.K.AllocKernel(g.space(), (MaxProbes+activeSlots)*copySize, emu.Write|emu.Exec)
	e.slots = at
	return err
}

// define gives probe i its place for the copy.
func (e *engine2005) define(i int) {
	e.g.poke(e.g.Address(i)+e.l.ainsn, e.slots+uint64(i)*copySize, e.g.K.M.Arch.Word())
}

func (e *engine2005) register(x *traps.Exec) (err error) {
	if e.lookup(x, e.addr(x)) != 0 {
		return errExist
	}
	if r := e.copyInsn(x); r != traps.Next {
		return fmt.Errorf("the instruction at %s cannot be copied: its RIP-relative operand is out of reach", x.K.Name(e.addr(x)))
	}
	return e.common.register(x)
}

func (e *engine2005) copyAt(x *traps.Exec) uint64 { return e.field(x, e.l.ainsn) }

// copyInsn copies the instruction's bytes; a RIP-relative displacement is
// moved by the distance, as the x86-64 code of the time did.
func (e *engine2005) copyInsn(x *traps.Exec) traps.Result {
	from, to := e.addr(x), e.copyAt(x)
	var b [copySize]byte
	n := x.C.Space.Peek(from, b[:])
	in, err := insn.Decode(b[:n], x.M.Arch.Mode())
	if err == nil && in.RIPRelative {
		disp := in.Disp + int64(from-to)
		binary.LittleEndian.PutUint32(b[in.DispOff:], uint32(disp))
	}
	for i := 0; i < len(b); i += 8 {
		x.M.PokeWord(x.C.Space, to+uint64(i), 8, binary.LittleEndian.Uint64(b[i:]))
	}
	x.Sayf("O4", func() string {
		return fmt.Sprintf("%d bytes are copied from %s to the probe's own place", copySize, x.K.Name(from))
	})
	return traps.Next
}

// setCopyIP sends the interrupted code to the copy. An int3 is stepped where
// it is.
func (e *engine2005) setCopyIP(x *traps.Exec) traps.Result {
	if e.opcode(x) == breakpoint {
		x.Regs.Set(traps.FieldIP, e.addr(x))
		x.Say("K20", "the probed instruction is an int3 itself: it is executed in place")
		return traps.Next
	}
	to := e.copyAt(x)
	e.g.step[x.C.ID].copy = to
	x.Regs.Set(traps.FieldIP, to)
	x.Say("O4", "the frame's eip is set to the copy: the breakpoint stays, so no other CPU can miss it (K11)")
	return traps.Next
}

func backUpIP(x *traps.Exec) traps.Result {
	x.Regs.Set(traps.FieldIP, x.M.Arch.Mask(x.Regs.Get(traps.FieldIP)-1))
	x.Say("K8", "eip goes back to the instruction that the breakpoint had covered: it runs whole")
	return traps.Next
}

// reentrantStep: another probe is hit while the step is under way. The step
// is given up, the lock released, and the breakpoint is nobody's: the kernel
// gets it.
func (e *engine2005) reentrantStep(x *traps.Exec) traps.Result {
	s, _ := e.stats(x)
	s.Reentrant++
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^emu.TF|x.Word("kprobe_saved_eflags"))
	x.M.Note(emu.Note{Kind: NoteReentrant, ID: "K7", Text: "hit during a step", Addr: e.addr(x)})
	x.Say("K7", "a probe is hit while another's instruction is stepped: TF goes, the lock is given up, the int3 is left to the kernel")
	return traps.Next
}

// resumeExecution moves what the copy left behind to where the original would
// have left it (O3): by opcode, as the 2.6.12 code chose.
func (e *engine2005) resumeExecution(x *traps.Exec) traps.Result {
	orig, from := e.addr(x), e.copyAt(x)
	f := x.Regs.Get(traps.FieldFlags)
	x.Regs.Set(traps.FieldFlags, f&^emu.TF)
	op, modrm := e.copiedOpcode(x, from)
	ip := x.Regs.Get(traps.FieldIP)
	moved := x.M.Arch.Mask(ip - from + orig)
	switch op {
	case 0x9c:
		old := x.Word("kprobe_old_eflags")
		e.editTop(x, func(v uint64) uint64 { return v&^(emu.TF|emu.IF) | old })
		x.Say("K10", "pushf pushed the stepping flags: the word on the stack gets TF and IF as they were; eip moves by the distance")
	case 0xc3, 0xcb, 0xc2, 0xca, 0xea:
		x.Say("O3", "a return or absolute jump: eip is right already")
		return traps.Next
	case 0xe8:
		e.editTop(x, func(v uint64) uint64 { return v - from + orig })
		x.Say("O3", "a call pushed the address behind the copy: it and eip move by the distance")
	case 0xff:
		if modrm&0x30 == 0x10 {
			e.editTop(x, func(v uint64) uint64 { return v - from + orig })
			x.Say("O3", "an indirect call: eip is right, the pushed return address moves by the distance")
			return traps.Next
		}
		if modrm&0x31 == 0x20 || modrm&0x31 == 0x21 {
			x.Say("O3", "an indirect jump: eip is right already")
			return traps.Next
		}
		x.Say("O3", "eip moves from the copy back by the distance")
	default:
		x.Say("O3", "eip moves from the copy back by the distance")
	}
	x.Regs.Set(traps.FieldIP, moved)
	return traps.Next
}

// copiedOpcode reads the copy's first bytes; the x86-64 code skips a REX.
func (e *engine2005) copiedOpcode(x *traps.Exec, at uint64) (op, modrm byte) {
	v, _ := x.M.PeekWord(x.C.Space, at, 4)
	if x.M.Arch == emu.AMD64 && v&0xf0 == 0x40 {
		v >>= 8
	}
	return byte(v), byte(v >> 8)
}

// editTop changes the top word of the interrupted stack (K10): in a 32-bit
// frame that is regs->esp itself, right for kernel mode only.
func (e *engine2005) editTop(x *traps.Exec, f func(uint64) uint64) {
	if x.M.Arch == emu.I386 {
		x.Regs.Set(traps.FieldSP, x.M.Arch.Mask(f(x.Regs.Get(traps.FieldSP))))
		return
	}
	sp := x.Regs.Get(traps.FieldSP)
	v, _ := x.M.PeekWord(x.C.Space, sp, 8)
	x.M.PokeWord(x.C.Space, sp, 8, f(v))
}
