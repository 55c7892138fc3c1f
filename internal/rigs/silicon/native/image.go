package native

import (
	"encoding/binary"

	"trapline/internal/rigs/silicon"
)

// ELF program header types and flags (System V gABI, ch. 5).
const (
	ptLoad     = 1
	ptGNUStack = 0x6474e551
	pfX        = 1
	pfW        = 2
	pfR        = 4
)

// image returns a static ELF executable that maps the regions of mode and is
// never meant to run by itself: the code region is full of INT3.
func image(mode silicon.Mode) []byte {
	le := binary.LittleEndian
	regions := mode.Regions()
	out := make([]byte, silicon.PageSize) // headers; page-aligned contents follow
	headers := len(regions) + 1

	// ELF header: identification, e_type EXEC, e_machine, e_version, e_entry, e_phoff...
	copy(out, "\x7fELF")
	out[5], out[6] = 1, 1 // little-endian, version 1
	le.PutUint16(out[16:], 2)
	le.PutUint32(out[20:], 1)
	var table, entry int
	if mode == silicon.Mode32 {
		table, entry = 52, 32
		out[4] = 1
		le.PutUint16(out[18:], 3) // EM_386
		le.PutUint32(out[24:], silicon.CodeBase)
		le.PutUint32(out[28:], uint32(table))
		le.PutUint16(out[40:], 52)
		le.PutUint16(out[42:], uint16(entry))
		le.PutUint16(out[44:], uint16(headers))
	} else {
		table, entry = 64, 56
		out[4] = 2
		le.PutUint16(out[18:], 62) // EM_X86_64
		le.PutUint64(out[24:], silicon.CodeBase)
		le.PutUint64(out[32:], uint64(table))
		le.PutUint16(out[52:], 64)
		le.PutUint16(out[54:], uint16(entry))
		le.PutUint16(out[56:], uint16(headers))
	}
	for i, r := range regions {
		flags := uint32(pfR)
		if r.Write {
			flags |= pfW
		}
		if r.Execute {
			flags |= pfX
		}
		putHeader(out[table+i*entry:], mode, ptLoad, flags, uint64(len(out)), r.Base, uint64(r.Size))
		contents := make([]byte, r.Size)
		if r.Execute {
			for j := range contents {
				contents[j] = silicon.Filler
			}
		}
		out = append(out, contents...)
	}
	// Without this header a 32-bit process gets executable data pages.
	putHeader(out[table+len(regions)*entry:], mode, ptGNUStack, pfR|pfW, 0, 0, 0)
	return out
}

// putHeader writes one program header.
func putHeader(p []byte, mode silicon.Mode, kind, flags uint32, offset, addr, size uint64) {
	le := binary.LittleEndian
	le.PutUint32(p, kind)
	if mode == silicon.Mode32 {
		for i, v := range []uint64{offset, addr, addr, size, size, uint64(flags), silicon.PageSize} {
			le.PutUint32(p[4+4*i:], uint32(v))
		}
		return
	}
	le.PutUint32(p[4:], flags)
	for i, v := range []uint64{offset, addr, addr, size, size, silicon.PageSize} {
		le.PutUint64(p[8+8*i:], v)
	}
}
