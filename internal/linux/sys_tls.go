package linux

import (
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

func sysSetThreadArea(k *Kernel, t *Thread, c *call) int64 {
	return k.setThreadArea(t, c.arg[0])
}

// newTLS is the TLS of a thread that is yet to be made (set_new_tls()).
type newTLS struct {
	base  uint64 // FS's, or that of the descriptor
	slot  uint32 // among the TLS entries
	entry uint16 // in the GDT; 0: there is no descriptor
	desc  uint64
}

// newTLS reads what t's clone asks for, before anything of the new thread is there.
func (k *Kernel) newTLS(t *Thread, a cloneArgs) (newTLS, int64) {
	switch {
	case a.flags&abi.CLONE_SETTLS == 0:
		return newTLS{}, 0
	case !t.call.compat:
		if a.tls >= k.userEnd() {
			return newTLS{}, -EPERM
		}
		return newTLS{base: a.tls}, 0
	}
	u, d, r := t.readTLS(a.tls)
	slot := u.EntryNumber - uint32(k.tables.TlsEntry)
	switch {
	case r != 0:
		return newTLS{}, r
	case slot >= uint32(len(t.tls)): // also -1: only set_thread_area() looks for a free one
		return newTLS{}, -EINVAL
	}
	return newTLS{uint64(u.BaseAddr), slot, uint16(u.EntryNumber), d}, 0
}

// give gives it to the thread, which has no vCPU yet.
func (l newTLS) give(t *Thread) {
	if l.entry == 0 {
		t.ctx.Seg[x86.FS].Base = l.base
		return
	}
	t.tls[l.slot] = l.desc
	if gs := &t.ctx.Seg[x86.GS]; uint16(gs.Sel)>>3 == l.entry {
		gs.Base = l.base
	}
}

// readTLS reads the user_desc of a TLS entry, and the descriptor that it makes.
func (t *Thread) readTLS(va uint64) (u userDesc, d uint64, r int64) {
	if !copyFromUser(t.proc.mm, va, 4, &u) {
		return u, 0, -EFAULT
	}
	d, ok := u.ofTLS()
	if !ok {
		return u, 0, -EINVAL
	}
	return u, d, 0
}

// userDesc is struct user_desc.
type userDesc struct{ abi.UserDesc }

// descAll are the bits that say something: lm is read of 64-bit kernels only, and without effect.
const descAll = abi.UserDescSeg32bit | abi.UserDescContents | abi.UserDescReadExecOnly | abi.UserDescLimitInPages |
	abi.UserDescSegNotPresent | abi.UserDescUseable

// contents is what kind of segment it is of.
func (u userDesc) contents() uint32 { return u.Flags & abi.UserDescContents >> 1 }

// empty reports whether it asks for no segment (LDT_empty()).
func (u userDesc) empty() bool {
	return u.BaseAddr == 0 && u.Limit == 0 && u.Flags&descAll == abi.UserDescReadExecOnly|abi.UserDescSegNotPresent
}

// ofTLS is the descriptor that it makes of a TLS entry; false: not there
// (tls_desc_okay()).
func (u userDesc) ofTLS() (uint64, bool) {
	switch {
	case u.empty() || u.BaseAddr == 0 && u.Limit == 0 && u.Flags&descAll == 0:
		return 0, true
	case u.Flags&abi.UserDescSeg32bit == 0 || u.contents() > 1 || u.Flags&abi.UserDescSegNotPresent != 0:
		return 0, false
	}
	return u.descriptor(), true
}

// descriptor is that of ring 3 which it describes, accessed (fill_ldt()).
func (u userDesc) descriptor() uint64 {
	d := x86.Descriptor{Base: u.BaseAddr, Limit: u.Limit, Access: x86.AccessSegment | x86.AccessAccessed | uint8(u.contents())<<accessContents}
	for _, b := range userDescBits {
		if u.Flags&b.flag != 0 != b.inverted {
			d.Access |= b.access
			d.Flags |= b.nibble
		}
	}
	return d.WithDPL(3).Encode()
}

// accessContents is where an access byte has the contents: AccessExpandDown and AccessExecutable.
const accessContents = 2

// userDescBits are the flags of a user_desc that are one bit of a descriptor's
// access byte or flag nibble.
var userDescBits = []struct {
	flag           uint32
	inverted       bool
	access, nibble uint8
}{
	{flag: abi.UserDescReadExecOnly, inverted: true, access: x86.AccessWritable},
	{flag: abi.UserDescSegNotPresent, inverted: true, access: x86.AccessPresent},
	{flag: abi.UserDescUseable, nibble: x86.FlagAvailable},
	{flag: abi.UserDescSeg32bit, nibble: x86.FlagBig},
	{flag: abi.UserDescLimitInPages, nibble: x86.FlagGranularity},
}

// setThreadArea makes a TLS descriptor of the user_desc at va. -1 in it asks for a free
// entry, which is written back.
func (k *Kernel) setThreadArea(t *Thread, va uint64) int64 {
	first := uint32(k.tables.TlsEntry)
	u, d, r := t.readTLS(va)
	if r != 0 {
		return r
	}
	n := u.EntryNumber
	if n == ^uint32(0) {
		if n = first + uint32(slices.Index(t.tls[:], 0)); n < first {
			return -ESRCH
		}
		if !putWord(t.proc.mm, va, 4, uint64(n)) {
			return -EFAULT
		}
	}
	if n-first >= uint32(len(t.tls)) {
		return -EINVAL
	}
	t.tls[n-first] = d
	k.setDescriptor(t.cpu, int(n), d)
	k.reloadSegments(t, uint16(n))
	return 0
}

// reloadSegments refreshes the data segments that use a changed descriptor.
func (k *Kernel) reloadSegments(t *Thread, entry uint16) {
	for _, s := range []int{x86.DS, x86.ES, x86.FS, x86.GS} {
		if sel := uint16(t.cpu.Seg[s].Sel); sel>>3 == entry && k.m.LoadData(t.cpu, s, sel) != nil {
			_ = k.m.LoadData(t.cpu, s, 0) // a null selector always loads
		}
	}
}

func sysGetThreadArea(k *Kernel, t *Thread, c *call) int64 {
	var u abi.UserDesc
	if !copyFromUser(t.proc.mm, c.arg[0], 4, &u) {
		return -EFAULT
	}
	n := u.EntryNumber - uint32(k.tables.TlsEntry)
	if n >= uint32(len(t.tls)) {
		return -EINVAL
	}
	return t.copyOut(c.arg[0], 4, describe(u.EntryNumber, t.tls[n]))
}

// describe is the user_desc of a TLS descriptor, with the entry's number (fill_user_desc()).
func describe(entry uint32, descriptor uint64) abi.UserDesc {
	d := x86.DecodeDescriptor(descriptor)
	flags := uint32(d.Access) >> accessContents << 1 & abi.UserDescContents
	for _, b := range userDescBits {
		if (d.Access&b.access|d.Flags&b.nibble != 0) != b.inverted {
			flags |= b.flag
		}
	}
	return abi.UserDesc{EntryNumber: entry, BaseAddr: d.Base, Limit: d.Limit, Flags: flags}
}
