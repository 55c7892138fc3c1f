package mm

import (
	"errors"
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
)

// MapImage maps the segments of an executable file, whose bytes are from's, base bytes above their addresses.
func (mm *MM) MapImage(f File, from *vfs.Handle, m *loader.Image, base uint64) error {
	inode, err := mm.shared.files.InodeOf(from, f.Path())
	if err != nil {
		return err
	}
	inode.Hold() // held while the segments are mapped one by one
	defer mm.shared.files.DropInode(inode)
	for i := range m.Segments {
		s := m.Segments[i]
		s.Addr += base
		if err := mm.mapSegment(f, inode, &s); err != nil {
			return err
		}
	}
	return nil
}

// MapInterpreter maps a program's interpreter where mmap would put it, as one
// piece, and returns what its addresses are moved by (AT_BASE).
func (mm *MM) MapInterpreter(f File, from *vfs.Handle, m *loader.Image) (uint64, error) {
	s := m.Segments
	first, base := PageFloor(s[0].Addr), uint64(0)
	if first == 0 { // else it is linked to where it lies
		if base = mm.hole(PageCeil(s[len(s)-1].End()) - first); base == 0 {
			return 0, errNoRoom
		}
	}
	return base, mm.MapImage(f, from, m, base)
}

// mapSegment maps one PT_LOAD: the file's pages, then zeroed memory. The rest
// of the file's last page is cleared if it can be written.
func (mm *MM) mapSegment(f File, n *vfs.Inode, s *loader.Segment) error {
	prot := Prot(0)
	for bit, p := range map[loader.Prot]Prot{loader.ProtR: ProtRead, loader.ProtW: ProtWrite, loader.ProtX: ProtExec} {
		if s.Prot&bit != 0 {
			prot |= p
		}
	}
	start, end := PageFloor(s.Addr), PageCeil(s.End())
	if start < minAddress || end > mm.Layout.TaskSize {
		return abi.EINVAL
	}
	fileEnd := start
	if len(s.Data) > 0 {
		fileEnd = PageCeil(s.Addr + uint64(len(s.Data)))
		start = mm.clip(start)
		if err := mm.addImage(&VMA{Start: start, End: fileEnd, Prot: prot, Inode: n, File: f, Off: s.Offset - (s.Addr - start)}); err != nil {
			return err
		}
		if tail := s.Addr + uint64(len(s.Data)); tail < fileEnd && s.MemSize > uint64(len(s.Data)) && prot&ProtWrite != 0 {
			if !mm.Write(tail, make([]byte, fileEnd-tail)) {
				return ErrNoMemory
			}
		}
	}
	return mm.addImage(&VMA{Start: mm.clip(fileEnd), End: end, Prot: prot})
}

// addImage maps a part of a segment, if it is not empty and nothing else lies there.
func (mm *MM) addImage(v *VMA) error {
	switch {
	case v.Start >= v.End:
		return nil
	case !mm.Free(v.Start, v.End):
		return abi.EEXIST
	}
	mm.Add(v)
	return nil
}

// AddStack maps a program's stack, which ends at its layout's top (setup_arg_pages()).
func (mm *MM) AddStack(size uint64, prot Prot) error {
	top := mm.Layout.StackTop
	return mm.addImage(&VMA{Start: top - size, End: top, Prot: prot, GrowsDown: true, Name: "[stack]"})
}

// clip moves a segment's start behind the one before it when both share a
// page with the same protection (loader checks that).
func (mm *MM) clip(start uint64) uint64 {
	if v := mm.Find(start); v != nil {
		return v.End
	}
	return start
}

var ErrNoMemory = errors.New("out of guest memory")

var errNoRoom = errors.New("no room in the address space")

// Special is a mapping of the kernel's making.
type Special struct {
	Name  string // VvarName, VDSOName or UprobesName
	Prot  Prot
	Pages uint64
}

// AddSpecial maps private pages one behind the other, at hint if that is free, else
// where mmap would put them, and gives the address of the first.
func (mm *MM) AddSpecial(hint uint64, areas ...Special) (uint64, error) {
	size := uint64(0)
	for _, a := range areas {
		size += a.Pages * emu.PageSize
	}
	at := hint
	if at == 0 || at > mm.Layout.TaskSize-size || !mm.Free(at, at+size) {
		at = mm.hole(size)
	}
	if at == 0 {
		return 0, errNoRoom
	}
	end := at
	for _, a := range areas {
		mm.Add(&VMA{Start: end, End: end + a.Pages*emu.PageSize, Prot: a.Prot, Name: a.Name})
		end += a.Pages * emu.PageSize
	}
	return at, nil
}
