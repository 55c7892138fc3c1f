package mm

import "trapline/internal/emu"

// faultAround is how many pages are brought in at once where they are
// neighbours in the same mapping: the library's mapping calls cost by the
// call, not by the page.
const faultAround = 16

// faultResult is how a page fault ended.
type faultResult uint8

const (
	FaultDone   faultResult = iota // the access can be made again
	faultMap                       // no mapping there: SEGV_MAPERR
	FaultAccess                    // the mapping forbids it: SEGV_ACCERR
	FaultBus                       // past the end of the file: BUS_ADRERR
	FaultEnd                       // a bound of the run was reached
)

// Fault handles an access by ring 3 to va that the page tables refused.
func (mm *MM) Fault(va uint64, need Prot) faultResult {
	mm.shared.kernel.Drain()
	v := mm.Find(va)
	if v == nil {
		if v = mm.growStack(va); v == nil {
			return faultMap
		}
	}
	if v.Prot&need == 0 && (need != ProtRead || v.Prot == 0) { // any permission implies read on x86
		return FaultAccess
	}
	if pte, ok := mm.space.Lookup(va); ok {
		return mm.faultPresent(v, va, pte, need)
	}
	if v.device() && va-v.Start >= emu.PageSize { // of clocks and namespaces that there are none of (vvar_fault())
		return FaultBus
	}
	if v.Inode != nil {
		return mm.faultFile(v, va, need)
	}
	return mm.faultZero(v, va)
}

// growStack extends the stack mapping down to va, within its limit and clear of what is mapped below (expand_downwards()).
func (mm *MM) growStack(va uint64) *VMA {
	i := mm.Index(va)
	if i == len(mm.vmas) || !mm.vmas[i].GrowsDown {
		return nil
	}
	v, page := mm.vmas[i], PageFloor(va)
	const guard = 256 * emu.PageSize // stack_guard_gap
	lowest := max(minAddress, PageCeil(v.End-min(v.End, mm.shared.kernel.StackLimit(mm))))
	if i > 0 {
		below := mm.vmas[i-1]
		lowest = max(lowest, below.End)
		if !below.GrowsDown && below.Prot != 0 {
			lowest = max(lowest, below.End+guard)
		}
	}
	if page < lowest || v.Locked != NotLocked && !mm.shared.kernel.MayLock(mm, mm.Locked()+v.Start-page) {
		return nil
	}
	const span = faultAround * emu.PageSize // more than asked for, so that its pages come in together
	if v.Start = max(lowest, page&^(span-1)); v.Locked != NotLocked {
		v.Start = page
	}
	return v
}

// faultPresent makes a private copy of a page that is written, or lets the
// only owner write it.
func (mm *MM) faultPresent(v *VMA, va uint64, pte emu.PTE, need Prot) faultResult {
	page := PageFloor(va)
	if need == ProtWrite && !mm.MayWrite(v, pte) {
		mm.shared.kernel.InterruptUsers(mm)
		if err := mm.copyFrame(v, page, pte.Frame); err != nil {
			return FaultEnd
		}
		mm.shared.pages.Put(pte.Frame)
		return FaultDone
	}
	mm.space.Protect(page, 1, pteProt(v, mm.MayWrite(v, pte)))
	return FaultDone
}

// around is the run of absent pages of v around va: at most as many as
// mm.span says, aligned by that.
func (mm *MM) around(v *VMA, va uint64) (start uint64, n int) {
	start = PageFloor(va)
	span := mm.span(v, start) * emu.PageSize
	low := max(v.Start, va&^(span-1))
	for start > low {
		if _, ok := mm.space.Lookup(start - emu.PageSize); ok {
			break
		}
		start -= emu.PageSize
	}
	end := PageFloor(va) + emu.PageSize
	high := min(v.End, va&^(span-1)+span)
	if v.Inode == nil {
		high = max(high, mm.chunkEnd(v, PageFloor(va)))
	}
	for ; end < high; end += emu.PageSize {
		if _, ok := mm.space.Lookup(end); ok {
			break
		}
	}
	return start, int((end - start) / emu.PageSize)
}

// chunkEnd is where the memory that lies above a page of v begins, if it is filled as far as it is away: mappings are placed one below
// the other, and each of them is filled upwards. 0: there is none.
func (mm *MM) chunkEnd(v *VMA, page uint64) uint64 {
	present := func(n uint64) bool {
		_, ok := mm.space.Lookup(page + n*emu.PageSize)
		return ok
	}
	room := (v.End - page) / emu.PageSize
	high := uint64(faultAround)
	for high < room && high <= mostAround && !present(high) {
		high *= 2
	}
	if high >= room || high > mostAround {
		return 0
	}
	low := high / 2 // absent, unless high is the first that was looked at
	for low+1 < high {
		if middle := (low + high) / 2; present(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	if 2*high > room || !present(high+high/2) || !present(2*high-1) {
		return 0
	}
	return page + high*emu.PageSize
}

// mostAround is how many pages are brought in at once at most.
const mostAround = 1024

// span is how many pages to bring in at once: faultAround, and more for
// anonymous memory that is filled in sequence, as many as there are before.
func (mm *MM) span(v *VMA, page uint64) uint64 {
	n := uint64(faultAround)
	for v.Inode == nil && n < mostAround {
		before := page - n*emu.PageSize
		if _, ok := mm.space.Lookup(before); !ok || before < v.Start || before > page {
			break
		}
		n *= 2
	}
	return n
}

// A program that has much memory gets frames in the order of its addresses: what the library shows of memory is in as many pieces as
// there are breaks in that order, and each of its calls costs by their number.
const (
	manyFrames  = 8192 // ever allocated, from which on frames are looked for near others
	reservation = 2048 // frames that are set aside around the first one; free for others when memory runs out
	neighbours  = 512  // pages above that are looked at
)

// allocNear is alloc for n absent pages of an anonymous mapping from start on.
func (mm *MM) allocNear(v *VMA, start uint64, n int) (emu.Frame, int) {
	pages := mm.shared.pages
	if pages.Known() < manyFrames {
		return pages.Alloc(n)
	}
	for _, anchor := range mm.anchors(v, start, n) {
		pte, ok := mm.space.Lookup(anchor)
		if !ok {
			continue
		}
		want := int64(pte.Frame) + (int64(start)-int64(anchor))/emu.PageSize
		if want > 0 && want+int64(n) <= int64(pages.Known()) && pages.Take(emu.Frame(want), n) {
			return emu.Frame(want), n
		}
	}
	at := int(start / emu.PageSize % reservation)
	if at+n > reservation {
		return pages.Alloc(n)
	}
	base, ok := pages.Reserve(reservation)
	if !ok {
		return pages.Alloc(n)
	}
	f := base + emu.Frame(at)
	pages.Take(f, n)
	return f, n
}

// anchors are addresses of pages whose frames those of [start, start+n pages) may be next to.
func (mm *MM) anchors(v *VMA, start uint64, n int) []uint64 {
	end := start + uint64(n)*emu.PageSize
	l := []uint64{start - emu.PageSize}
	for above := end; above <= v.End && above < end+neighbours*emu.PageSize; above += emu.PageSize {
		if _, ok := mm.space.Lookup(above); ok {
			l = append(l, above)
			break
		}
	}
	return append(l, v.End, v.Start-emu.PageSize)
}

// faultZero brings in zeroed anonymous memory.
func (mm *MM) faultZero(v *VMA, va uint64) faultResult {
	start, n := mm.around(v, va)
	f, got := mm.allocNear(v, start, n)
	if got == 0 {
		return FaultEnd
	}
	if got < n {
		start, n = PageFloor(va), got
	}
	return mm.done(mm.space.Map(start, f, n, pteProt(v, true)))
}

// faultFile brings in pages of a file or of shared memory. A private mapping
// that may be written gets copies at once: a second fault per page and the
// splitting of the library's mapping cost more than the copy. Of a file that the
// guest changes only the page that is written is copied (do_cow_fault()): in the
// others is seen what is written to the file.
func (mm *MM) faultFile(v *VMA, va uint64, need Prot) faultResult {
	start, n := mm.around(v, va)
	copies := !v.Shared && v.Prot&ProtWrite != 0
	if copies && mm.shared.files.IsChanged(v.Inode) {
		if copies = need&ProtWrite != 0; copies {
			start, n = PageFloor(va), 1
		}
	}
	run := frameRun{mm: mm, v: v}
	for i := range n {
		page := start + uint64(i)*emu.PageSize
		f, ok := mm.shared.files.InodeFrame(v.Inode, v.Offset(page)/emu.PageSize)
		if !ok {
			if page == PageFloor(va) {
				return FaultBus
			}
			continue
		}
		var err error
		if copies {
			err = mm.copyFrame(v, page, f)
		} else {
			mm.shared.pages.Get(f)
			err = run.Add(page, f, pteProt(v, v.Shared))
		}
		if err != nil {
			return mm.done(err)
		}
	}
	return mm.done(run.flush())
}

// done turns a failed mapping call into the end of the run: the guest cannot
// cause one but by fragmenting memory past the library's bound.
func (mm *MM) done(err error) faultResult {
	if err != nil {
		mm.shared.kernel.NoMemory()
		return FaultEnd
	}
	return FaultDone
}
