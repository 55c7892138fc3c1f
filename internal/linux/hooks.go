package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/mm"
)

// Hooks is what a uprobes layer needs of the kernel. All methods are called
// with the machine between instructions.
type Hooks interface {
	mm.Hooks
	// Forked follows a fork: child's pages are copies of the parent's.
	// parent and child are the same MM for a new thread.
	Forked(parent, child *Thread)
	// Execed follows execve in the new address space.
	Execed(t *Thread)
	// ThreadExited follows the end of a thread, which still has its registers
	// and, if it is its process's last one, the address space.
	ThreadExited(t *Thread)
	// Trap is asked about #BP and #DB of ring 3 before the signal; true: the
	// trap was the layer's.
	Trap(t *Thread, trap emu.Trap) bool
	// TrapAddr is the address that the siginfo of a fault at ip shows: another
	// one while t steps a copied instruction.
	TrapAddr(t *Thread, ip uint64) uint64
	// ReturnToUser does the next piece of work, one micro-step, before t goes
	// on in ring 3, ahead of signals. It is asked until there is none.
	ReturnToUser(t *Thread) Resume
	// Pending reports whether ReturnToUser would have work.
	Pending(t *Thread) bool
	// HoldSignals reports whether signals for t must wait: it is stepping a
	// copied instruction. It may leave work to do to ReturnToUser.
	HoldSignals(t *Thread) bool
}

// Resume is how Hooks.ReturnToUser ended.
type Resume uint8

// Ends of ReturnToUser.
const (
	NoWork   Resume = iota // there was nothing to do
	Resumed                // a piece of work was done
	HeldBack               // t sleeps until Kernel.Changed is called
)
