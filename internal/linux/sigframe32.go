package linux

import (
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// generalRegs32 are the general registers of an i386 sigcontext, by x86.Reg.
func generalRegs32(c *abi.Sigcontext32) [8]*uint32 {
	return [8]*uint32{
		x86.RDI: &c.Di, x86.RSI: &c.Si, x86.RBP: &c.Bp, x86.RSP: &c.Sp, x86.RBX: &c.Bx, x86.RDX: &c.Dx, x86.RCX: &c.Cx, x86.RAX: &c.Ax,
	}
}

// dataSegment is a data segment register and its selector in an i386 sigcontext.
type dataSegment struct {
	reg int
	sel *uint16
}

// dataSegments32 are those of a sigcontext, in its order.
func dataSegments32(c *abi.Sigcontext32) [4]dataSegment {
	return [4]dataSegment{{x86.GS, &c.Gs}, {x86.FS, &c.Fs}, {x86.ES, &c.Es}, {x86.DS, &c.Ds}}
}

// frame32 pushes an i386 sigframe or rt_sigframe and enters the handler, under
// a 64-bit kernel in compatibility mode.
func (k *Kernel) frame32(t *Thread, a action, info sigInfo, mask sigset) bool {
	c := t.Core()
	fx := k.fpuImage(t)
	rt := a.flags&abi.SA_SIGINFO != 0
	var frame any = &abi.SigframeIA32{}
	ret := t.proc.mm.VDSO + vdsoSigreturn
	if rt {
		frame, ret = &abi.RtSigframeIA32{}, t.proc.mm.VDSO+vdsoRTSigreturn
	}
	if a.flags&abi.SA_RESTORER != 0 {
		ret = a.restorer
	}
	fp := (k.frameStack32(t, a)-uint64(len(fx)))&^63 - abi.FP32Legacy
	sp := (fp-uint64(abi.Sizeof(4, frame))+4)&^15 - 4
	if t.overflows(a, sp) {
		return false
	}
	pinfo, puc := uint64(0), uint64(0)
	switch f := frame.(type) {
	case *abi.RtSigframeIA32:
		pinfo, puc = sp+uint64(abi.Offsetof(4, f, "Info")), sp+uint64(abi.Offsetof(4, f, "Uc"))
		*f = abi.RtSigframeIA32{
			Pretcode: uint32(ret), Sig: int32(info.signo), Pinfo: uint32(pinfo), Puc: uint32(puc), Info: info.siginfo(),
			Uc: abi.Ucontext32{Stack: t.alt.sigaltstack(c.GPR[x86.RSP]), Mcontext: t.context32(fp, mask), Sigmask: uint64(mask)},
		}
		copy(f.Retcode[:], codeRTSigreturn)
	case *abi.SigframeIA32:
		*f = abi.SigframeIA32{Pretcode: uint32(ret), Sig: int32(info.signo), Sc: t.context32(fp, mask), Extramask: uint32(mask >> 32)}
		copy(f.Retcode[:], codeSigreturn)
	}
	mm := t.proc.mm
	if !mm.Write(fp, append(k.fsave(t, fx), fx...)) || !copyToUser(mm, sp, 4, frame) {
		return false
	}
	c.GPR[x86.RAX], c.GPR[x86.RDX], c.GPR[x86.RCX] = uint64(info.signo), pinfo, puc
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

func (t *Thread) context32(fp uint64, mask sigset) abi.Sigcontext32 {
	c := t.Core()
	sc := abi.Sigcontext32{
		Trapno: uint32(t.trapNo), Err: uint32(t.errCode), IP: uint32(c.RIP), Cs: uint16(c.Seg[x86.CS].Sel), Flags: uint32(c.RFLAGS),
		SpAtSignal: uint32(c.GPR[x86.RSP]), Ss: uint16(c.Seg[x86.SS].Sel), Fpstate: uint32(fp), Oldmask: uint32(mask), Cr2: uint32(t.cr2),
	}
	for r, to := range generalRegs32(&sc) {
		*to = uint32(c.GPR[r])
	}
	for _, s := range dataSegments32(&sc) {
		*s.sel = uint16(c.Seg[s.reg].Sel)
	}
	return sc
}

// stackImage is how many bytes of a register FSAVE has.
const stackImage = 10

// highOnes are the upper halves of FSAVE's words of 16 bits.
const highOnes = 0xffff0000

// fsave makes the FSAVE image (32-bit protected mode, SDM vol. 1, figure 8-9)
// with the status and magic words that Linux puts behind it. A 64-bit kernel's FXSAVE does not tell the
// segments of the last instruction and operand: those of now are in their place (convert_from_fxsr()).
func (k *Kernel) fsave(t *Thread, fx []byte) []byte {
	var f abi.Fpstate64
	abi.Unmarshal(8, fx, &f)
	s := abi.Fpstate32{ // the last instruction, while an exception is pending
		Cw: uint32(f.Cwd) | highOnes, Sw: uint32(f.Swd) | highOnes, Tag: uint32(fullTags(&f)) | highOnes,
		Ipoff: uint32(f.Rip), Cssel: uint32(uint16(f.Rip>>32)) | uint32(f.Fop)<<16,
		Dataoff: uint32(f.Rdp), Datasel: uint32(uint16(f.Rdp>>32)) | highOnes, Status: f.Swd,
	}
	if k.m.Arch == x86.AMD64 {
		s.Cssel, s.Datasel = t.Core().Seg[x86.CS].Sel, t.Core().Seg[x86.DS].Sel|highOnes
	}
	for i := range s.St {
		copy(s.St[i][:], f.StSpace[i][:stackImage])
	}
	return abi.Marshal(4, s)
}

// fullTags expands FXSAVE's tag byte to the two-bit tags of FSAVE: 0 valid, 1
// zero, 2 special, 3 empty.
func fullTags(f *abi.Fpstate64) uint16 {
	top := int(f.Swd >> 11 & 7)
	var tags uint16
	for reg := range 8 {
		tag := uint16(3)
		if f.Twd>>reg&1 != 0 {
			st := f.StSpace[(reg-top)&7][:]
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
	sp, mm := t.Core().GPR[x86.RSP], t.proc.mm
	var mask sigset
	var sc *abi.Sigcontext32
	if rt {
		var frame abi.RtSigframeIA32
		if !copyFromUser(mm, sp-4, 4, &frame) {
			return k.badFrame(t)
		}
		mask, sc = sigset(frame.Uc.Sigmask), &frame.Uc.Mcontext
		t.alt = altStack{sp: uint64(frame.Uc.Stack.Sp), size: uint64(frame.Uc.Stack.Size)}
	} else {
		var frame abi.SigframeIA32
		if !copyFromUser(mm, sp-8, 4, &frame) {
			return k.badFrame(t)
		}
		mask, sc = sigset(frame.Sc.Oldmask)|sigset(frame.Extramask)<<32, &frame.Sc
	}
	if !k.restoreContext32(t, sc) {
		return k.badFrame(t)
	}
	t.blocked = mask &^ unblockable
	t.inCall = false
	return resultNone
}

func (k *Kernel) restoreContext32(t *Thread, sc *abi.Sigcontext32) bool {
	c := t.Core()
	if fp := uint64(sc.Fpstate); fp != 0 {
		fx := make([]byte, abi.FP32Size)
		if !t.proc.mm.Read(fp, fx) {
			return false
		}
		mergeFSave(fx)
		if !k.loadFPU(t, fx[abi.FP32Legacy:], fp+abi.FP32Legacy) {
			return false
		}
	}
	for r, from := range generalRegs32(sc) {
		c.GPR[r] = uint64(*from)
	}
	c.RIP = uint64(sc.IP)
	c.RFLAGS = c.RFLAGS&^fixedFlags | uint64(sc.Flags)&fixedFlags
	for _, s := range dataSegments32(sc) {
		if k.m.LoadData(t.cpu, s.reg, *s.sel) != nil {
			_ = k.m.LoadData(t.cpu, s.reg, 0) // a null selector always loads
		}
	}
	k.returnTo(t, sc.Cs|3, sc.Ss|3)
	return true
}

// mergeFSave carries what a handler changed in the FSAVE part over to the
// FXSAVE part, as Linux does.
func mergeFSave(b []byte) {
	var s abi.Fpstate32
	var f abi.Fpstate64
	fx := b[abi.FP32Legacy:]
	abi.Unmarshal(4, b, &s)
	abi.Unmarshal(8, fx, &f)
	const low48 = 1<<48 - 1
	f.Cwd, f.Swd, f.Fop = uint16(s.Cw), uint16(s.Sw), uint16(s.Cssel>>16)
	f.Rip = f.Rip&^low48 | uint64(s.Ipoff) | uint64(uint16(s.Cssel))<<32
	f.Rdp = f.Rdp&^low48 | uint64(s.Dataoff) | uint64(uint16(s.Datasel))<<32
	f.Twd &^= 0xff
	for reg := range 8 {
		if s.Tag>>(2*reg)&3 != 3 {
			f.Twd |= 1 << reg
		}
	}
	for i := range s.St {
		copy(f.StSpace[i][:], s.St[i][:])
	}
	abi.Put(8, fx, f)
}
