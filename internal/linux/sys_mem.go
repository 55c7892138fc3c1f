package linux

import (
	"math"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

func sysMmap(k *Kernel, t *Thread, c *call) int64 { return k.mmap(t, c, c.arg[5]) }

func sysMmap2(k *Kernel, t *Thread, c *call) int64 { return k.mmap(t, c, c.arg[5]*emu.PageSize) }

// sysOldMmap is i386's mmap: the arguments are in memory.
func sysOldMmap(k *Kernel, t *Thread, c *call) int64 {
	var a abi.MmapArg
	if !copyFromUser(t.proc.mm, c.arg[0], c.word(), &a) {
		return -EFAULT
	}
	n := *c
	n.arg = [6]uint64{uint64(a.Addr), uint64(a.Len), uint64(a.Prot), uint64(a.Flags), uint64(a.Fd), uint64(a.Offset)}
	return k.mmap(t, &n, n.arg[5])
}

// mmap is mmap(2) with the offset in bytes.
func (k *Kernel) mmap(t *Thread, c *call, off uint64) int64 {
	mem := t.proc.mm
	addr, size, flags := c.arg[0], mm.PageCeil(c.arg[1]), c.arg[3]
	v := &mm.VMA{Prot: mm.Prot(c.arg[2] & 7)}
	growsDown, anonymous := flags&abi.MAP_GROWSDOWN != 0, flags&abi.MAP_ANONYMOUS != 0
	var f *File
	if !anonymous {
		f = t.proc.files.opened(c.fd(4))
	}
	switch {
	case off%emu.PageSize != 0:
		return -EINVAL
	case !anonymous && (f == nil || f.flags&abi.O_PATH != 0):
		return -EBADF
	case c.arg[1] == 0, !anonymous && flags&abi.MAP_HUGETLB != 0:
		return -EINVAL
	case flags&abi.MAP_HUGETLB != 0: // no huge pages are set aside
		return -ENOMEM
	case flags&abi.MAP_SYNC != 0 && flags&abi.MAP_TYPE == abi.MAP_SHARED_VALIDATE:
		return -ENOTSUP
	case size == 0 || size > t.proc.mm.TaskSize(), !t.proc.mayGrow(size, v.Prot&mm.ProtWrite != 0 && flags&abi.MAP_TYPE == abi.MAP_PRIVATE):
		return -ENOMEM
	case len(mem.VMAs()) >= k.cfg.Limits.Maps:
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
	if r := k.backing(v, f, flags, off, size); r != 0 {
		return r
	}
	if r := mem.Place(v, addr, size, flags); r != 0 {
		k.unback(v)
		return r
	}
	if flags&abi.MAP_FIXED != 0 {
		if mem.SplitsSpecial(v.Start, v.End) {
			k.unback(v)
			return -ENOMEM
		}
		mem.Unmap(v.Start, v.End)
	}
	start, end := v.Start, v.End
	v.Lock(how)
	mem.Add(v)
	mem.PopulateLocked(start, end)
	return int64(start)
}

// unback gives up what stands behind a mapping that is not made.
func (k *Kernel) unback(v *mm.VMA) {
	if v.Inode != nil {
		v.Inode.Hold()
		k.fs.DropInode(v.Inode)
	}
}

// backing finds what stands behind a new mapping of f, or of anonymous memory if that is nil.
func (k *Kernel) backing(v *mm.VMA, f *File, flags, off, size uint64) int64 {
	if f == nil {
		if v.Shared {
			v.Inode = k.fs.NewShared(size)
		}
		return 0
	}
	switch {
	case off > math.MaxInt64-size: // file_mmap_ok()
		return -EOVERFLOW
	case f.device == devZero && !v.Shared:
		return 0
	case !f.readable(), v.Shared && v.Prot&mm.ProtWrite != 0 && !f.writable():
		return -EACCES
	case f.host == nil || f.isDir():
		return -ENODEV
	case flags&abi.MAP_GROWSDOWN != 0:
		return -EINVAL
	}
	v.ReadOnly = v.Shared && !f.writable()
	k.settle(f)
	n, err := k.fs.InodeOf(f.host, f.where())
	if err != nil {
		return fail(err)
	}
	v.Inode, v.File, v.Off = n, f, off
	return f.sealsMapping(v)
}

func sysMunmap(k *Kernel, t *Thread, c *call) int64 {
	mem, start, size := t.proc.mm, c.arg[0], c.arg[1]
	switch {
	case start%emu.PageSize != 0, size == 0, !mem.InUser(start, size):
		return -EINVAL
	case len(mem.VMAs()) >= k.cfg.Limits.Maps:
		return -ENOMEM
	case mem.SplitsSpecial(start, start+mm.PageCeil(size)):
		return -EINVAL
	}
	mem.Unmap(start, start+mm.PageCeil(size))
	return 0
}

// sysMprotect changes one mapping after the other, up to a hole or to one that refuses (do_mprotect_pkey()).
func sysMprotect(k *Kernel, t *Thread, c *call) int64 {
	mem, start, flags := t.proc.mm, c.arg[0], c.arg[2]
	const grows = abi.PROT_GROWSDOWN | abi.PROT_GROWSUP
	end := start + mm.PageCeil(c.arg[1])
	switch {
	case flags&grows == grows, start%emu.PageSize != 0:
		return -EINVAL
	case c.arg[1] == 0:
		return 0 // nothing is asked for
	case end <= start:
		return -ENOMEM
	case flags&^(7|abi.PROT_SEM|grows) != 0:
		return -EINVAL
	case len(mem.VMAs()) >= k.cfg.Limits.Maps:
		return -ENOMEM
	}
	if flags&grows != 0 {
		var r int64
		if start, r = growing(mem, start, end, flags); r != 0 {
			return r
		}
	}
	for prot := mm.Prot(flags & 7); start < end; {
		v := mem.Find(start)
		switch {
		case v == nil:
			return -ENOMEM
		case !v.MayHave(prot):
			return -EACCES
		}
		next := min(v.End, end)
		if mem.SplitsSpecial(start, next) {
			return -EINVAL
		}
		mem.Protect(start, next, prot)
		start = next
	}
	return 0
}

// growing is where a range of mprotect's begins that has PROT_GROWSDOWN or PROT_GROWSUP: with the whole of a mapping that
// grows. On x86 none grows upwards.
func growing(mem *mm.MM, start, end, flags uint64) (uint64, int64) {
	i, down := mem.Index(start), flags&abi.PROT_GROWSDOWN != 0
	if i == len(mem.VMAs()) {
		return 0, -ENOMEM
	}
	switch v := mem.VMAs()[i]; {
	case down && v.Start >= end, !down && v.Start > start:
		return 0, -ENOMEM
	case !down, !v.GrowsDown:
		return 0, -EINVAL
	default:
		return v.Start, 0
	}
}

func sysBrk(k *Kernel, t *Thread, c *call) int64 {
	mem := t.proc.mm
	want := c.arg[0]
	if want < mem.StartBrk || want >= mem.TaskSize() {
		return int64(mem.Brk)
	}
	oldEnd, newEnd := mm.PageCeil(mem.Brk), mm.PageCeil(want)
	switch {
	case newEnd < oldEnd:
		mem.Unmap(newEnd, oldEnd)
	case newEnd > oldEnd:
		how, r := t.proc.futureLock(newEnd-oldEnd, 0)
		if r != 0 || !mem.Free(oldEnd, newEnd+emu.PageSize) || !t.proc.mayGrow(newEnd-oldEnd, true) {
			return int64(mem.Brk)
		}
		mem.Add(&mm.VMA{Start: oldEnd, End: newEnd, Prot: mm.ProtRead | mm.ProtWrite, Locked: how})
		mem.PopulateLocked(oldEnd, newEnd)
	}
	mem.Brk = want
	return int64(want)
}

func sysMremap(k *Kernel, t *Thread, c *call) int64 {
	mem := t.proc.mm
	old, oldSize, size, flags := c.arg[0], mm.PageCeil(c.arg[1]), mm.PageCeil(c.arg[2]), c.arg[3]
	v := mem.Find(old)
	switch {
	case old%emu.PageSize != 0 || size == 0 || flags&^(abi.MREMAP_MAYMOVE|abi.MREMAP_FIXED) != 0,
		flags&abi.MREMAP_FIXED != 0 && (flags&abi.MREMAP_MAYMOVE == 0 || c.arg[4]%emu.PageSize != 0):
		return -EINVAL
	case v == nil, (size > oldSize || flags&abi.MREMAP_FIXED != 0) && v.End-old < min(oldSize, size): // what goes may be of several
		return -EFAULT
	case oldSize == 0: // a second mapping of shared memory is not modelled
		return -EINVAL
	case size > mem.TaskSize(), len(mem.VMAs()) >= k.cfg.Limits.Maps, size > oldSize && !t.proc.mayGrow(size-oldSize, v.IsData()):
		return -ENOMEM
	case size > oldSize && v.Locked != mm.NotLocked && !t.proc.mayLock(mem.Locked()+size-oldSize):
		return -EAGAIN
	}
	vdso := mem.VDSO
	r := mem.Remap(v, old, oldSize, size, flags, c.arg[4])
	if core := t.Core(); mem.ABI() == x86.I386 && mem.VDSO != vdso && core.RIP == vdso+vdsoLanding { // where this call returns to
		core.RIP = mem.VDSO + vdsoLanding
	}
	if r > 0 && size > oldSize {
		mem.PopulateLocked(uint64(r)+oldSize, uint64(r)+size)
	}
	return r
}
