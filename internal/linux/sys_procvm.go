package linux

import (
	"trapline/internal/emu"
)

func sysProcessVMReadv(k *Kernel, t *Thread, c *call) int64  { return k.processVM(t, c, false) }
func sysProcessVMWritev(k *Kernel, t *Thread, c *call) int64 { return k.processVM(t, c, true) }

// processVM copies between the caller's memory and another process's, page by page,
// up to the first that cannot be had (process_vm_rw()).
func (k *Kernel) processVM(t *Thread, c *call, write bool) int64 {
	if c.arg[5] != 0 {
		return -EINVAL
	}
	local, size, r := t.vector(c.arg[1], c.arg[2], c.word())
	if r != 0 || size == 0 {
		return r
	}
	remote, total, r := t.vector(c.arg[3], c.arg[4], c.word())
	if r != 0 || total == 0 {
		return r
	}
	o := k.threadByID(c.int(0))
	switch {
	case o == nil || o.proc.mm == nil:
		return -ESRCH
	case o.proc != t.proc && !k.mayTrace(o.proc):
		return -EPERM
	}
	from, to, fromMM, toMM := remote, local, o.proc.mm, t.proc.mm
	if write {
		from, to, fromMM, toMM = local, remote, t.proc.mm, o.proc.mm
	}
	done := int64(0)
	for from, to = skip(from, 0), skip(to, 0); len(from) > 0 && len(to) > 0; {
		n := min(from[0].size, to[0].size, emu.PageSize-from[0].base%emu.PageSize, emu.PageSize-to[0].base%emu.PageSize)
		b := make([]byte, n)
		if !fromMM.Read(from[0].base, b) || !toMM.Write(to[0].base, b) {
			if done == 0 {
				return -EFAULT
			}
			break
		}
		done += int64(n)
		from, to = skip(from, n), skip(to, n)
	}
	return done
}

// vector reads a list of pieces of memory, and how much they are together.
func (t *Thread) vector(va, count uint64, word int) ([]span, uint64, int64) {
	if count > maxIOVec {
		return nil, 0, -EINVAL
	}
	list, r := t.spans(va, int(count), word)
	total := uint64(0)
	for _, s := range list {
		total += s.size
	}
	return list, total, r
}

// skip is a list without its first n bytes, all of the first piece, and without
// empty pieces in front.
func skip(list []span, n uint64) []span {
	if n > 0 {
		list[0].base, list[0].size = list[0].base+n, list[0].size-n
	}
	for len(list) > 0 && list[0].size == 0 {
		list = list[1:]
	}
	return list
}
