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

// regs64 is the order of general registers in the x86-64 sigcontext; RIP and
// RFLAGS follow.
var regs64 = [16]x86.Reg{x86.R8, x86.R9, x86.R10, x86.R11, x86.R12, x86.R13, x86.R14, x86.R15,
	x86.RDI, x86.RSI, x86.RBP, x86.RBX, x86.RDX, x86.RAX, x86.RCX, x86.RSP}

// frame64 pushes an x86-64 rt_sigframe and enters the handler.
func (k *Kernel) frame64(t *Thread, a action, info sigInfo, mask sigset) bool {
	c := t.Core()
	if a.flags&abi.SA_RESTORER == 0 {
		return false
	}
	fx := k.fpuImage(t)
	fp := (t.frameStack(a, 128) - uint64(len(fx))) &^ 63
	sp := (fp-abi.Frame64Size)&^15 - 8
	if t.overflows(a, sp) {
		return false
	}
	b := make([]byte, abi.Frame64Size)
	le.PutUint64(b, a.restorer)
	l := k.layoutOf(x86.AMD64)
	flags := abi.UC_SIGCONTEXT_SS | k.xstateFlag()
	if c.Seg[x86.CS].Sel == uint32(l.CS) {
		flags |= abi.UC_STRICT_RESTORE_SS
	}
	le.PutUint64(b[abi.Frame64UC:], flags)
	t.putAltStack64(b[abi.Frame64Stack:], c.GPR[x86.RSP])
	for i, r := range regs64 {
		le.PutUint64(b[abi.Frame64Regs+8*i:], c.GPR[r])
	}
	le.PutUint64(b[abi.Frame64Regs+128:], c.RIP)
	le.PutUint64(b[abi.Frame64Regs+136:], c.RFLAGS)
	le.PutUint16(b[abi.Frame64Segs:], uint16(c.Seg[x86.CS].Sel))
	le.PutUint16(b[abi.Frame64SS:], uint16(c.Seg[x86.SS].Sel))
	for i, v := range []uint64{t.errCode, t.trapNo, uint64(mask), t.cr2, fp} {
		le.PutUint64(b[abi.Frame64Err+8*i:], v)
	}
	le.PutUint64(b[abi.Frame64Mask:], uint64(mask))
	info.put64(b[abi.Frame64Info:])
	mm := t.proc.mm
	if !mm.Write(fp, fx) || !mm.Write(sp, b) {
		return false
	}
	c.GPR[x86.RDI], c.GPR[x86.RSI], c.GPR[x86.RDX] = uint64(info.signo), sp+abi.Frame64Info, sp+abi.Frame64UC
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

func (t *Thread) putAltStack64(b []byte, sp uint64) {
	le.PutUint64(b, t.alt.sp)
	le.PutUint32(b[8:], t.alt.state(sp))
	le.PutUint64(b[16:], t.alt.size)
}

// sigreturn64 is rt_sigreturn of x86-64.
func (k *Kernel) sigreturn64(t *Thread) int64 {
	c := t.Core()
	b := make([]byte, abi.Frame64Size)
	if !t.proc.mm.Read(c.GPR[x86.RSP]-8, b) {
		return k.badFrame(t)
	}
	fp := le.Uint64(b[abi.Frame64FPState:])
	if fp != 0 {
		fx := make([]byte, emu.FXSize)
		if !t.proc.mm.Read(fp, fx) || !k.loadFPU(t, fx, fp) {
			return k.badFrame(t)
		}
	}
	for i, r := range regs64 {
		c.GPR[r] = le.Uint64(b[abi.Frame64Regs+8*i:])
	}
	rip := le.Uint64(b[abi.Frame64Regs+128:])
	c.RFLAGS = c.RFLAGS&^fixedFlags | le.Uint64(b[abi.Frame64Regs+136:])&fixedFlags
	cs, ss := le.Uint16(b[abi.Frame64Segs:]), le.Uint16(b[abi.Frame64SS:])
	t.blocked = sigset(le.Uint64(b[abi.Frame64Mask:])) &^ unblockable
	t.alt = altStack{sp: le.Uint64(b[abi.Frame64Stack:]), size: le.Uint64(b[abi.Frame64Stack+16:]),
		flags: le.Uint32(b[abi.Frame64Stack+8:]) & abi.SS_AUTODISARM}
	c.RIP = rip
	if le.Uint64(b[abi.Frame64UC:])&abi.UC_STRICT_RESTORE_SS == 0 && cs|3 == k.layoutOf(x86.AMD64).CS {
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

// put64 encodes siginfo_t as 64-bit programs see it.
func (i sigInfo) put64(b []byte) {
	le.PutUint32(b, uint32(i.signo))
	le.PutUint32(b[8:], uint32(i.code))
	switch {
	case i.hasAddr():
		le.PutUint64(b[16:], i.addr)
	case i.signo == abi.SIGCHLD && i.code > 0:
		le.PutUint32(b[16:], uint32(i.pid))
		le.PutUint32(b[20:], i.uid)
		le.PutUint32(b[24:], uint32(i.status))
	default:
		le.PutUint32(b[16:], uint32(i.pid))
		le.PutUint32(b[20:], uint32(i.status))
		le.PutUint64(b[24:], i.value)
	}
}

// put32 encodes siginfo_t as 32-bit programs see it.
func (i sigInfo) put32(b []byte) {
	le.PutUint32(b, uint32(i.signo))
	le.PutUint32(b[8:], uint32(i.code))
	switch {
	case i.hasAddr():
		le.PutUint32(b[12:], uint32(i.addr))
	case i.signo == abi.SIGCHLD && i.code > 0:
		le.PutUint32(b[12:], uint32(i.pid))
		le.PutUint32(b[16:], i.uid)
		le.PutUint32(b[20:], uint32(i.status))
	default:
		le.PutUint32(b[12:], uint32(i.pid))
		le.PutUint32(b[16:], uint32(i.status))
		le.PutUint32(b[20:], uint32(i.value))
	}
}

// hasAddr reports whether si_addr is used: signals of exceptions.
func (i sigInfo) hasAddr() bool { return i.code > 0 && synchronous.has(i.signo) }
