package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

const (
	vdsoVsyscall    = 0x400            // __kernel_vsyscall
	vdsoSyscall     = vdsoVsyscall + 3 // where the stack is copied
	vdsoLanding     = vdsoVsyscall + 9
	vdsoSigreturn   = 0x420 // __kernel_sigreturn
	vdsoRTSigreturn = 0x430 // __kernel_rt_sigreturn
	vdsoEnd         = vdsoRTSigreturn + 7
)

// Code of the vDSO. __kernel_vsyscall saves what SYSENTER and SYSEXIT do not
// keep (push ecx, edx, ebp) and passes its stack in EBP. The kernel returns from
// a SYSENTER, wherever it was, to the landing pad (pop ebp, edx, ecx; ret)
// behind the INT 80h, which is there so that a call to be restarted is entered
// again by going back two bytes.
var (
	codeVsyscall  = []byte{0x51, 0x52, 0x55, 0x89, 0xe5, 0x0f, 0x34, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3}
	codeSigreturn = []byte{0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80} // pop eax; mov eax, sigreturn; int 80h
	// codeSyscall is in the place of the stack's copy to EBP and the SYSENTER where
	// SYSCALL is what 32-bit code has: under a 64-bit kernel on AMD's processors
	// (mov ebp, ecx; syscall).
	codeSyscall     = []byte{0x89, 0xcd, 0x0f, 0x05}
	codeRTSigreturn = []byte{0xb8, 173, 0, 0, 0, 0xcd, 0x80} // mov eax, rt_sigreturn; int 80h
)

// mapVDSO gives a 32-bit program the page with the kernel's entry by SYSENTER
// and with what handlers without a restorer return to.
func (k *Kernel) mapVDSO(mem *mm.MM) error {
	if mem.ABI() != x86.I386 {
		return nil
	}
	v, err := mem.AddSpecial(mm.VDSOName, mm.ProtRead|mm.ProtExec, 0)
	if err != nil {
		return err
	}
	mem.VDSO = v.Start
	if !mem.WriteForced(v.Start, vdsoImage) {
		return mm.ErrNoMemory
	}
	if k.m.Arch == x86.AMD64 && k.m.Vendor == emu.AMD && !mem.WriteForced(v.Start+vdsoSyscall, codeSyscall) {
		return mm.ErrNoMemory
	}
	return nil
}

// fastCall runs the system call of a SYSENTER, or of a SYSCALL of 32-bit code,
// which tell the kernel neither where they were nor, SYSENTER, their stack, which
// is in EBP then. The sixth argument lies on the stack, and the thread goes on at
// the vDSO's landing pad. A 64-bit program has none: there it faults.
func (k *Kernel) fastCall(t *Thread, stack uint64) {
	c := t.Core()
	c.RIP, c.GPR[x86.RSP] = t.proc.mm.VDSO+vdsoLanding, stack
	k.setReturn(t, x86.I386)
	arg, ok := getWord(t.proc.mm, stack, 4)
	if !ok {
		t.setResult(-EFAULT)
		return
	}
	c.GPR[x86.RBP] = arg
	k.enter(t, true)
}
