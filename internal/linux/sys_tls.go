package linux

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

func sysSetThreadArea(k *Kernel, t *Thread, c *call) int64 {
	if !c.compat {
		return -int64(abi.ENOSYS)
	}
	return k.setThreadArea(t, c.arg[0], ^uint32(0))
}

// Bits of struct user_desc's last word.
const (
	descSeg32      = 1 << 0
	descReadOnly   = 1 << 3
	descPages      = 1 << 4
	descNotPresent = 1 << 5
)

// setThreadArea makes a TLS descriptor of the user_desc at va. entry, if it
// is a TLS one, is what the thread's register uses; -1 in memory asks for a
// free one, which is written back.
func (k *Kernel) setThreadArea(t *Thread, va uint64, entry uint32) int64 {
	mm, first := t.proc.mm, uint32(k.tables.tlsEntry)
	b := make([]byte, 16)
	if !mm.Read(va, b) {
		return errnoFault
	}
	n := le.Uint32(b)
	if n == ^uint32(0) {
		if n = entry; n-first >= 3 {
			n = first + uint32(slices.Index(t.tls[:], 0))
		}
		if n < first {
			return errnoNoProcess
		}
		if !putWord(mm, va, 4, uint64(n)) {
			return errnoFault
		}
	}
	if n-first >= uint32(len(t.tls)) {
		return errnoInvalid
	}
	d := makeDescriptor(le.Uint32(b[4:]), le.Uint32(b[8:]), le.Uint32(b[12:]))
	t.tls[n-first] = d
	if t.cpu != nil {
		k.setDescriptor(t.cpu, int(n), d)
		k.reloadSegments(t, uint16(n))
	} else if t.ctx.Seg[emu.GS].Sel>>3 == n {
		t.ctx.Seg[emu.GS].Base = uint64(le.Uint32(b[4:]))
	}
	return 0
}

// reloadSegments refreshes the data segments that use a changed descriptor.
func (k *Kernel) reloadSegments(t *Thread, entry uint16) {
	for _, s := range []int{emu.DS, emu.ES, emu.FS, emu.GS} {
		if sel := uint16(t.cpu.Seg[s].Sel); sel>>3 == entry && k.m.LoadData(t.cpu, s, sel) != nil {
			_ = k.m.LoadData(t.cpu, s, 0) // a null selector always loads
		}
	}
}

// makeDescriptor is a data segment descriptor of ring 3 (SDM vol. 3, 3.4.5).
func makeDescriptor(base, limit, flags uint32) uint64 {
	if base == 0 && limit == 0 && flags&(descReadOnly|descNotPresent) == descReadOnly|descNotPresent {
		return 0
	}
	d := uint64(limit&0xffff) | uint64(base&0xffffff)<<16 | uint64(base>>24)<<56 | uint64(limit>>16&15)<<48
	d |= 0xf1 << 40
	for _, f := range []struct {
		on  bool
		bit uint64
	}{
		{flags&descReadOnly == 0, 1 << 41}, {flags&descNotPresent != 0, 1 << 47},
		{flags&descSeg32 != 0, 1 << 54}, {flags&descPages != 0, 1 << 55},
	} {
		if f.on {
			d ^= f.bit
		}
	}
	return d
}

func sysGetThreadArea(k *Kernel, t *Thread, c *call) int64 {
	b := make([]byte, 16)
	if !t.proc.mm.Read(c.arg[0], b) {
		return errnoFault
	}
	n := le.Uint32(b) - uint32(k.tables.tlsEntry)
	if !c.compat || n >= uint32(len(t.tls)) {
		return errnoInvalid
	}
	copy(b, describe(le.Uint32(b), t.tls[n]))
	if !t.proc.mm.Write(c.arg[0], b) {
		return errnoFault
	}
	return 0
}

// describe is the user_desc of a TLS descriptor, with the entry's number.
func describe(entry uint32, d uint64) []byte {
	b := make([]byte, 16)
	le.PutUint32(b, entry)
	le.PutUint32(b[4:], uint32(d>>16&0xffffff|d>>56<<24))
	le.PutUint32(b[8:], uint32(d&0xffff|d>>32&0xf0000))
	var flags uint32
	if d>>54&1 != 0 {
		flags |= descSeg32
	}
	if d>>41&1 == 0 {
		flags |= descReadOnly
	}
	if d>>55&1 != 0 {
		flags |= descPages
	}
	if d>>47&1 == 0 {
		flags |= descNotPresent
	}
	le.PutUint32(b[12:], flags)
	return b
}
