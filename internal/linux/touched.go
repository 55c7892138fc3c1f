package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// What vCPUs share beside memory and page tables: values of the kernel's cells.
const (
	valueKernel   = iota // what only the kernel's work reads: every piece of it counts as a change
	valueEveryone        // what may decide how any thread's instructions go on
	valueFiles           // pages of files that others see too, which calls change unsaid
)

// touch records what the step just made used of the kernel (V2). Steps of the
// kernel's work are dependent on each other. One that may do more to other
// threads than to write memory or entries of the page table, or read more of
// theirs than the event says, is dependent on every instruction too.
func (k *Kernel) touch(ev *emu.Event) {
	d := k.m.Door()
	if ev.Kind == emu.StepInstruction && !k.entered {
		d.Touch(k.cells.Loc(valueEveryone), emu.Reads)
		return
	}
	d.Touch(k.cells.Loc(valueKernel), emu.Writes)
	use := emu.Reads
	if k.reaches || k.bound != NoBound || k.awaitsTime() || !k.ofOneThread(ev) {
		use = emu.Writes
		if k.sharesMemory() {
			d.Touch(k.cells.Loc(valueFiles), emu.Writes)
		}
	}
	d.Touch(k.cells.Loc(valueEveryone), use)
}

// MemoryOrder tells how uses of a location that is none of memory are ordered,
// for a certificate. Where an entry of a page table goes or allows less, its
// users are interrupted, and to miss one that comes is a page fault; what else
// an instruction uses of the kernel is changed by interrupting its vCPU.
func (k *Kernel) MemoryOrder(l emu.Loc) emu.Order {
	switch l {
	case k.cells.Loc(valueFiles):
		return emu.Unsaid
	case k.cells.Loc(valueKernel), k.cells.Loc(valueEveryone):
		return emu.Drained
	}
	if l.IsPage() {
		return emu.Drained
	}
	return emu.Buffered
}

// Read records through d that something of the kernel's own state is read,
// whatever it is.
func (k *Kernel) Read(d emu.Door) {
	d.Touch(k.cells.Loc(valueKernel), emu.Reads)
	d.Touch(k.cells.Loc(valueEveryone), emu.Reads)
}

// readsClock records that the guest is told the time, or a point in time is
// made from it.
func (k *Kernel) readsClock() { k.m.Door().ReadsClock(emu.TimeLoc) }

// ofOneThread reports whether the kernel's work concerns one thread: the traps
// and micro-steps of a uprobe's hit, page faults, a vCPU's change of threads
// (but for blocked calls that are tried again: see wake), and calls that calledAlone knows.
func (k *Kernel) ofOneThread(ev *emu.Event) bool {
	if k.entered {
		return true
	}
	if d := ev.Delivery; d != nil {
		switch d.Trap.Vector {
		case x86.VecBP, x86.VecDB:
			return true
		case x86.VecPF:
			return !k.sharesMemory()
		}
		return false
	}
	return ev.Micro != nil && ev.Micro.Alone
}

// calledAlone reports whether the call that t has just made concerned t only,
// blocked threads, and memory that it read and wrote by MM's methods. The end
// of an address space reads all of it, which matters where others share pages.
func (k *Kernel) calledAlone(t *Thread) bool {
	switch t.call.name() {
	case "write":
		f := t.proc.files.get(t.call.fd(0))
		return f == nil || f.host == nil
	case "clone":
		return t.call.arg[0]&abi.CLONE_THREAD != 0
	case "exit":
		return len(t.proc.thr) > 0 || len(k.threads) == 0
	}
	return false
}

// sharesMemory reports whether a page may be written while a private copy of
// it is made: the event does not tell of the copy's source.
func (k *Kernel) sharesMemory() bool {
	for _, p := range k.procs {
		if p.mm == nil {
			continue
		}
		for _, v := range p.mm.VMAs() {
			if v.Shared {
				return true
			}
		}
	}
	return false
}

// awaitsTime reports whether something happens at a time: the number of
// instructions that all threads have run then decides when.
func (k *Kernel) awaitsTime() bool {
	if k.timerAt != never || k.cpuTimed {
		return true
	}
	for _, t := range k.threads {
		if t.state == stateBlocked && t.wait.deadline != never {
			return true
		}
	}
	return false
}
