package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/traps"
)

// Boosting (engine option modern+boost, O5): a copy that needs no fix-up is
// followed by a jump back behind the original, and runs without any trap at
// its end. What may be boosted is what the 6.1 kernel's can_boost says.

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

// The jump back: E9 and 32 bits.
const (
	jumpNear = 0xe9
	jumpSize = 5 // bytes
)

// tryBoost sends the interrupted code into the copy for good, if it may. A hit
// inside a hit leaves the outer one's state alone.
func (e *engineModern) tryBoost(x *traps.Exec, nested bool) traps.Result {
	x.Return(0)
	if nested {
		for _, i := range e.g.byAddr[e.addr(x)] {
			if e.g.registered(i) {
				e.g.add(i, Skipped)
			}
		}
	}
	in, at, ok := e.decodeCopy(x)
	if !e.options.boost || !ok || !boostable(&in) || e.field(x, e.l.post) != 0 || in.Len+jumpSize > copySize {
		x.Say("O5", "not boosted: the step will trap")
		return traps.Next
	}
	e.writeJumpBack(x, at, in.Len)
	if !nested {
		e.set(x, ctlCurrent, 0)
		e.countEnd(x)
	}
	e.g.step[x.C.ID] = stepOf{addr: e.addr(x), copy: at, active: true}
	x.Regs.Set(traps.FieldIP, at)
	x.Return(1)
	x.Say("O5", "boosted: the copy runs at full speed and a jump behind it leads back; no second trap")
	return traps.Next
}

// writeJumpBack puts the jump behind the copy's instruction of n bytes. The
// first hit does it, and it stays.
func (e *engineModern) writeJumpBack(x *traps.Exec, at uint64, n int) {
	at += uint64(n)
	back := uint64(uint32(e.addr(x) + uint64(n) - at - jumpSize))
	if op, _ := x.M.PeekWord(x.C.Space, at, 1); op == jumpNear {
		if to, _ := x.M.PeekWord(x.C.Space, at+1, 4); to == back {
			return
		}
	}
	x.M.PokeWord(x.C.Space, at, 1, jumpNear)
	x.M.PokeWord(x.C.Space, at+1, 4, back)
}

// decodeCopy decodes the probe's copy.
func (e *engineModern) decodeCopy(x *traps.Exec) (insn.Inst, uint64, bool) {
	at := e.copyAt(x)
	var b [copySize]byte
	n := x.M.Peek(x.C.ID, at, b[:])
	in, err := insn.Decode(b[:n], x.M.Arch.Mode())
	return in, at, err == nil
}

// tryEmulate does the instruction's work on the frame, for those that the 6.1
// kernel emulates (modern+int3): the rest is stepped with an int3 behind it.
func (e *engineModern) tryEmulate(x *traps.Exec) traps.Result {
	x.Return(0)
	if !e.options.int3 {
		x.Say("O5", "stepped with TF")
		return traps.Next
	}
	in, at, ok := e.decodeCopy(x)
	if !ok || !e.emulate(x, &in) {
		x.M.PokeWord(x.C.Space, at+uint64(in.Len), 1, breakpoint)
		x.Say("O5", "not emulated: the copy runs up to an int3 behind it")
		return traps.Next
	}
	for _, i := range e.g.byAddr[e.addr(x)] {
		e.g.add(i, Executions)
		if e.get(x, ctlStatus) != reenter {
			e.g.add(i, Posts)
		}
	}
	x.Return(1)
	x.Sayf("O5", func() string { return fmt.Sprintf("emulated on the frame: %v; no step, no second trap", in.Attr()) })
	return traps.Next
}

// secondInt3: an int3 that is no probe's, while this CPU steps: the end of
// the copy.
func (e *engineModern) secondInt3(x *traps.Exec) traps.Result {
	x.Return(0)
	p := e.get(x, ctlCurrent)
	st := e.get(x, ctlStatus)
	if p == 0 || st != hitSS && st != reenter {
		x.Say("O5", "this CPU steps nothing: not the end of a copy")
		return traps.Next
	}
	x.Probe = p
	at, ip := e.copyAt(x), x.Regs.Get(traps.FieldIP)
	if ip <= at || ip >= at+copySize {
		x.Say("O5", "not inside the copy")
		return traps.Next
	}
	x.C.SetReg(emu.RBX, p)
	x.Return(1)
	x.Say("O5", "the int3 behind the copy: the step is over")
	return traps.Next
}

// resumeSinglestep puts IF and the instruction pointer back after the second
// int3.
func (e *engineModern) resumeSinglestep(x *traps.Exec) traps.Result {
	saved := e.get(x, ctlSavedFlags)
	x.Regs.Set(traps.FieldFlags, x.Regs.Get(traps.FieldFlags)|saved&emu.IF)
	ip := x.Regs.Get(traps.FieldIP)
	x.Regs.Set(traps.FieldIP, x.M.Arch.Mask(ip-e.copyAt(x)+e.addr(x)-1))
	e.countEnd(x)
	x.Say("O5", "IF is put back, eip moves by the distance and back over the int3")
	return traps.Next
}
