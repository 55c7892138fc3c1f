package linux

import (
	"encoding/binary"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

var le = binary.LittleEndian

// fixedFlags are the flags that sigreturn takes from the frame: AC, OF, DF,
// TF, SF, ZF, AF, PF, CF and RF.
const fixedFlags = x86.AC | x86.OF | x86.DF | x86.TF | x86.SF | x86.ZF | x86.AF | x86.PF | x86.CF | x86.RF

// frameStack picks the stack for a frame: the alternate one, or the present.
// redZone bytes below it stay untouched.
func (t *Thread) frameStack(a action, redZone uint64) uint64 {
	sp := t.Core().GPR[x86.RSP] - redZone
	if a.flags&abi.SA_ONSTACK != 0 && t.alt.state(t.Core().GPR[x86.RSP]) == 0 {
		return t.alt.sp + t.alt.size
	}
	return sp
}

// overflows reports whether a frame at sp would leave the alternate stack
// that the thread is on or enters.
func (t *Thread) overflows(a action, sp uint64) bool {
	now := t.Core().GPR[x86.RSP]
	entering := a.flags&abi.SA_ONSTACK != 0 && t.alt.state(now) == 0 && t.alt.size != 0
	return (entering || t.alt.holds(now)) && !t.alt.onIt(sp)
}

// generalRegs64 are the general registers of a sigcontext, by x86.Reg.
func generalRegs64(c *abi.Sigcontext64) [16]*uint64 {
	return [16]*uint64{
		x86.R8: &c.R8, x86.R9: &c.R9, x86.R10: &c.R10, x86.R11: &c.R11, x86.R12: &c.R12, x86.R13: &c.R13, x86.R14: &c.R14, x86.R15: &c.R15,
		x86.RDI: &c.Di, x86.RSI: &c.Si, x86.RBP: &c.Bp, x86.RBX: &c.Bx, x86.RDX: &c.Dx, x86.RAX: &c.Ax, x86.RCX: &c.Cx, x86.RSP: &c.Sp,
	}
}

// frame64 pushes an x86-64 rt_sigframe and enters the handler.
func (k *Kernel) frame64(t *Thread, a action, info sigInfo, mask sigset) bool {
	c := t.Core()
	if a.flags&abi.SA_RESTORER == 0 {
		return false
	}
	fx := k.fpuImage(t)
	fp := (t.frameStack(a, 128) - uint64(len(fx))) &^ 63
	var frame abi.RtSigframe64
	sp := (fp-uint64(abi.Sizeof(8, frame)))&^15 - 8
	if t.overflows(a, sp) {
		return false
	}
	l := k.layoutOf(x86.AMD64)
	frame.Pretcode = a.restorer
	uc := &frame.Uc
	uc.Flags = abi.UC_SIGCONTEXT_SS | k.xstateFlag()
	if c.Seg[x86.CS].Sel == uint32(l.CS) {
		uc.Flags |= abi.UC_STRICT_RESTORE_SS
	}
	uc.Stack, uc.Sigmask = t.alt.sigaltstack(c.GPR[x86.RSP]), uint64(mask)
	uc.Mcontext = abi.Sigcontext64{
		IP: c.RIP, Flags: c.RFLAGS, Cs: uint16(c.Seg[x86.CS].Sel), Ss: uint16(c.Seg[x86.SS].Sel),
		Err: t.errCode, Trapno: t.trapNo, Oldmask: uint64(mask), Cr2: t.cr2, Fpstate: fp,
	}
	for r, to := range generalRegs64(&uc.Mcontext) {
		*to = c.GPR[r]
	}
	frame.Info = info.siginfo()
	mm := t.proc.mm
	if !mm.Write(fp, fx) || !copyToUser(mm, sp, 8, frame) {
		return false
	}
	c.GPR[x86.RDI], c.GPR[x86.RSI], c.GPR[x86.RDX] = uint64(info.signo), sp+uint64(abi.Offsetof(8, frame, "Info")), sp+uint64(abi.Offsetof(8, frame, "Uc"))
	c.GPR[x86.RAX] = 0
	c.GPR[x86.RSP], c.RIP = sp, a.handler
	k.setFlat(t.cpu, l.CS, k.validStack(t, uint16(c.Seg[x86.SS].Sel), l))
	return true
}

// validStack is ss, or the flat stack segment if ss is none that ring 3 can
// have (force_valid_ss()).
func (k *Kernel) validStack(t *Thread, ss uint16, l *mm.Layout) uint16 {
	saved := t.cpu.Core
	defer func() { t.cpu.Core = saved }()
	if ss == l.SS || k.m.LoadStack(t.cpu, ss|3, 3, x86.VecGP) != nil {
		return l.SS
	}
	return ss
}

// setFlat gives a vCPU segments of our own tables, or a stack segment that was found to be right:
// loading them cannot fail.
func (k *Kernel) setFlat(c *emu.CPU, cs, ss uint16) {
	_ = k.m.LoadCode(c, cs|3, 3)
	_ = k.m.LoadStack(c, ss|3, 3, x86.VecGP)
}

// sigreturn64 is rt_sigreturn of x86-64.
func (k *Kernel) sigreturn64(t *Thread) int64 {
	c := t.Core()
	var frame abi.RtSigframe64
	if !copyFromUser(t.proc.mm, c.GPR[x86.RSP]-8, 8, &frame) {
		return k.badFrame(t)
	}
	uc := &frame.Uc
	sc := &uc.Mcontext
	if sc.Fpstate != 0 {
		fx := make([]byte, emu.FXSize)
		if !t.proc.mm.Read(sc.Fpstate, fx) || !k.loadFPU(t, fx, sc.Fpstate) {
			return k.badFrame(t)
		}
	}
	for r, from := range generalRegs64(sc) {
		c.GPR[r] = *from
	}
	c.RFLAGS = c.RFLAGS&^fixedFlags | sc.Flags&fixedFlags
	cs, ss := sc.Cs, sc.Ss
	t.blocked = sigset(uc.Sigmask) &^ unblockable
	t.alt = altStack{sp: uint64(uc.Stack.Sp), size: uint64(uc.Stack.Size), flags: uc.Stack.Flags & abi.SS_AUTODISARM}
	c.RIP = sc.IP
	if uc.Flags&abi.UC_STRICT_RESTORE_SS == 0 && cs|3 == k.layoutOf(x86.AMD64).CS {
		ss = k.validStack(t, ss, k.layoutOf(x86.AMD64))
	}
	k.returnTo(t, cs|3, ss|3)
	t.inCall = false
	return resultNone
}

// badFrame is what sigreturn does when the frame cannot be read.
func (k *Kernel) badFrame(t *Thread) int64 {
	t.force(sigInfo{signo: abi.SIGSEGV, code: abi.SI_KERNEL})
	return 0
}

// siginfo is the signal as programs see it.
func (i sigInfo) siginfo() abi.Siginfo {
	s := abi.Siginfo{Signo: int32(i.signo), Code: i.code}
	switch f := &s.Sifields; {
	case i.hasAddr():
		f.Sigfault.Addr = abi.ULong(i.addr)
	case i.signo == abi.SIGCHLD && i.code > 0:
		f.Sigchld = abi.SiSigchld{Pid: int32(i.pid), Uid: i.uid, Status: i.status}
	case i.ofFile():
		f.Sigpoll = abi.SiSigpoll{Band: abi.Long(i.value), Fd: i.status}
	case i.code == abi.SI_TIMER:
		f.Timer = abi.SiTimer{Tid: int32(i.pid), Overrun: i.status, Sigval: abi.ULong(i.value)}
	default:
		f.Rt = abi.SiRt{Pid: int32(i.pid), Uid: uint32(i.status), Sigval: abi.ULong(i.value)}
	}
	return s
}

// infoOf is the signal that a siginfo_t tells of.
func infoOf(s *abi.Siginfo) sigInfo {
	i, f := sigInfo{signo: int(s.Signo), code: s.Code}, &s.Sifields
	switch {
	case i.hasAddr():
		i.addr = uint64(f.Sigfault.Addr)
	case i.signo == abi.SIGCHLD && i.code > 0:
		i.pid, i.status = int(f.Sigchld.Pid), f.Sigchld.Status
	case i.ofFile():
		i.value, i.status = uint64(f.Sigpoll.Band), f.Sigpoll.Fd
	default:
		i.pid, i.status, i.value = int(f.Rt.Pid), int32(f.Rt.Uid), uint64(f.Rt.Sigval)
	}
	return i
}

// hasAddr reports whether si_addr is used: signals of exceptions.
func (i sigInfo) hasAddr() bool { return i.code > 0 && synchronous.has(i.signo) }
