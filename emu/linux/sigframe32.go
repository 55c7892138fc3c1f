package linux

import "trapline/emu"

// Offsets in the i386 sigcontext.
const (
	sc32Segs   = 0 // gs, fs, es, ds in words of four bytes
	sc32Regs   = 16
	sc32TrapNo = 48
	sc32Err    = 52
	sc32IP     = 56
	sc32CS     = 60
	sc32Flags  = 64
	sc32SP     = 68
	sc32SS     = 72
	sc32FP     = 76
	sc32Mask   = 80
	sc32CR2    = 84
	sc32Size   = 88
)

// Offsets in the two i386 frames: pretcode and signo come first in both.
const (
	f32Context   = 8
	f32ExtraMask = f32Context + sc32Size + fp32Size
	f32Code      = f32ExtraMask + 4
	f32Size      = f32Code + 8

	r32InfoPtr = 8
	r32UCPtr   = 12
	r32Info    = 16
	r32UC      = r32Info + 128
	r32Stack   = r32UC + 8
	r32Context = r32UC + 20
	r32Mask    = r32Context + sc32Size
	r32Code    = r32Mask + 8
	r32Size    = r32Code + 8
)

// fp32Size is an i386 struct _fpstate: the FSAVE image and the FXSAVE one.
const (
	fp32Legacy = 112
	fp32Size   = fp32Legacy + emu.FXSize
)

// regs32 is the order of general registers in the i386 sigcontext.
var regs32 = [8]emu.Reg{emu.RDI, emu.RSI, emu.RBP, emu.RSP, emu.RBX, emu.RDX, emu.RCX, emu.RAX}

// segs32 is the order of data segments in the i386 sigcontext.
var segs32 = [4]int{emu.GS, emu.FS, emu.ES, emu.DS}

// frame32 pushes an i386 sigframe or rt_sigframe and enters the handler.
func (k *Kernel) frame32(t *Thread, a action, info sigInfo, mask sigset) bool {
	c := t.Core()
	fx, ok := k.fpuImage(t)
	if !ok {
		return false
	}
	rt := a.flags&saSigInfo != 0
	size, code, ret := uint64(f32Size), f32Code, t.proc.mm.vdso+vdsoSigreturn
	if rt {
		size, code, ret = r32Size, r32Code, t.proc.mm.vdso+vdsoRTSigreturn
	}
	if a.flags&saRestorer != 0 {
		ret = a.restorer
	}
	fp := (t.frameStack(a, 0)-emu.FXSize)&^63 - fp32Legacy
	sp := (fp-size+4)&^15 - 4
	if t.overflows(a, sp) {
		return false
	}
	b := make([]byte, size)
	le.PutUint32(b, uint32(ret))
	le.PutUint32(b[4:], uint32(info.signo))
	if rt {
		le.PutUint32(b[r32InfoPtr:], uint32(sp+r32Info))
		le.PutUint32(b[r32UCPtr:], uint32(sp+r32UC))
		info.put32(b[r32Info:])
		le.PutUint32(b[r32Stack:], uint32(t.alt.sp))
		le.PutUint32(b[r32Stack+4:], t.alt.state(c.GPR[emu.RSP]))
		le.PutUint32(b[r32Stack+8:], uint32(t.alt.size))
		t.putContext32(b[r32Context:], fp, mask)
		le.PutUint64(b[r32Mask:], uint64(mask))
		copy(b[code:], codeRTSigreturn)
	} else {
		t.putContext32(b[f32Context:], fp, mask)
		le.PutUint32(b[f32ExtraMask:], uint32(mask>>32))
		copy(b[code:], codeSigreturn)
	}
	mm := t.proc.mm
	if !mm.Write(fp, append(fsave(fx), fx...)) || !mm.Write(sp, b) {
		return false
	}
	c.GPR[emu.RAX], c.GPR[emu.RDX], c.GPR[emu.RCX] = uint64(info.signo), 0, 0
	if rt {
		c.GPR[emu.RDX], c.GPR[emu.RCX] = sp+r32Info, sp+r32UC
	}
	c.GPR[emu.RSP], c.RIP = sp, a.handler
	k.flatSegments(t)
	for _, s := range []int{emu.DS, emu.ES} {
		_ = k.m.LoadData(t.cpu, s, k.layout.data) // a flat segment of our own table: cannot fail
	}
	return true
}

func (t *Thread) putContext32(b []byte, fp uint64, mask sigset) {
	c := t.Core()
	for i, s := range segs32 {
		le.PutUint32(b[sc32Segs+4*i:], c.Seg[s].Sel)
	}
	for i, r := range regs32 {
		le.PutUint32(b[sc32Regs+4*i:], uint32(c.GPR[r]))
	}
	le.PutUint32(b[sc32TrapNo:], uint32(t.trapNo))
	le.PutUint32(b[sc32Err:], uint32(t.errCode))
	le.PutUint32(b[sc32IP:], uint32(c.RIP))
	le.PutUint32(b[sc32CS:], c.Seg[emu.CS].Sel)
	le.PutUint32(b[sc32Flags:], uint32(c.RFLAGS))
	le.PutUint32(b[sc32SP:], uint32(c.GPR[emu.RSP]))
	le.PutUint32(b[sc32SS:], c.Seg[emu.SS].Sel)
	le.PutUint32(b[sc32FP:], uint32(fp))
	le.PutUint32(b[sc32Mask:], uint32(mask))
	le.PutUint32(b[sc32CR2:], uint32(t.cr2))
}

// fsave makes the FSAVE image (32-bit protected mode, SDM vol. 1, figure 8-9)
// with the status and magic words that Linux puts behind it.
func fsave(fx []byte) []byte {
	b := make([]byte, fp32Legacy)
	sw := le.Uint16(fx[2:])
	le.PutUint32(b, uint32(le.Uint16(fx))|0xffff0000)
	le.PutUint32(b[4:], uint32(sw)|0xffff0000)
	le.PutUint32(b[8:], uint32(fullTags(fx))|0xffff0000)
	le.PutUint32(b[16:], 0)
	le.PutUint32(b[24:], 0xffff0000)
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
	sp := t.Core().GPR[emu.RSP]
	b := make([]byte, f32Size)
	at, context := sp-8, f32Context
	if rt {
		b, at, context = make([]byte, r32Size), sp-4, r32Context
	}
	if !t.proc.mm.Read(at, b) {
		return k.badFrame(t)
	}
	mask := sigset(le.Uint32(b[context+sc32Mask:]))
	if rt {
		mask = sigset(le.Uint64(b[r32Mask:]))
		t.alt = altStack{sp: uint64(le.Uint32(b[r32Stack:])), size: uint64(le.Uint32(b[r32Stack+8:]))}
	} else {
		mask |= sigset(le.Uint32(b[f32ExtraMask:])) << 32
	}
	if !k.restoreContext32(t, b[context:context+sc32Size]) {
		return k.badFrame(t)
	}
	t.blocked = mask &^ unblockable
	t.inCall = false
	return resultNone
}

func (k *Kernel) restoreContext32(t *Thread, b []byte) bool {
	c := t.Core()
	if fp := uint64(le.Uint32(b[sc32FP:])); fp != 0 {
		fx := make([]byte, fp32Size)
		if !t.proc.mm.Read(fp, fx) {
			return false
		}
		mergeFSave(fx)
		if !k.loadFPU(t, fx[fp32Legacy:]) {
			return false
		}
	}
	for i, r := range regs32 {
		c.GPR[r] = uint64(le.Uint32(b[sc32Regs+4*i:]))
	}
	c.RIP = uint64(le.Uint32(b[sc32IP:]))
	c.RFLAGS = c.RFLAGS&^fixedFlags | uint64(le.Uint32(b[sc32Flags:]))&fixedFlags
	if !k.setFlat(t.cpu, uint16(le.Uint32(b[sc32CS:])), uint16(le.Uint32(b[sc32SS:]))) {
		return false
	}
	for i, s := range segs32 {
		if k.m.LoadData(t.cpu, s, uint16(le.Uint32(b[sc32Segs+4*i:]))) != nil {
			_ = k.m.LoadData(t.cpu, s, 0) // a null selector always loads
		}
	}
	return true
}

// mergeFSave carries what a handler changed in the FSAVE part over to the
// FXSAVE part, as Linux does.
func mergeFSave(b []byte) {
	fx := b[fp32Legacy:]
	copy(fx, b[:2])
	copy(fx[2:], b[4:6])
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
