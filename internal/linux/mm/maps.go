package mm

import (
	"fmt"
	"strings"
	"trapline/internal/emu"
)

// Maps is the text of /proc/PID/maps.
func (mm *MM) Maps() string {
	var b strings.Builder
	for _, v := range mm.vmas {
		perm := []byte("---p")
		for i, p := range []Prot{ProtRead, ProtWrite, ProtExec} {
			if v.Prot&p != 0 {
				perm[i] = "rwx"[i]
			}
		}
		if v.Shared {
			perm[3] = 's'
		}
		var dev, ino uint64
		name := v.Name
		if v.Inode != nil {
			dev, ino, name = v.Inode.Dev, v.Inode.Ino, v.Inode.Path
			if v.File != nil {
				name = strings.ReplaceAll(v.File.Shown(), "\n", `\012`)
			}
		} else if name == "" && v.Start < mm.Brk && v.End > mm.StartBrk {
			name = "[heap]"
		}
		off := v.Off
		if v.Inode == nil {
			off = 0
		}
		line := fmt.Sprintf("%08x-%08x %s %08x %02x:%02x %d ", v.Start, v.End, perm, off,
			dev>>8&0xfff, dev&0xff|dev>>12&0xfff00, ino)
		if name != "" {
			const column = 73 // of the name, as the kernel pads it
			line = fmt.Sprintf("%-*s%s", column, line, name)
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Sizes are the bytes that are mapped and the pages that are there.
func (mm *MM) Sizes() (bytes, pages uint64) {
	for _, v := range mm.vmas {
		bytes += v.End - v.Start
		mm.eachPage(v, func(uint64, emu.PTE) { pages++ })
	}
	return bytes, pages
}

// Total is the size of all mappings, or of those that count as data, in bytes.
func (mm *MM) Total(data bool) uint64 {
	n := uint64(0)
	for _, v := range mm.vmas {
		if !data || v.IsData() {
			n += v.End - v.Start
		}
	}
	return n
}

// IsData reports whether RLIMIT_DATA counts v (is_data_mapping()).
func (v *VMA) IsData() bool { return v.Prot&ProtWrite != 0 && !v.Shared && !v.GrowsDown }
