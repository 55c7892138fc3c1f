package linux

import "trapline/internal/linux/abi"

// Store buffers (emu.Config.StoreBuffer, row T2). What the kernel stores is its
// vCPU's, and goes to its buffer, as long as nothing in the kernel's way is a
// locked instruction. Exceptions and interrupts drain by their delivery, so a
// page fault does, int 0x80 and the end of a turn. SYSCALL, SYSENTER and SYSRET
// are not serialising and drain nothing (SDM vol. 3, 9.3): what a call does is
// what drains. Each takes a lock or a reference, but for those in lockless; a
// change of threads has a full barrier (__schedule, smp_mb__after_spinlock),
// and the way back from a signal's frame is IRET.

// lockless are the calls that take no lock and no reference, and whose result
// nobody else decides.
var lockless = map[string]bool{
	"getpid": true, "gettid": true,
	"getuid": true, "geteuid": true, "getgid": true, "getegid": true, "getresuid": true, "getresgid": true,
	"getuid32": true, "geteuid32": true, "getgid32": true, "getegid32": true, "getresuid32": true, "getresgid32": true,
	"time": true, "gettimeofday": true, "clock_gettime": true, "clock_getres": true, "clock_gettime64": true, "clock_getres_time64": true,
	"getcpu": true, "set_tid_address": true, "set_robust_list": true, "rseq": true,
}

// drain notes that the step under way empties its vCPU's store buffer first.
func (k *Kernel) drain() {
	if k.telling {
		k.m.Event().Drains = true
	}
}

// interrupt has another vCPU drain its store buffer within the step under way,
// as the interrupt does that the kernel sends it and waits for. What that
// vCPU's thread has stored can matter to the step, and the other way round.
func (k *Kernel) interrupt(id int) {
	if !k.telling || id == k.m.Event().CPU || !k.m.Buffers() {
		return
	}
	k.reaches = true
	k.drain()
	k.m.Drain(id)
}

// interrupt interrupts the vCPU that t is on, if it is on one.
func (t *Thread) interrupt() {
	if t.cpu != nil {
		t.k.interrupt(t.cpu.ID)
	}
}

// interruptFor interrupts a thread that a signal has come for (kick_process).
func (t *Thread) interruptFor(signal int) {
	if !t.blocked.has(signal) {
		t.interrupt()
	}
}

// interruptAll interrupts every vCPU.
func (k *Kernel) interruptAll() {
	for id := range k.m.CPUs {
		k.interrupt(id)
	}
}

// sysMembarrier has every vCPU drain, whichever barrier is asked for. The expedited ones
// of one's own are for address spaces that have registered for them (membarrier(2)).
func sysMembarrier(k *Kernel, t *Thread, c *call) int64 {
	const (
		global   = abi.MEMBARRIER_CMD_GLOBAL | abi.MEMBARRIER_CMD_GLOBAL_EXPEDITED
		register = abi.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | abi.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | abi.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
		private  = abi.MEMBARRIER_CMD_PRIVATE_EXPEDITED | abi.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE
	)
	command, mm := c.int(0), t.proc.mm
	if c.arg[1]&0xffffffff != 0 {
		return -EINVAL
	}
	switch command {
	case abi.MEMBARRIER_CMD_QUERY:
		return global | register | private
	case abi.MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, abi.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, abi.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		mm.Barriers |= uint8(command)
		return 0
	case abi.MEMBARRIER_CMD_PRIVATE_EXPEDITED, abi.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		if mm.Barriers&uint8(command<<1) == 0 { // each is registered for by the next bit
			return -EPERM
		}
	case abi.MEMBARRIER_CMD_GLOBAL, abi.MEMBARRIER_CMD_GLOBAL_EXPEDITED:
	default:
		return -EINVAL
	}
	k.interruptAll()
	return 0
}
