package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

func sysMmap(k *Kernel, t *Thread, c *call) int64 { return k.mmap(t, c, c.arg[5]) }

func sysMmap2(k *Kernel, t *Thread, c *call) int64 { return k.mmap(t, c, c.arg[5]*emu.PageSize) }

// sysOldMmap is i386's mmap: the arguments are in memory.
func sysOldMmap(k *Kernel, t *Thread, c *call) int64 {
	b := make([]byte, 24)
	if !t.proc.mm.Read(c.arg[0], b) {
		return -EFAULT
	}
	n := *c
	for i := range n.arg {
		n.arg[i] = uint64(le.Uint32(b[4*i:]))
	}
	return k.mmap(t, &n, n.arg[5])
}

// mmap is mmap(2) with the offset in bytes.
func (k *Kernel) mmap(t *Thread, c *call, off uint64) int64 {
	mm := t.proc.mm
	addr, size, flags := c.arg[0], pageCeil(c.arg[1]), c.arg[3]
	v := &VMA{Prot: Prot(c.arg[2] & 7)}
	growsDown, anonymous := flags&abi.MAP_GROWSDOWN != 0, flags&abi.MAP_ANONYMOUS != 0
	switch {
	case c.arg[1] == 0 || off%emu.PageSize != 0:
		return -EINVAL
	case flags&abi.MAP_HUGETLB != 0: // no huge pages are set aside
		return -ENOMEM
	case flags&abi.MAP_SYNC != 0 && flags&abi.MAP_TYPE == abi.MAP_SHARED_VALIDATE:
		return -ENOTSUP
	case size == 0 || size > t.proc.mm.layout.taskSize, !t.proc.mayGrow(size, v.Prot&ProtWrite != 0 && flags&abi.MAP_TYPE == abi.MAP_PRIVATE):
		return -ENOMEM
	case len(mm.vmas) >= k.cfg.Limits.Maps:
		return -ENOMEM
	}
	how, r := t.proc.futureLock(size, flags)
	if r != 0 {
		return r
	}
	switch flags & abi.MAP_TYPE {
	case abi.MAP_SHARED, abi.MAP_SHARED_VALIDATE:
		if anonymous && (growsDown || flags&abi.MAP_TYPE == abi.MAP_SHARED_VALIDATE) {
			return -EINVAL
		}
		v.Shared = true
	case abi.MAP_PRIVATE:
		v.GrowsDown = growsDown && anonymous
	default:
		return -EINVAL
	}
	if r := k.backing(t, v, c.fd(4), flags, off, size); r != 0 {
		return r
	}
	if r := mm.place(v, addr, size, flags); r != 0 {
		if v.Inode != nil {
			v.Inode.refs++
			k.dropInode(v.Inode)
		}
		return r
	}
	if flags&abi.MAP_FIXED != 0 {
		mm.unmap(v.Start, v.End)
	}
	start, end := v.Start, v.End
	v.lock(how)
	mm.add(v)
	mm.populateLocked(start, end)
	return int64(start)
}

// backing finds what stands behind a new mapping.
func (k *Kernel) backing(t *Thread, v *VMA, fd int, flags, off, size uint64) int64 {
	if flags&abi.MAP_ANONYMOUS != 0 {
		if v.Shared {
			v.Inode = k.newShared(size)
		}
		return 0
	}
	f := t.proc.files.get(fd)
	switch {
	case f == nil:
		return -EBADF
	case f.device == devZero && !v.Shared:
		return 0
	case !f.readable(), v.Shared && v.Prot&ProtWrite != 0 && !f.writable():
		return -EACCES
	case f.host == nil || f.isDir():
		return -ENODEV
	}
	v.ReadOnly = v.Shared && !f.writable()
	k.settle(f)
	n, err := k.inodeOf(f)
	if err != nil {
		return fail(err)
	}
	v.Inode, v.Off = n, off
	return f.sealsMapping(v)
}

// place chooses the address of a new mapping.
func (mm *MM) place(v *VMA, addr, size, flags uint64) int64 {
	top := mm.layout.taskSize
	fits := addr >= minAddress && addr < top && size <= top-addr
	if flags&(abi.MAP_FIXED|abi.MAP_FIXED_NOREPLACE) != 0 {
		switch {
		case addr%emu.PageSize != 0:
			return -EINVAL
		case addr < minAddress:
			return -EPERM
		case !fits:
			return -ENOMEM
		case flags&abi.MAP_FIXED_NOREPLACE != 0 && !mm.free(addr, addr+size):
			return -EEXIST
		}
		v.Start = addr
	} else if addr = pageFloor(addr); fits && addr >= minAddress && mm.free(addr, addr+size) {
		v.Start = addr
	} else if v.Start = mm.holeFor(size, flags); v.Start == 0 {
		return -ENOMEM
	}
	v.End = v.Start + size
	return 0
}

// userRange checks a page range argument.
func (mm *MM) userRange(addr, size uint64) (end uint64, r int64) {
	size = pageCeil(size)
	if addr%emu.PageSize != 0 {
		return 0, -EINVAL
	}
	if addr >= mm.layout.taskSize || size > mm.layout.taskSize-addr {
		return 0, -EINVAL
	}
	return addr + size, 0
}

func sysMunmap(k *Kernel, t *Thread, c *call) int64 {
	mm := t.proc.mm
	end, r := mm.userRange(c.arg[0], c.arg[1])
	switch {
	case r != 0 || c.arg[1] == 0:
		return -EINVAL
	case len(mm.vmas) >= k.cfg.Limits.Maps:
		return -ENOMEM
	}
	mm.unmap(c.arg[0], end)
	return 0
}

func sysMprotect(k *Kernel, t *Thread, c *call) int64 {
	mm, start := t.proc.mm, c.arg[0]
	end, r := mm.userRange(start, c.arg[1])
	const grows = abi.PROT_GROWSDOWN | abi.PROT_GROWSUP
	v := mm.Find(start)
	switch {
	case r != 0:
		return r
	case c.arg[2]&grows == grows, c.arg[2]&^(7|abi.PROT_SEM|grows) != 0:
		return -EINVAL
	case c.arg[1] == 0:
		return 0 // nothing is asked for
	case c.arg[2]&abi.PROT_GROWSUP != 0 && v != nil, c.arg[2]&abi.PROT_GROWSDOWN != 0 && v != nil && !v.GrowsDown:
		return -EINVAL
	case len(mm.vmas) >= k.cfg.Limits.Maps, !mm.covered(start, end):
		return -ENOMEM
	}
	if c.arg[2]&abi.PROT_GROWSDOWN != 0 {
		start = v.Start
	}
	prot := Prot(c.arg[2] & 7)
	for i := mm.index(start); i < len(mm.vmas) && mm.vmas[i].Start < end; i++ {
		v := mm.vmas[i]
		if v.ReadOnly && prot&ProtWrite != 0 {
			return -EACCES
		}
	}
	mm.protect(start, end, prot)
	return 0
}

func sysBrk(k *Kernel, t *Thread, c *call) int64 {
	mm := t.proc.mm
	want := c.arg[0]
	if want < mm.startBrk || want >= mm.layout.taskSize {
		return int64(mm.brk)
	}
	oldEnd, newEnd := pageCeil(mm.brk), pageCeil(want)
	switch {
	case newEnd < oldEnd:
		mm.unmap(newEnd, oldEnd)
	case newEnd > oldEnd:
		how, r := t.proc.futureLock(newEnd-oldEnd, 0)
		if r != 0 || !mm.free(oldEnd, newEnd+emu.PageSize) || !t.proc.mayGrow(newEnd-oldEnd, true) {
			return int64(mm.brk)
		}
		mm.add(&VMA{Start: oldEnd, End: newEnd, Prot: ProtRead | ProtWrite, Locked: how})
		mm.populateLocked(oldEnd, newEnd)
	}
	mm.brk = want
	return int64(want)
}

func sysMremap(k *Kernel, t *Thread, c *call) int64 {
	mm := t.proc.mm
	old, oldSize, size, flags := c.arg[0], pageCeil(c.arg[1]), pageCeil(c.arg[2]), c.arg[3]
	v := mm.Find(old)
	switch {
	case old%emu.PageSize != 0 || size == 0 || oldSize == 0 || flags&^(abi.MREMAP_MAYMOVE|abi.MREMAP_FIXED) != 0,
		flags&abi.MREMAP_FIXED != 0 && (flags&abi.MREMAP_MAYMOVE == 0 || c.arg[4]%emu.PageSize != 0):
		return -EINVAL
	case v == nil || v.End-old < oldSize:
		return -EFAULT
	case size > mm.layout.taskSize, len(mm.vmas) >= k.cfg.Limits.Maps, size > oldSize && !t.proc.mayGrow(size-oldSize, v.isData()):
		return -ENOMEM
	case size > oldSize && v.Locked != notLocked && !t.proc.mayLock(mm.locked()+size-oldSize):
		return -EAGAIN
	}
	vdso := mm.vdso
	r := mm.remap(v, oldSize, size, c)
	if core := t.Core(); mm.vdso != vdso && core.RIP == vdso+vdsoLanding { // where this call returns to
		core.RIP = mm.vdso + vdsoLanding
	}
	if r > 0 && size > oldSize {
		mm.populateLocked(uint64(r)+oldSize, uint64(r)+size)
	}
	return r
}

// remap is mremap with arguments that are right: of the mapping v, from the first.
func (mm *MM) remap(v *VMA, oldSize, size uint64, c *call) int64 {
	old, flags := c.arg[0], c.arg[3]
	switch {
	case flags&abi.MREMAP_FIXED != 0:
		return mm.move(old, oldSize, size, c.arg[4])
	case size <= oldSize:
		mm.unmap(old+size, old+oldSize)
		return int64(old)
	case v.End == old+oldSize && old+size <= mm.layout.taskSize && mm.free(v.End, old+size):
		n := *v
		n.Start, n.End, n.Off = v.End, old+size, v.offset(v.End)
		if n.Inode != nil && n.Inode.file == nil {
			n.Inode.Size = max(n.Inode.Size, int64(n.Off+n.End-n.Start))
		}
		mm.add(&n)
		return int64(old)
	case flags&abi.MREMAP_MAYMOVE == 0:
		return -ENOMEM
	}
	return mm.move(old, oldSize, size, 0)
}

// move puts a mapping elsewhere with its pages: at to, or where there is room.
func (mm *MM) move(old, oldSize, size, to uint64) int64 {
	if v := mm.Find(old); v.Name == vdsoName && size != v.End-v.Start { // vdso_mremap()
		return -EINVAL
	}
	if to != 0 && (to < minAddress || to >= mm.layout.taskSize || size > mm.layout.taskSize-to ||
		to < old+oldSize && old < to+size) {
		return -EINVAL
	}
	if to == 0 {
		if to = mm.hole(size); to == 0 {
			return -ENOMEM
		}
	} else {
		mm.unmap(to, to+size)
	}
	mm.interruptUsers()
	keep := min(oldSize, size)
	v := *mm.within(old, old+oldSize)[0]
	vdso := v.Name == vdsoName
	v.Off, v.Start, v.End = v.offset(old), to, to+size
	mm.insert(&v)
	skip := mm.skipTo(old + keep)
	for va := old; va < old+keep; {
		pte, ok := mm.space.Lookup(va)
		if !ok {
			va = skip(va)
			continue
		}
		mm.space.Unmap(va, 1)
		if mm.done(mm.space.Map(to+va-old, pte.Frame, 1, pte.Prot)) != faultDone {
			return -ENOMEM
		}
		va += emu.PageSize
	}
	mm.unmap(old, old+oldSize)
	if vdso {
		mm.vdso = to
	}
	if h := mm.k.cfg.Hooks; h != nil && v.Inode != nil {
		h.Mapped(mm, mm.Find(to))
	}
	return int64(to)
}
