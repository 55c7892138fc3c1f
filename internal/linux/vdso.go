package linux

import (
	"math"

	"trapline/internal/emu"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// Pages of the mappings, as 6.1 has them in both widths. Of [vvar]'s the second and
// third are those of hypervisors' clocks, the fourth is a time namespace's.
const (
	vvarPages = 4
	vdsoPages = 2
)

// mapVDSO gives a program the kernel's code for user space, with [vvar] before it: a
// 32-bit one where mmap would put it, a 64-bit one above the stack, if there is room.
// There 6.1 chooses at random; here [vvar] begins where the stack ends.
func (k *Kernel) mapVDSO(mem *mm.MM) error {
	hint := uint64(0)
	if mem.ABI() == x86.AMD64 {
		hint = mem.Layout.StackTop
	}
	at, err := mem.AddSpecial(hint,
		mm.Special{Name: mm.VvarName, Prot: mm.ProtRead, Pages: vvarPages},
		mm.Special{Name: mm.VDSOName, Prot: mm.ProtRead | mm.ProtExec, Pages: vdsoPages})
	if err != nil {
		return err
	}
	mem.VDSO = at + vvarPages*emu.PageSize
	if !mem.WriteForced(mem.VDSO, vdsoImages[mem.ABI()]) {
		return mm.ErrNoMemory
	}
	if mem.ABI() == x86.I386 && k.m.Arch == x86.AMD64 && k.m.Vendor == emu.AMD && !mem.WriteForced(mem.VDSO+vdsoSyscall, codeSyscall) {
		return mm.ErrNoMemory
	}
	return nil
}

// fastCall runs the system call of a SYSENTER, or of a SYSCALL of 32-bit code,
// which tell the kernel neither where they were nor, SYSENTER, their stack, which
// is in EBP then. The sixth argument lies on the stack, and the thread goes on at
// the 32-bit vDSO's landing pad. A 64-bit program has another vDSO, and the code is
// of 32 bits: it faults where the low half of the pad's address points to.
func (k *Kernel) fastCall(t *Thread, stack uint64) {
	c := t.Core()
	c.RIP, c.GPR[x86.RSP] = (t.proc.mm.VDSO+vdsoLanding)&math.MaxUint32, stack
	k.setReturn(t, x86.I386)
	arg, ok := getWord(t.proc.mm, stack, 4)
	if !ok {
		t.setResult(-EFAULT)
		return
	}
	c.GPR[x86.RBP] = arg
	k.enter(t, true)
}
