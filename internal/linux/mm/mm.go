package mm

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/page"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// Memory is what the address spaces of a machine share.
type Memory struct {
	machine *emu.Machine
	pages   *page.Allocator
	files   *vfs.Overlay
	tables  Tables
	hooks   Hooks // nil: none
	kernel  Kernel
}

// Kernel is what address spaces ask of their kernel.
type Kernel interface {
	MapKernel(*emu.Space) error        // maps what every address space has of the kernel
	Leave(*emu.Space)                  // takes vCPUs off an address space that goes
	Drain()                            // has the vCPU of the step under way empty its store buffer
	InterruptUsers(*MM)                // has the vCPUs that run an address space do so (flush_tlb_mm_range())
	Telling() bool                     // reports whether a step is under way whose event is read
	MayLock(mm *MM, bytes uint64) bool // reports whether RLIMIT_MEMLOCK lets so many be locked
	StackLimit(*MM) uint64             // is RLIMIT_STACK, in bytes
	NoMemory()                         // ends the run
	Close(File)                        // gives up a hold of a file (fput())
}

// File is an open file of the kernel's.
type File interface {
	state.Object
	Hold()         // takes a hold (get_file())
	Path() string  // absolute, as it is now
	Shown() string // Path as /proc shows it, also of a file that has none any more
}

// Hooks are told of mappings.
type Hooks interface {
	// Mapped follows every mapping of a file that can be executed from now
	// on: mmap, execve, mprotect. v lies in mm.
	Mapped(mm *MM, v *VMA)
	// Unmapping precedes munmap and its like.
	Unmapping(mm *MM, start, end uint64)
	// Exited precedes the end of an address space: exit or execve.
	Exited(mm *MM)
}

// NewMemory is for address spaces of a machine.
func NewMemory(m *emu.Machine, pages *page.Allocator, files *vfs.Overlay, hooks Hooks, kernel Kernel) *Memory {
	return &Memory{machine: m, pages: pages, files: files, tables: TablesOf[m.Arch], hooks: hooks, kernel: kernel}
}

// MM is the address space of one process, shared by its threads (and by a
// vfork child until it execs). The pages themselves are in its emu.Space.
type MM struct {
	shared *Memory
	space  *emu.Space
	vmas   []*VMA // in address order, not overlapping
	Users  int    // processes

	mmapBase      uint64
	StartBrk, Brk uint64
	StartStack    uint64 // the stack pointer that the program began with
	ArgStart      uint64 // of the argument strings on the stack
	ArgEnd        uint64
	EnvEnd        uint64 // of the environment, which begins at ArgEnd
	Exe           File   // its program
	Auxv          []byte
	abi           x86.Arch // its programs' width, which may be below the kernel's
	Layout        *Layout  // chosen by New; after the start of a program all that counts follows from abi
	VDSO          uint64   // address of the vDSO
	LockFuture    Locking  // of mappings to come (mlockall(2))
	ldtEntries    int      // size of the local descriptor table, which is in the space; 0: there is none
	Barriers      uint8    // what it has registered for: MEMBARRIER_CMD_REGISTER_*
	Probes        any      // what the uprobes layer keeps of this address space
}

// Space is the machine's address space behind mm.
func (mm *MM) Space() *emu.Space { return mm.space }

// Kernel is the kernel that mm belongs to.
func (mm *MM) Kernel() Kernel { return mm.shared.kernel }

// ABI is the width of the address space's programs.
func (mm *MM) ABI() x86.Arch { return mm.abi }

// TaskSize is the first address that is not the user's.
func (mm *MM) TaskSize() uint64 { return mm.Layout.TaskSize }

// New makes an address space for programs of a width that the kernel runs. Without
// randomisation (ADDR_NO_RANDOMIZE) the stack ends where the user's addresses do.
func (m *Memory) New(abi x86.Arch, noRandomize bool) (*MM, error) {
	l := LayoutOf(m.machine.Arch, abi)
	if noRandomize {
		l = stackAtEnd[l]
	}
	mm := &MM{shared: m, space: m.machine.NewSpace(), Users: 1, abi: abi, Layout: l, mmapBase: l.mmapBase}
	if abi != m.machine.Arch {
		mm.space.RunCompatible()
	}
	return mm, m.kernel.MapKernel(mm.space)
}

// pteProt is the page permission of a vma; write says whether the page may be
// written in place.
func pteProt(v *VMA, write bool) emu.Prot {
	if v.Prot == 0 {
		return 0 // PROT_NONE: out of the user's sight
	}
	p := emu.User
	if v.Prot&ProtExec != 0 {
		p |= emu.Exec
	}
	if v.Prot&ProtWrite != 0 && write {
		p |= emu.Write
	}
	return p
}

// DropPages unmaps the pages of [start, end) and frees their frames.
func (mm *MM) DropPages(start, end uint64) {
	mm.shared.kernel.InterruptUsers(mm)
	skip := mm.skipTo(end)
	for va := start; va < end; {
		n := 0
		for ; va+uint64(n)*emu.PageSize < end; n++ {
			pte, ok := mm.space.Lookup(va + uint64(n)*emu.PageSize)
			if !ok {
				break
			}
			mm.shared.pages.Put(pte.Frame)
		}
		if n == 0 {
			va = skip(va)
			continue
		}
		mm.space.Unmap(va, n)
		va += uint64(n) * emu.PageSize
	}
}

// skipTo is a function that gives, for a page that is absent, the next one below end that may be present: over a large gap
// the next that is.
func (mm *MM) skipTo(end uint64) func(va uint64) uint64 {
	const largeGap = 64 // pages
	var present []uint64
	listed := false
	return func(va uint64) uint64 {
		va += emu.PageSize
		if (end-va)/emu.PageSize < largeGap {
			return va
		}
		if !listed {
			present, listed = mm.space.PagesBetween(va, end), true
		}
		i, _ := slices.BinarySearch(present, va)
		if present = present[i:]; len(present) == 0 {
			return end
		}
		return present[0]
	}
}

// Unmap removes every mapping in [start, end).
func (mm *MM) Unmap(start, end uint64) {
	if mm.Free(start, end) {
		return
	}
	if h := mm.shared.hooks; h != nil {
		h.Unmapping(mm, start, end)
	}
	for _, v := range mm.Within(start, end) {
		mm.DropPages(v.Start, v.End)
		mm.remove(mm.Index(v.Start))
	}
}

// Add makes v part of the address space; nothing may be mapped there.
func (mm *MM) Add(v *VMA) {
	mm.Insert(v)
	if h := mm.shared.hooks; h != nil && v.Inode != nil {
		h.Mapped(mm, mm.Find(v.Start))
	}
}

// Protect changes the protection of [start, end), all of it mapped.
func (mm *MM) Protect(start, end uint64, p Prot) {
	mm.shared.kernel.InterruptUsers(mm)
	for _, v := range mm.Within(start, end) {
		if v.Prot == p {
			continue
		}
		gainsExec := p&ProtExec != 0 && v.Prot&ProtExec == 0
		v.Prot = p
		skip := mm.skipTo(v.End)
		for va := v.Start; va < v.End; {
			pte, ok := mm.space.Lookup(va)
			if !ok {
				va = skip(va)
				continue
			}
			mm.space.Protect(va, 1, pteProt(v, mm.MayWrite(v, pte)))
			va += emu.PageSize
		}
		if h := mm.shared.hooks; h != nil && v.Inode != nil && gainsExec {
			h.Mapped(mm, v)
		}
	}
	mm.mergeWithin(start, end)
}

// MayWrite reports whether a page of v may be written where it is: shared
// memory, or a private page that nobody else holds.
func (mm *MM) MayWrite(v *VMA, pte emu.PTE) bool {
	return v.Shared || mm.shared.pages.Alone(pte.Frame)
}

// Drop gives the address space back once its last process is gone.
func (mm *MM) Drop() {
	if mm.Users--; mm.Users > 0 {
		return
	}
	if h := mm.shared.hooks; h != nil {
		h.Exited(mm)
	}
	for _, v := range mm.vmas {
		mm.DropPages(v.Start, v.End)
		mm.release(v)
	}
	mm.vmas = nil
	mm.dropLDT()
	if mm.Exe != nil {
		mm.shared.kernel.Close(mm.Exe)
	}
	mm.shared.kernel.Leave(mm.space)
	mm.shared.machine.DropSpace(mm.space)
}

// copyThreshold is how many private pages fork copies at once; above it they
// are shared and copied on write. Copying keeps the parent's pages as they
// are, which for small processes costs less than the faults.
const copyThreshold = 8192

// Fork makes a copy of mm.
func (mm *MM) Fork() (*MM, error) {
	mm.shared.kernel.InterruptUsers(mm)
	n, err := mm.shared.New(mm.abi, false)
	if err != nil {
		return nil, err
	}
	n.Layout, n.StartStack = mm.Layout, mm.StartStack
	n.mmapBase, n.StartBrk, n.Brk = mm.mmapBase, mm.StartBrk, mm.Brk
	n.ArgStart, n.ArgEnd, n.EnvEnd, n.Auxv, n.VDSO = mm.ArgStart, mm.ArgEnd, mm.EnvEnd, mm.Auxv, mm.VDSO
	n.Barriers = mm.Barriers
	if mm.Exe != nil {
		n.Exe = mm.Exe
		n.Exe.Hold()
	}
	if !mm.copyLDT(n) {
		return nil, ErrNoMemory
	}
	private := mm.privatePages()
	for _, v := range mm.vmas {
		if v.DontCopy {
			continue
		}
		c := *v
		c.Locked = NotLocked
		n.Insert(&c)
		if v.WipeOnFork {
			continue
		}
		if err := mm.copyPages(n, v, private <= copyThreshold); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// privatePages counts the pages that only this address space holds.
func (mm *MM) privatePages() int {
	n := 0
	for _, v := range mm.vmas {
		if v.Shared {
			continue
		}
		mm.eachPage(v, func(va uint64, pte emu.PTE) {
			if mm.shared.pages.Alone(pte.Frame) {
				n++
			}
		})
	}
	return n
}

func (mm *MM) eachPage(v *VMA, do func(va uint64, pte emu.PTE)) {
	skip := mm.skipTo(v.End)
	for va := v.Start; va < v.End; {
		pte, ok := mm.space.Lookup(va)
		if !ok {
			va = skip(va)
			continue
		}
		do(va, pte)
		va += emu.PageSize
	}
}

// copyPages gives n the pages of v: private ones copied now, or shared
// read-only until one side writes; others shared as they are.
func (mm *MM) copyPages(n *MM, v *VMA, now bool) error {
	var err error
	run := frameRun{mm: n, v: v}
	mm.eachPage(v, func(va uint64, pte emu.PTE) {
		if err != nil {
			return
		}
		if !v.Shared && mm.shared.pages.Alone(pte.Frame) {
			if now {
				err = run.flush()
				if err == nil {
					err = n.copyFrame(v, va, pte.Frame)
				}
				return
			}
			mm.space.Protect(va, 1, pteProt(v, false))
		}
		mm.shared.pages.Get(pte.Frame)
		e := run.Add(va, pte.Frame, pteProt(v, v.Shared))
		if err == nil {
			err = e
		}
	})
	if err != nil {
		return err
	}
	return run.flush()
}

// copyFrame maps a private copy of f at va.
func (mm *MM) copyFrame(v *VMA, va uint64, f emu.Frame) error {
	c, n := mm.shared.pages.Alloc(1)
	if n == 0 {
		return ErrNoMemory
	}
	mm.shared.pages.MarkDirty(c)
	copy(mm.shared.pages.Bytes(c), mm.shared.pages.Bytes(f))
	return mm.space.Map(va, c, 1, pteProt(v, true))
}

// frameRun gathers pages that follow each other in memory and in address, so
// that they are mapped in one piece.
type frameRun struct {
	mm    *MM
	v     *VMA
	va    uint64
	first emu.Frame
	n     int
	prot  emu.Prot
}

func (r *frameRun) Add(va uint64, f emu.Frame, p emu.Prot) error {
	if r.n > 0 && va == r.va+uint64(r.n)*emu.PageSize && f == r.first+emu.Frame(r.n) && p == r.prot {
		r.n++
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.va, r.first, r.n, r.prot = va, f, 1, p
	return nil
}

func (r *frameRun) flush() error {
	if r.n == 0 {
		return nil
	}
	n := r.n
	r.n = 0
	return r.mm.space.Map(r.va, r.first, n, r.prot)
}
