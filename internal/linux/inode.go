package linux

import "trapline/internal/emu"

// Inode is a file whose pages are mapped, or a piece of shared anonymous
// memory: the identity that uprobes attach to.
type Inode struct {
	Dev, Ino uint64 // 0, n for shared anonymous memory
	Path     string // as first opened
	Size     int64  // bytes
	backed   int64  // bytes that file has of it; behind that it is zeros

	file   *handle // nil: anonymous
	frames map[uint64]emu.Frame
	saved  map[uint64]emu.Frame // the last snapshot's copy of frames
	refs   int
}

type inodeKey struct{ dev, ino uint64 }

// inodeOf finds or makes the inode of an open regular file.
func (k *Kernel) inodeOf(f *File) (*Inode, error) {
	st, err := f.host.Stat()
	if err != nil {
		return nil, err
	}
	sys := StatOf(st)
	key := inodeKey{sys.Dev, sys.Ino}
	if n := k.inodes[key]; n != nil {
		return n, nil
	}
	h, _, err := k.cfg.FS.open(f.host.path, true)
	if err != nil {
		return nil, err
	}
	n := &Inode{Dev: key.dev, Ino: key.ino, Path: f.path, Size: st.Size(), backed: st.Size(), file: h, frames: map[uint64]emu.Frame{}}
	k.inodes[key] = n
	return n, nil
}

// newShared makes shared anonymous memory of size bytes.
func (k *Kernel) newShared(size uint64) *Inode {
	k.lastShared++
	n := &Inode{Ino: k.lastShared, Path: "/dev/zero (deleted)", Size: int64(size), frames: map[uint64]emu.Frame{}}
	k.inodes[inodeKey{0, n.Ino}] = n
	return n
}

// dropInode gives back one mapping's hold; the last one frees the pages.
func (k *Kernel) dropInode(n *Inode) {
	if n.refs--; n.refs > 0 {
		return
	}
	for _, f := range n.frames {
		k.pages.Put(f)
	}
	if n.file != nil {
		_ = n.file.Close()
	}
	delete(k.inodes, inodeKey{n.Dev, n.Ino})
}

// inodeFrame is the frame that holds page i of n, read when first asked for
// together with the absent ones after it. False: past the end, or memory is
// used up.
func (k *Kernel) inodeFrame(n *Inode, i uint64) (emu.Frame, bool) {
	if f, ok := n.frames[i]; ok {
		return f, true
	}
	pages := uint64(n.Size+emu.PageSize-1) / emu.PageSize
	if i >= pages {
		return 0, false
	}
	count := 1
	for count < faultAround && i+uint64(count) < pages {
		if _, ok := n.frames[i+uint64(count)]; ok {
			break
		}
		count++
	}
	first, got := k.pages.Alloc(count)
	for j := range got {
		f := first + emu.Frame(j)
		n.frames[i+uint64(j)] = f
		if n.file == nil {
			continue
		}
		k.pages.MarkDirty(f)
		if err := n.readBacking(k.pages.Bytes(f), int64(i+uint64(j))*emu.PageSize); err != nil {
			return 0, false
		}
	}
	return first, got > 0
}
