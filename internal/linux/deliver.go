package linux

import (
	"math"

	"trapline/internal/emu"
	"trapline/internal/emu/regs"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// Deliver takes an exception or software interrupt that a thread met in
// ring 3 (emu.Kernel): the event's delivery is from ring 3 to ring 0. No gate
// and no frame in guest memory are involved: the kernel is Go, and what it
// does at once is done in the same step. The vCPU itself never leaves ring 3.
func (k *Kernel) Deliver(m *emu.Machine, c *emu.CPU, trap emu.Trap) {
	d := m.Event().BeginDelivery()
	d.Trap, d.From = trap, uint8(c.CPL)
	t := k.current[c.ID]
	switch {
	case trap.Kind == emu.SoftwareInt && trap.Vector == 0x80:
		k.enter(t, true)
	case trap.Vector == x86.VecPF:
		k.pageFault(t, trap)
	case trap.Vector == x86.VecBP || trap.Vector == x86.VecDB:
		if k.cfg.Hooks == nil || !k.cfg.Hooks.Trap(t, trap) {
			k.exception(t, trap)
		} else {
			t.Note(emu.Note{Kind: NoteKernel, Text: "the trap is the uprobes' business: TIF_UPROBE is set", ID: "U3"})
		}
	case trap.Vector == x86.VecGP && trap.Kind == emu.Exception && k.fixUMIP(t):
	case trap.Kind == emu.SoftwareInt && trap.Vector != x86.VecOF:
		// The gate's DPL is 0: #GP with the vector, at the instruction (SDM vol. 3, 6.12.1.1).
		c.Core = m.Event().Before
		k.exception(t, *emu.FaultErr(x86.VecGP, uint32(trap.Vector)<<3|2))
	default:
		k.exception(t, trap)
	}
}

// Hypercall: there is no kernel text.
func (k *Kernel) Hypercall(*emu.Machine, *emu.CPU, uint64) bool { return false }

// Syscall runs SYSCALL on x86-64 and SYSENTER on i386. SYSCALL is undefined
// under a 32-bit kernel, which leaves EFER.SCE clear. Of a 64-bit program's
// 32-bit code, AMD's processors have SYSCALL, with the second argument in EBP
// (entry_SYSCALL_compat), Intel's SYSENTER.
func (k *Kernel) Syscall(m *emu.Machine, c *emu.CPU, sysenter bool) bool {
	t := k.current[c.ID]
	small, intel := c.Code64 == 0, m.Vendor == emu.Intel
	switch {
	case sysenter && small && (m.Arch == x86.I386 || intel):
		k.fastCall(t, c.GPR[x86.RBP]&math.MaxUint32)
	case sysenter || m.Arch == x86.I386 || small && intel:
		return false
	case small:
		c.GPR[x86.RCX] = c.GPR[x86.RBP]
		k.fastCall(t, c.GPR[x86.RSP]&math.MaxUint32)
	default:
		c.GPR[x86.RCX], c.GPR[x86.R11] = c.RIP, c.RFLAGS
		k.setReturn(t, x86.AMD64)
		k.enter(t, false)
	}
	return true
}

// Error code bits as sigcontext shows them for addresses above the user's.
const hiddenProt = uint64(emu.PFProt)

// pageFault brings the page in or sends SIGSEGV or SIGBUS.
func (k *Kernel) pageFault(t *Thread, trap emu.Trap) {
	need, code := mm.ProtRead, uint64(trap.ErrCode)
	switch {
	case trap.ErrCode&emu.PFWrite != 0:
		need = mm.ProtWrite
	case t.fetched(trap):
		need = mm.ProtExec
		code |= uint64(emu.PFFetch) // the 32-bit kernel runs with NX too
	}
	va := trap.CR2
	info := sigInfo{signo: abi.SIGSEGV, code: abi.SEGV_MAPERR, addr: va}
	if va >= t.proc.mm.TaskSize() {
		code |= hiddenProt // whether a kernel page is there is not told
	} else {
		mended := t.mending(va)
		switch t.proc.mm.Fault(va, need) {
		case mm.FaultDone:
			t.Note(emu.Note{Kind: NoteFault, Text: mended, Addr: va})
			return
		case mm.FaultEnd:
			return
		case mm.FaultAccess:
			info.code = abi.SEGV_ACCERR
			if v := t.proc.mm.Find(va); v.Prot == 0 {
				code &^= hiddenProt
			}
		case mm.FaultBus:
			info.signo, info.code = abi.SIGBUS, abi.BUS_ADRERR
		}
	}
	t.fault(trap, code, va, info)
}

// mending says what a fault at va that is no error does, or "" if nobody asks.
func (t *Thread) mending(va uint64) string {
	if !t.k.tells() {
		return ""
	}
	mm := t.proc.mm
	v := mm.Find(va)
	pte, present := mm.Space().Lookup(va)
	switch {
	case v == nil:
		return "the stack grows"
	case present && mm.MayWrite(v, pte):
		return "the page is the process's alone: it may write"
	case present:
		return "the page is copied on write"
	case v.Inode != nil:
		return "a page of " + v.Inode.Path + " is brought in"
	}
	return "a zeroed page is brought in"
}

// fetched reports whether a page fault was an instruction fetch. Error codes
// of 32-bit machines do not say so here: it was one if the page is where the
// instruction lies and cannot be executed.
func (t *Thread) fetched(trap emu.Trap) bool {
	if t.k.m.Arch == x86.AMD64 {
		return trap.ErrCode&emu.PFFetch != 0
	}
	const longest = 15
	if trap.CR2-t.cpu.LinearPC() >= longest {
		return false
	}
	pte, ok := t.proc.mm.Space().Lookup(trap.CR2)
	return !ok || pte.Prot&emu.Exec == 0 || pte.Prot&emu.User == 0
}

// exception turns what the processor raised into a signal (arch/x86's traps).
func (k *Kernel) exception(t *Thread, trap emu.Trap) {
	ip := t.cpu.LinearPC()
	if k.cfg.Hooks != nil {
		ip = k.cfg.Hooks.TrapAddr(t, ip)
	}
	info := sigInfo{signo: abi.SIGSEGV, code: abi.SI_KERNEL}
	switch trap.Vector {
	case x86.VecDE:
		info = sigInfo{signo: abi.SIGFPE, code: abi.FPE_INTDIV, addr: ip}
	case x86.VecDB:
		info = sigInfo{signo: abi.SIGTRAP, code: trapCode(trap), addr: ip}
		t.cpu.Sys.DR[6] = emu.DR6Fixed
		t.debugTrap(trap)
	case x86.VecBP:
		info = sigInfo{signo: abi.SIGTRAP, code: abi.SI_KERNEL}
	case x86.VecUD:
		info = sigInfo{signo: abi.SIGILL, code: abi.ILL_ILLOPN, addr: ip}
	case x86.VecMF, x86.VecXM:
		code := k.floatCode(t.cpu, trap.Vector)
		if code == 0 {
			return
		}
		info = sigInfo{signo: abi.SIGFPE, code: code, addr: ip}
	case x86.VecAC:
		info = sigInfo{signo: abi.SIGBUS, code: abi.BUS_ADRALN}
	case x86.VecNP, x86.VecSS:
		info = sigInfo{signo: abi.SIGBUS, code: abi.SI_KERNEL}
	}
	t.fault(trap, uint64(trap.ErrCode), t.cr2, info)
}

// floatCode is the si_code of the unmasked exception that the x87 unit or MXCSR shows, or 0 for none
// (fpu__exception_code).
func (k *Kernel) floatCode(c *emu.CPU, vector x86.Vector) int32 {
	var fx [emu.FXSize]byte
	k.m.FXSave(c, &fx)
	raised := le.Uint16(fx[regs.FXStatus:]) &^ le.Uint16(fx[regs.FXControl:])
	if vector == x86.VecXM {
		mxcsr := le.Uint16(fx[regs.FXMXCSR:])
		raised = mxcsr &^ (mxcsr >> 7)
	}
	const invalid, denormal, zeroDiv, overflow, underflow, inexact = 1, 2, 4, 8, 16, 32
	switch {
	case raised&invalid != 0:
		return abi.FPE_FLTINV
	case raised&zeroDiv != 0:
		return abi.FPE_FLTDIV
	case raised&overflow != 0:
		return abi.FPE_FLTOVF
	case raised&(underflow|denormal) != 0:
		return abi.FPE_FLTUND
	case raised&inexact != 0:
		return abi.FPE_FLTRES
	}
	return 0
}

func trapCode(trap emu.Trap) int32 {
	switch {
	case trap.DR6&emu.DR6BS != 0:
		return abi.TRAP_TRACE
	case trap.DR6&0xf != 0:
		return abi.TRAP_HWBKPT
	}
	return abi.TRAP_BRKPT
}

// fault sends the signal of an exception: at once, whatever the thread
// blocks.
func (t *Thread) fault(trap emu.Trap, code, cr2 uint64, info sigInfo) {
	if t.k.tells() {
		t.k.note(NoteSignal, "%s is sent to thread %d", abi.SignalName(info.signo), t.TID)
	}
	t.trapNo, t.errCode, t.cr2 = uint64(trap.Vector), code, cr2
	// A fault saves flags with RF (SDM vol. 3, 17.3.1.1). RIP is no canonical
	// address only where the kernel's return to it faulted: the flags are the
	// program's then, as seen on a processor.
	if isFault(trap) && t.cpu.Canonical(t.cpu.RIP) {
		t.cpu.RFLAGS |= x86.RF
	}
	t.force(info)
}

func isFault(trap emu.Trap) bool {
	return trap.Kind == emu.Exception && trap.Vector != x86.VecDB
}
