package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// MM is the address space of one process, shared by its threads (and by a
// vfork child until it execs). The pages themselves are in its emu.Space.
type MM struct {
	k     *Kernel
	space *emu.Space
	vmas  []*VMA // in address order, not overlapping
	users int    // processes

	mmapBase      uint64
	startBrk, brk uint64
	argStart      uint64 // of the argument strings on the stack
	argEnd        uint64
	exe           *File
	auxv          []byte
	abi           x86.Arch // its programs' width, which may be below the kernel's
	layout        *layout  // follows from abi
	vdso          uint64   // 32-bit programs: address of the vDSO
	lockFuture    locking  // of mappings to come (mlockall(2))
	ldtEntries    int      // size of the local descriptor table, which is in the space; 0: there is none
	barriers      uint8    // what it has registered for: MEMBARRIER_CMD_REGISTER_*
	Probes        any      // what the uprobes layer keeps of this address space
}

// Space is the machine's address space behind mm.
func (mm *MM) Space() *emu.Space { return mm.space }

// ABI is the width of the address space's programs.
func (mm *MM) ABI() x86.Arch { return mm.abi }

// TaskSize is the first address that is not the user's.
func (mm *MM) TaskSize() uint64 { return mm.layout.taskSize }

// newMM makes an address space for programs of a width that the kernel runs.
func (k *Kernel) newMM(abi x86.Arch) (*MM, error) {
	l := k.layoutOf(abi)
	mm := &MM{k: k, space: k.m.NewSpace(), users: 1, abi: abi, layout: l, mmapBase: l.mmapBase}
	if abi != k.m.Arch {
		mm.space.RunCompatible()
	}
	err := mm.space.Map(k.tables.gdt, k.gdt, len(k.m.CPUs), emu.Write)
	return mm, err
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

// dropPages unmaps the pages of [start, end) and frees their frames.
func (mm *MM) dropPages(start, end uint64) {
	mm.interruptUsers()
	skip := mm.skipTo(end)
	for va := start; va < end; {
		n := 0
		for ; va+uint64(n)*emu.PageSize < end; n++ {
			pte, ok := mm.space.Lookup(va + uint64(n)*emu.PageSize)
			if !ok {
				break
			}
			mm.k.pages.Put(pte.Frame)
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

// unmap removes every mapping in [start, end).
func (mm *MM) unmap(start, end uint64) {
	if mm.free(start, end) {
		return
	}
	if h := mm.k.cfg.Hooks; h != nil {
		h.Unmapping(mm, start, end)
	}
	for _, v := range mm.within(start, end) {
		mm.dropPages(v.Start, v.End)
		mm.remove(mm.index(v.Start))
	}
}

// add makes v part of the address space; nothing may be mapped there.
func (mm *MM) add(v *VMA) {
	mm.insert(v)
	if h := mm.k.cfg.Hooks; h != nil && v.Inode != nil {
		h.Mapped(mm, mm.Find(v.Start))
	}
}

// protect changes the protection of [start, end), all of it mapped.
func (mm *MM) protect(start, end uint64, p Prot) {
	mm.interruptUsers()
	for _, v := range mm.within(start, end) {
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
			mm.space.Protect(va, 1, pteProt(v, mm.mayWrite(v, pte)))
			va += emu.PageSize
		}
		if h := mm.k.cfg.Hooks; h != nil && v.Inode != nil && gainsExec {
			h.Mapped(mm, v)
		}
	}
	mm.mergeWithin(start, end)
}

// mayWrite reports whether a page of v may be written where it is: shared
// memory, or a private page that nobody else holds.
func (mm *MM) mayWrite(v *VMA, pte emu.PTE) bool {
	return v.Shared || mm.k.pages.Alone(pte.Frame)
}

// drop gives the address space back once its last process is gone.
func (mm *MM) drop() {
	if mm.users--; mm.users > 0 {
		return
	}
	if h := mm.k.cfg.Hooks; h != nil {
		h.Exited(mm)
	}
	for _, v := range mm.vmas {
		mm.dropPages(v.Start, v.End)
		if v.Inode != nil {
			mm.k.dropInode(v.Inode)
		}
	}
	mm.vmas = nil
	mm.dropLDT()
	if mm.exe != nil {
		mm.k.closeFile(mm.exe)
	}
	mm.k.leave(mm.space)
	mm.k.m.DropSpace(mm.space)
}

// copyThreshold is how many private pages fork copies at once; above it they
// are shared and copied on write. Copying keeps the parent's pages as they
// are, which for small processes costs less than the faults.
const copyThreshold = 8192

// fork makes a copy of mm.
func (mm *MM) fork() (*MM, error) {
	mm.interruptUsers()
	n, err := mm.k.newMM(mm.abi)
	if err != nil {
		return nil, err
	}
	n.mmapBase, n.startBrk, n.brk = mm.mmapBase, mm.startBrk, mm.brk
	n.argStart, n.argEnd, n.auxv, n.vdso = mm.argStart, mm.argEnd, mm.auxv, mm.vdso
	n.barriers = mm.barriers
	if mm.exe != nil {
		n.exe = mm.exe
		n.exe.refs++
	}
	if !mm.copyLDT(n) {
		return nil, errNoMemory
	}
	private := mm.privatePages()
	for _, v := range mm.vmas {
		if v.DontCopy {
			continue
		}
		c := *v
		c.Locked = notLocked
		n.insert(&c)
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
			if mm.k.pages.Alone(pte.Frame) {
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
		if !v.Shared && mm.k.pages.Alone(pte.Frame) {
			if now {
				err = run.flush()
				if err == nil {
					err = n.copyFrame(v, va, pte.Frame)
				}
				return
			}
			mm.space.Protect(va, 1, pteProt(v, false))
		}
		mm.k.pages.Get(pte.Frame)
		e := run.add(va, pte.Frame, pteProt(v, v.Shared))
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
	c, n := mm.k.pages.Alloc(1)
	if n == 0 {
		return errNoMemory
	}
	mm.k.pages.MarkDirty(c)
	copy(mm.k.pages.Bytes(c), mm.k.pages.Bytes(f))
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

func (r *frameRun) add(va uint64, f emu.Frame, p emu.Prot) error {
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
