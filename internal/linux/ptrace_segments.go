package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// setSegment gives t a selector (set_segment_reg()). Those of data are loaded when t goes on: until
// then they are read back as they were written.
func (k *Kernel) setSegment(t *Thread, s int, sel uint16) int64 {
	if sel != 0 && sel&3 != 3 || sel == 0 && (s == x86.CS || s == x86.SS) {
		return -EIO
	}
	seg := &t.Core().Seg[s]
	switch {
	case uint16(seg.Sel) == sel:
	case s == x86.CS:
		k.onCPU(t, func(c *emu.CPU) { _ = k.m.LoadCode(c, sel, 3) })
	case s == x86.SS:
		k.onCPU(t, func(c *emu.CPU) { _ = k.m.LoadStack(c, sel, 3, x86.VecGP) })
	default:
		*seg = emu.Seg{Sel: uint32(sel), Base: seg.Base}
	}
	return 0
}

// loadSegments loads the selectors that a tracer wrote; one that cannot be loaded is null. Under a 64-bit kernel FS
// and GS keep their bases (x86_fsgsbase_load()).
func (k *Kernel) loadSegments(t *Thread) {
	for _, s := range []int{x86.DS, x86.ES, x86.FS, x86.GS} {
		seg := &t.Core().Seg[s]
		if seg.Sel == 0 || seg.Flags != 0 {
			continue
		}
		base, sel := seg.Base, uint16(seg.Sel)
		k.onCPU(t, func(c *emu.CPU) {
			if k.m.LoadData(c, s, sel) != nil {
				_ = k.m.LoadData(c, s, 0) // a null selector always loads
			}
		})
		if k.m.Arch == x86.AMD64 && (s == x86.FS || s == x86.GS) {
			t.Core().Seg[s].Base = base
		}
	}
}

// baseOf is the base of the segment that a selector of t's stands for (x86_fsgsbase_read_task()).
func (k *Kernel) baseOf(t *Thread, sel uint16) (base uint64) {
	own := t.Core().Seg[x86.GS]
	k.onCPU(t, func(c *emu.CPU) {
		if k.m.LoadData(c, x86.GS, sel) == nil && sel&^3 != 0 {
			base = c.Seg[x86.GS].Base
		}
		c.Seg[x86.GS] = own
	})
	return base
}

// tracedArea is PTRACE_GET_THREAD_AREA and PTRACE_SET_THREAD_AREA: the TLS descriptor of an entry.
func (k *Kernel) tracedArea(t, o *Thread, entry, va uint64, set bool) int64 {
	n := entry - uint64(k.tables.TlsEntry)
	switch known := n < uint64(len(o.tls)); {
	case int32(entry) < 0:
		return -EIO
	case !set && !known:
		return -EINVAL
	case !set:
		return t.copyOut(va, 4, describe(uint32(entry), o.tls[n]))
	}
	var u userDesc
	if !copyFromUser(t.proc.mm, va, 4, &u) {
		return -EFAULT
	}
	return k.setTLS(o, int(n), u)
}

// setTLS changes a TLS descriptor of a thread that stands still, by its number.
func (k *Kernel) setTLS(o *Thread, n int, u userDesc) int64 {
	d, ok := u.ofTLS()
	if !ok || n < 0 || n >= len(o.tls) {
		return -EINVAL
	}
	o.tls[n] = d
	if o.cpu != nil {
		k.setDescriptor(o.cpu, k.tables.TlsEntry+n, d)
	}
	for _, s := range []int{x86.FS, x86.GS} {
		if seg := &o.Core().Seg[s]; int(seg.Sel>>3) == k.tables.TlsEntry+n {
			seg.Base = uint64(u.BaseAddr)
		}
	}
	return 0
}

// tracedBase is PTRACE_ARCH_PRCTL of a tracee's FS and GS bases, of a 64-bit tracer's only
// (do_arch_prctl_64()). A base that is set has no selector.
func (k *Kernel) tracedBase(t, o *Thread, c *call, what uint64) int64 {
	va := c.arg[2]
	s := x86.FS
	if what == abi.ARCH_GET_GS || what == abi.ARCH_SET_GS {
		s = x86.GS
	}
	seg := &o.Core().Seg[s]
	switch what {
	case abi.ARCH_SET_FS, abi.ARCH_SET_GS:
		if va >= k.userEnd() {
			return -EPERM
		}
		*seg = emu.Seg{Base: va}
		return 0
	case abi.ARCH_GET_FS, abi.ARCH_GET_GS:
		return t.give(va, le.AppendUint64(nil, seg.Base))
	}
	return -EINVAL
}
