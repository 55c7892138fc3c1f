package linux

import (
	"cmp"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// What a uprobes layer asks of the kernel beside Hooks.

// Processes lists the processes that have an address space, by number.
func (k *Kernel) Processes() []*Process {
	var l []*Process
	for _, p := range k.procs {
		if p.mm != nil {
			l = append(l, p)
		}
	}
	slices.SortFunc(l, func(a, b *Process) int { return cmp.Compare(a.PID, b.PID) })
	return l
}

// CPU is the vCPU that the thread is on, or nil.
func (t *Thread) CPU() *emu.CPU { return t.cpu }

// AltStack is the stack that the thread has given for signals; size 0: none.
func (t *Thread) AltStack() (start, size uint64) { return t.alt.sp, t.alt.size }

// TrapNo is the vector of the thread's last exception that became a signal,
// as sigcontext shows it.
func (t *Thread) TrapNo() uint64 { return t.trapNo }

// SetTrapNo changes what TrapNo gives.
func (t *Thread) SetTrapNo(n uint64) { t.trapNo = n }

// SendTrap sends SIGTRAP to the thread as if it had done so itself.
func (t *Thread) SendTrap() { t.send(sigInfo{signo: abi.SIGTRAP, code: abi.SI_USER, pid: t.proc.PID}) }

// ForceTrap sends a SIGTRAP of the kernel that cannot be blocked.
func (t *Thread) ForceTrap() { t.force(sigInfo{signo: abi.SIGTRAP, code: abi.SI_KERNEL}) }

// ForceIll sends a SIGILL of the kernel that cannot be blocked.
func (t *Thread) ForceIll() { t.force(sigInfo{signo: abi.SIGILL, code: abi.SI_KERNEL}) }

// FatalPending reports whether SIGKILL waits for the thread.
func (t *Thread) FatalPending() bool { return t.fatalPending() }
