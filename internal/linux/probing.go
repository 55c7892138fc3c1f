package linux

import (
	"cmp"
	"io/fs"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// What a uprobes layer asks of the kernel beside Hooks.

// Stat is stat(2) of an absolute path in the whole tree, whether or not the
// guest may see it.
func (f *FS) Stat(p string) (fs.FileInfo, error) {
	if t, ok := f.tree.(*namedTree); ok {
		f = &FS{tree: t.hostTree}
	}
	return f.lstat(p, true)
}

// ReadInode copies bytes of a mapped file from off on; it returns how many
// there are.
func (k *Kernel) ReadInode(n *Inode, off uint64, b []byte) int {
	done := 0
	for done < len(b) && off < uint64(n.Size) {
		f, ok := k.inodeFrame(n, off/emu.PageSize)
		if !ok {
			break
		}
		page := k.m.Mem.Bytes(f)[off%emu.PageSize:]
		step := copy(b[done:], page[:min(uint64(len(page)), uint64(n.Size)-off)])
		done += step
		off += uint64(step)
	}
	return done
}

// Kernel is the kernel that mm belongs to.
func (mm *MM) Kernel() *Kernel { return mm.k }

// AllowExec clears NX on the page of va, whatever its mapping says, until the
// page is mapped anew; false if it is not there.
func (mm *MM) AllowExec(va uint64) bool {
	pte, ok := mm.space.Lookup(va)
	if ok {
		mm.space.Protect(pageFloor(va), 1, pte.Prot|emu.Exec)
	}
	return ok
}

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
