package linux

import (
	"trapline/internal/emu/regs"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// regs32 is the order of general registers in the i386 sigcontext.
var regs32 = [8]x86.Reg{x86.RDI, x86.RSI, x86.RBP, x86.RSP, x86.RBX, x86.RDX, x86.RCX, x86.RAX}

// segs32 is the order of data segments in the i386 sigcontext.
var segs32 = [4]int{x86.GS, x86.FS, x86.ES, x86.DS}

// frame32 pushes an i386 sigframe or rt_sigframe and enters the handler, under
// a 64-bit kernel in compatibility mode.
func (k *Kernel) frame32(t *Thread, a action, info sigInfo, mask sigset) bool {
	c := t.Core()
	fx := k.fpuImage(t)
	rt := a.flags&abi.SA_SIGINFO != 0
	size, code, ret := uint64(abi.Frame32Size), abi.Frame32Code, t.proc.mm.VDSO+vdsoSigreturn
	if rt {
		size, code, ret = abi.RTFrame32Size, abi.RTFrame32Code, t.proc.mm.VDSO+vdsoRTSigreturn
	}
	if a.flags&abi.SA_RESTORER != 0 {
		ret = a.restorer
	}
	fp := (k.frameStack32(t, a)-uint64(len(fx)))&^63 - abi.FP32Legacy
	sp := (fp-size+4)&^15 - 4
	if t.overflows(a, sp) {
		return false
	}
	b := make([]byte, size)
	le.PutUint32(b, uint32(ret))
	le.PutUint32(b[4:], uint32(info.signo))
	if rt {
		le.PutUint32(b[abi.RTFrame32InfoPtr:], uint32(sp+abi.RTFrame32Info))
		le.PutUint32(b[abi.RTFrame32UCPtr:], uint32(sp+abi.RTFrame32UC))
		info.put32(b[abi.RTFrame32Info:])
		le.PutUint32(b[abi.RTFrame32Stack:], uint32(t.alt.sp))
		le.PutUint32(b[abi.RTFrame32Stack+4:], t.alt.state(c.GPR[x86.RSP]))
		le.PutUint32(b[abi.RTFrame32Stack+8:], uint32(t.alt.size))
		t.putContext32(b[abi.RTFrame32Context:], fp, mask)
		le.PutUint64(b[abi.RTFrame32Mask:], uint64(mask))
		copy(b[code:], codeRTSigreturn)
	} else {
		t.putContext32(b[abi.Frame32Context:], fp, mask)
		le.PutUint32(b[abi.Frame32ExtraMask:], uint32(mask>>32))
		copy(b[code:], codeSigreturn)
	}
	mm := t.proc.mm
	if !mm.Write(fp, append(k.fsave(t, fx), fx...)) || !mm.Write(sp, b) {
		return false
	}
	c.GPR[x86.RAX], c.GPR[x86.RDX], c.GPR[x86.RCX] = uint64(info.signo), 0, 0
	if rt {
		c.GPR[x86.RDX], c.GPR[x86.RCX] = sp+abi.RTFrame32Info, sp+abi.RTFrame32UC
	}
	c.GPR[x86.RSP], c.RIP = sp, a.handler
	l := k.layoutOf(x86.I386)
	k.setFlat(t.cpu, l.CS, l.SS)
	for _, s := range []int{x86.DS, x86.ES} {
		_ = k.m.LoadData(t.cpu, s, l.Data) // a flat segment of our own table: cannot fail
	}
	return true
}

// frameStack32 is frameStack for a program of 32 bits: one that has a stack segment of its own and
// no restorer gives the stack as its restorer (get_sigframe()).
func (k *Kernel) frameStack32(t *Thread, a action) uint64 {
	switch ss := t.Core().Seg[x86.SS].Sel; {
	case a.flags&abi.SA_ONSTACK != 0, ss == uint32(k.layoutOf(x86.I386).SS), a.flags&abi.SA_RESTORER != 0, a.restorer == 0:
		return t.frameStack(a, 0)
	}
	return a.restorer
}

func (t *Thread) putContext32(b []byte, fp uint64, mask sigset) {
	c := t.Core()
	for i, s := range segs32 {
		le.PutUint32(b[abi.Context32Segs+4*i:], c.Seg[s].Sel)
	}
	for i, r := range regs32 {
		le.PutUint32(b[abi.Context32Regs+4*i:], uint32(c.GPR[r]))
	}
	le.PutUint32(b[abi.Context32TrapNo:], uint32(t.trapNo))
	le.PutUint32(b[abi.Context32Err:], uint32(t.errCode))
	le.PutUint32(b[abi.Context32IP:], uint32(c.RIP))
	le.PutUint32(b[abi.Context32CS:], c.Seg[x86.CS].Sel)
	le.PutUint32(b[abi.Context32Flags:], uint32(c.RFLAGS))
	le.PutUint32(b[abi.Context32SP:], uint32(c.GPR[x86.RSP]))
	le.PutUint32(b[abi.Context32SS:], c.Seg[x86.SS].Sel)
	le.PutUint32(b[abi.Context32FP:], uint32(fp))
	le.PutUint32(b[abi.Context32Mask:], uint32(mask))
	le.PutUint32(b[abi.Context32CR2:], uint32(t.cr2))
}

// fsave makes the FSAVE image (32-bit protected mode, SDM vol. 1, figure 8-9)
// with the status and magic words that Linux puts behind it. A 64-bit kernel's FXSAVE does not tell the
// segments of the last instruction and operand: those of now are in their place (convert_from_fxsr()).
func (k *Kernel) fsave(t *Thread, fx []byte) []byte {
	b := make([]byte, abi.FP32Legacy)
	sw := le.Uint16(fx[2:])
	le.PutUint32(b, uint32(le.Uint16(fx))|0xffff0000)
	le.PutUint32(b[4:], uint32(sw)|0xffff0000)
	le.PutUint32(b[8:], uint32(fullTags(fx))|0xffff0000)
	copy(b[12:16], fx[regs.FXIP:]) // the last instruction, while an exception is pending
	copy(b[16:18], fx[regs.FXIP+4:])
	copy(b[18:20], fx[regs.FXOpcode:])
	copy(b[20:24], fx[regs.FXDP:])
	le.PutUint32(b[24:], uint32(le.Uint16(fx[regs.FXDP+4:]))|0xffff0000)
	if k.m.Arch == x86.AMD64 {
		le.PutUint32(b[16:], t.Core().Seg[x86.CS].Sel)
		le.PutUint32(b[24:], t.Core().Seg[x86.DS].Sel|0xffff0000)
	}
	for i := range 8 {
		copy(b[28+10*i:], fx[32+16*i:32+16*i+10])
	}
	le.PutUint16(b[108:], sw)
	return b
}

// fullTags expands FXSAVE's tag byte to the two-bit tags of FSAVE: 0 valid, 1
// zero, 2 special, 3 empty.
func fullTags(fx []byte) uint16 {
	top := int(le.Uint16(fx[2:]) >> 11 & 7)
	var tags uint16
	for reg := range 8 {
		tag := uint16(3)
		if fx[4]>>reg&1 != 0 {
			st := fx[32+16*((reg-top)&7):]
			mantissa, exp := le.Uint64(st), le.Uint16(st[8:])&0x7fff
			switch {
			case exp == 0 && mantissa == 0:
				tag = 1
			case exp == 0 || exp == 0x7fff || mantissa>>63 == 0:
				tag = 2
			default:
				tag = 0
			}
		}
		tags |= tag << (2 * reg)
	}
	return tags
}

// sigreturn32 is sigreturn (rt false) and rt_sigreturn of i386.
func (k *Kernel) sigreturn32(t *Thread, rt bool) int64 {
	sp := t.Core().GPR[x86.RSP]
	b := make([]byte, abi.Frame32Size)
	at, context := sp-8, abi.Frame32Context
	if rt {
		b, at, context = make([]byte, abi.RTFrame32Size), sp-4, abi.RTFrame32Context
	}
	if !t.proc.mm.Read(at, b) {
		return k.badFrame(t)
	}
	mask := sigset(le.Uint32(b[context+abi.Context32Mask:]))
	if rt {
		mask = sigset(le.Uint64(b[abi.RTFrame32Mask:]))
		t.alt = altStack{sp: uint64(le.Uint32(b[abi.RTFrame32Stack:])), size: uint64(le.Uint32(b[abi.RTFrame32Stack+8:]))}
	} else {
		mask |= sigset(le.Uint32(b[abi.Frame32ExtraMask:])) << 32
	}
	if !k.restoreContext32(t, b[context:context+abi.Context32Size]) {
		return k.badFrame(t)
	}
	t.blocked = mask &^ unblockable
	t.inCall = false
	return resultNone
}

func (k *Kernel) restoreContext32(t *Thread, b []byte) bool {
	c := t.Core()
	if fp := uint64(le.Uint32(b[abi.Context32FP:])); fp != 0 {
		fx := make([]byte, abi.FP32Size)
		if !t.proc.mm.Read(fp, fx) {
			return false
		}
		mergeFSave(fx)
		if !k.loadFPU(t, fx[abi.FP32Legacy:], fp+abi.FP32Legacy) {
			return false
		}
	}
	for i, r := range regs32 {
		c.GPR[r] = uint64(le.Uint32(b[abi.Context32Regs+4*i:]))
	}
	c.RIP = uint64(le.Uint32(b[abi.Context32IP:]))
	c.RFLAGS = c.RFLAGS&^fixedFlags | uint64(le.Uint32(b[abi.Context32Flags:]))&fixedFlags
	for i, s := range segs32 {
		if k.m.LoadData(t.cpu, s, uint16(le.Uint32(b[abi.Context32Segs+4*i:]))) != nil {
			_ = k.m.LoadData(t.cpu, s, 0) // a null selector always loads
		}
	}
	k.returnTo(t, uint16(le.Uint32(b[abi.Context32CS:]))|3, uint16(le.Uint32(b[abi.Context32SS:]))|3)
	return true
}

// mergeFSave carries what a handler changed in the FSAVE part over to the
// FXSAVE part, as Linux does.
func mergeFSave(b []byte) {
	fx := b[abi.FP32Legacy:]
	copy(fx, b[:2])
	copy(fx[2:], b[4:6])
	copy(fx[regs.FXIP:regs.FXIP+6], b[12:18])
	copy(fx[regs.FXOpcode:regs.FXOpcode+2], b[18:20])
	copy(fx[regs.FXDP:regs.FXDP+6], b[20:26])
	tags := le.Uint16(b[8:])
	fx[4] = 0
	for reg := range 8 {
		if tags>>(2*reg)&3 != 3 {
			fx[4] |= 1 << reg
		}
	}
	for i := range 8 {
		copy(fx[32+16*i:32+16*i+10], b[28+10*i:28+10*i+10])
	}
}
