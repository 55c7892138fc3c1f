package linux

import (
	"slices"

	"trapline/internal/x86"
)

func sysSetThreadArea(k *Kernel, t *Thread, c *call) int64 {
	return k.setThreadArea(t, c.arg[0], ^uint32(0))
}

// Bits of struct user_desc's last word.
const (
	descSeg32      = 1 << 0
	descContents   = 3 << 1 // data, data that grows down, code, conforming code
	descReadOnly   = 1 << 3
	descPages      = 1 << 4
	descNotPresent = 1 << 5
	descUseable    = 1 << 6
	descLong       = 1 << 7 // read of 64-bit kernels only, and without effect
)

// userDesc is struct user_desc.
type userDesc struct{ entry, base, limit, flags uint32 }

const sizeofUserDesc = 16

func readUserDesc(b []byte) userDesc {
	return userDesc{le.Uint32(b), le.Uint32(b[4:]), le.Uint32(b[8:]), le.Uint32(b[12:])}
}

// contents is what kind of segment it is of.
func (u userDesc) contents() uint32 { return u.flags & descContents >> 1 }

// empty reports whether it asks for no segment (LDT_empty()).
func (u userDesc) empty() bool {
	const all = descSeg32 | descContents | descReadOnly | descPages | descNotPresent | descUseable
	return u.base == 0 && u.limit == 0 && u.flags&all == descReadOnly|descNotPresent
}

// ofTLS is the descriptor that it makes of a TLS entry; false: not there
// (tls_desc_okay()).
func (u userDesc) ofTLS() (uint64, bool) {
	const all = descSeg32 | descContents | descReadOnly | descPages | descNotPresent | descUseable
	switch {
	case u.empty() || u.base == 0 && u.limit == 0 && u.flags&all == 0:
		return 0, true
	case u.flags&descSeg32 == 0 || u.contents() > 1 || u.flags&descNotPresent != 0:
		return 0, false
	}
	return u.descriptor(), true
}

// descriptor is that of ring 3 which it describes, accessed (fill_ldt()).
func (u userDesc) descriptor() uint64 {
	d := x86.Descriptor{Base: u.base, Limit: u.limit, Access: x86.AccessSegment | x86.AccessAccessed | uint8(u.contents())<<accessContents}
	for _, b := range userDescBits {
		if u.flags&b.flag != 0 != b.inverted {
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
	{flag: descReadOnly, inverted: true, access: x86.AccessWritable},
	{flag: descNotPresent, inverted: true, access: x86.AccessPresent},
	{flag: descUseable, nibble: x86.FlagAvailable},
	{flag: descSeg32, nibble: x86.FlagBig},
	{flag: descPages, nibble: x86.FlagGranularity},
}

// setThreadArea makes a TLS descriptor of the user_desc at va. entry, if it
// is a TLS one, is what the thread's register uses; -1 in memory asks for a
// free one, which is written back.
func (k *Kernel) setThreadArea(t *Thread, va uint64, entry uint32) int64 {
	mm, first := t.proc.mm, uint32(k.tables.TlsEntry)
	b := make([]byte, sizeofUserDesc)
	if !mm.Read(va, b) {
		return -EFAULT
	}
	u := readUserDesc(b)
	d, ok := u.ofTLS()
	if !ok {
		return -EINVAL
	}
	n := u.entry
	if n == ^uint32(0) {
		if n = entry; n-first >= 3 {
			n = first + uint32(slices.Index(t.tls[:], 0))
		}
		if n < first {
			return -ESRCH
		}
		if !putWord(mm, va, 4, uint64(n)) {
			return -EFAULT
		}
	}
	if n-first >= uint32(len(t.tls)) {
		return -EINVAL
	}
	t.tls[n-first] = d
	if t.cpu != nil {
		k.setDescriptor(t.cpu, int(n), d)
		k.reloadSegments(t, uint16(n))
	} else if t.ctx.Seg[x86.GS].Sel>>3 == n {
		t.ctx.Seg[x86.GS].Base = uint64(u.base)
	}
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
	b := make([]byte, sizeofUserDesc)
	if !t.proc.mm.Read(c.arg[0], b) {
		return -EFAULT
	}
	n := le.Uint32(b) - uint32(k.tables.TlsEntry)
	if n >= uint32(len(t.tls)) {
		return -EINVAL
	}
	copy(b, describe(le.Uint32(b), t.tls[n]))
	if !t.proc.mm.Write(c.arg[0], b) {
		return -EFAULT
	}
	return 0
}

// describe is the user_desc of a TLS descriptor, with the entry's number (fill_user_desc()).
func describe(entry uint32, descriptor uint64) []byte {
	d := x86.DecodeDescriptor(descriptor)
	flags := uint32(d.Access) >> accessContents << 1 & descContents
	for _, b := range userDescBits {
		if (d.Access&b.access|d.Flags&b.nibble != 0) != b.inverted {
			flags |= b.flag
		}
	}
	b := make([]byte, 0, sizeofUserDesc)
	for _, word := range []uint32{entry, d.Base, d.Limit, flags} {
		b = le.AppendUint32(b, word)
	}
	return b
}
