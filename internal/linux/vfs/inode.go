package vfs

import (
	"cmp"
	"io"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// Inode is a file whose pages are mapped, or a piece of shared anonymous
// memory: the identity that uprobes attach to.
type Inode struct {
	Dev, Ino uint64 // 0, n for shared anonymous memory
	Path     string // as first opened
	Size     int64  // bytes
	backed   int64  // bytes that file has of it; behind that it is zeros

	Backing *Handle // nil: anonymous
	frames  map[uint64]emu.Frame
	saved   map[uint64]emu.Frame // the last snapshot's copy of frames
	refs    int
}

// readAhead is how many pages are read at once.
const readAhead = 16

// Key is the identity of a file.
type Key struct{ Dev, Ino uint64 }

// KeyOf is the identity of what a file tells of itself.
func KeyOf(st abi.Kstat) Key { return Key{st.Dev, st.Ino} }

// CompareKeys orders identities.
func CompareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Dev, b.Dev), cmp.Compare(a.Ino, b.Ino))
}

// Hold takes a hold on n, which dropInode gives back (ihold()).
func (n *Inode) Hold() { n.refs++ }

// Holds is how many mappings and files hold n.
func (n *Inode) Holds() int { return n.refs }

// Present is how many of its pages are in memory.
func (n *Inode) Present() int { return len(n.frames) }

// InodeOf finds or makes the inode of an open regular file, which was opened by name.
func (o *Overlay) InodeOf(from *Handle, name string) (*Inode, error) {
	st, err := from.Stat()
	if err != nil {
		return nil, err
	}
	sys := StatOf(st)
	key := Key{sys.Dev, sys.Ino}
	if n := o.inodes[key]; n != nil {
		return n, nil
	}
	h, _, err := o.lower.Open(from.Path, true)
	if err != nil {
		return nil, err
	}
	n := &Inode{Dev: key.Dev, Ino: key.Ino, Path: name, Size: st.Size(), backed: st.Size(), Backing: h, frames: map[uint64]emu.Frame{}}
	o.inodes[key] = n
	return n, nil
}

// NewShared makes shared anonymous memory of size bytes.
func (o *Overlay) NewShared(size uint64) *Inode {
	o.LastShared++
	n := &Inode{Ino: o.LastShared, Path: "/dev/zero" + Deleted, Size: int64(size), frames: map[uint64]emu.Frame{}}
	o.inodes[Key{0, n.Ino}] = n
	return n
}

// DropInode gives back one mapping's hold; the last one frees the pages.
func (o *Overlay) DropInode(n *Inode) {
	if n.refs--; n.refs > 0 {
		return
	}
	for _, f := range n.frames {
		o.pages.Put(f)
	}
	if n.Backing != nil {
		_ = n.Backing.Close()
	}
	delete(o.inodes, Key{n.Dev, n.Ino})
}

// CloseInodes closes the files of the FS that are behind inodes.
func (o *Overlay) CloseInodes() {
	for _, n := range o.inodes {
		if n.Backing != nil {
			_ = n.Backing.Close()
		}
	}
}

// InodeFrame is the frame that holds page i of n, read when first asked for
// together with the absent ones after it. False: past the end, or memory is
// used up.
func (o *Overlay) InodeFrame(n *Inode, i uint64) (emu.Frame, bool) {
	if f, ok := n.frames[i]; ok {
		return f, true
	}
	pages := uint64(n.Size+emu.PageSize-1) / emu.PageSize
	if i >= pages {
		return 0, false
	}
	count := 1
	for count < readAhead && i+uint64(count) < pages {
		if _, ok := n.frames[i+uint64(count)]; ok {
			break
		}
		count++
	}
	first, got := o.pages.Alloc(count)
	for j := range got {
		f := first + emu.Frame(j)
		n.frames[i+uint64(j)] = f
		if n.Backing == nil {
			continue
		}
		o.pages.MarkDirty(f)
		if err := n.readBacking(o.pages.Bytes(f), int64(i+uint64(j))*emu.PageSize); err != nil {
			return 0, false
		}
	}
	return first, got > 0
}

// newFile makes the pages of a file that the guest makes.
func (o *Overlay) newFile(name string) *Inode {
	o.lastNode++
	n := &Inode{Dev: layerDevice, Ino: o.lastNode, Path: name, frames: map[uint64]emu.Frame{}, refs: 1}
	o.inodes[Key{n.Dev, n.Ino}] = n
	return n
}

// readBacking reads what the FS has of a file; behind that it is zeros.
func (n *Inode) readBacking(b []byte, off int64) error {
	clear(b)
	if n.Backing == nil || off >= n.backed {
		return nil
	}
	_, err := n.Backing.ReadAt(b[:min(int64(len(b)), n.backed-off)], off)
	if err == io.EOF {
		err = nil
	}
	return err
}

// WriteNode puts b at off into a regular file of the layer and returns how much
// there was memory for.
func (o *Overlay) WriteNode(n *Node, b []byte, off int64) int {
	in := n.Inode
	old := in.Size
	done := 0
	for done < len(b) {
		at := uint64(off) + uint64(done)
		part := b[done:min(len(b), done+int(emu.PageSize-at%emu.PageSize))]
		in.Size = max(in.Size, int64(at)+int64(len(part)))
		frame, ok := o.InodeFrame(in, at/emu.PageSize)
		if !ok {
			in.Size = max(old, off+int64(done))
			break
		}
		o.pages.MarkDirty(frame)
		copy(o.pages.Bytes(frame)[at%emu.PageSize:], part)
		done += len(part)
	}
	if done > 0 {
		o.Stamp(&n.Attr.Mtime, &n.Attr.Ctime)
	}
	return done
}

// Zero makes bytes from off to end 0, as far as the file goes (shmem_fallocate()). Pages that are not there stay so. It reports
// whether there was memory for it.
func (o *Overlay) Zero(n *Node, off, end int64) bool {
	in := n.Inode
	end = min(end, in.Size)
	for page, frame := range in.frames {
		from, to := max(off, int64(page)*emu.PageSize), min(end, int64(page+1)*emu.PageSize)
		if from < to {
			o.pages.MarkDirty(frame)
			at := int64(page) * emu.PageSize
			clear(o.pages.Bytes(frame)[from-at : to-at])
		}
	}
	o.Stamp(&n.Attr.Mtime, &n.Attr.Ctime)
	zeros := make([]byte, emu.PageSize)
	for last := min(end, in.backed); off < last; {
		part := zeros[:min(int64(len(zeros)), last-off)]
		if o.WriteNode(n, part, off) < len(part) {
			return false
		}
		off += int64(len(part))
	}
	return true
}

// Truncate gives a regular file of the layer another length.
func (o *Overlay) Truncate(n *Node, size int64) {
	in := n.Inode
	if size < in.Size {
		o.dropBehind(in, size)
		in.backed = min(in.backed, size)
	}
	in.Size = size
	o.Stamp(&n.Attr.Mtime, &n.Attr.Ctime)
}

// dropBehind takes a file's bytes from size on away, mapped ones too.
func (o *Overlay) dropBehind(in *Inode, size int64) {
	first := uint64(size+emu.PageSize-1) / emu.PageSize
	o.unmap(in, size)
	for page, frame := range in.frames {
		switch {
		case page >= first:
			o.pages.Put(frame)
			delete(in.frames, page)
			in.saved = nil // it may have as many pages, but others
		case page == first-1 && size%emu.PageSize != 0:
			o.pages.MarkDirty(frame)
			clear(o.pages.Bytes(frame)[size%emu.PageSize:])
		}
	}
}

// ReadInode copies bytes of a mapped file from off on; it returns how many
// there are.
func (o *Overlay) ReadInode(n *Inode, off uint64, b []byte) int {
	done := 0
	for done < len(b) && off < uint64(n.Size) {
		f, ok := o.InodeFrame(n, off/emu.PageSize)
		if !ok {
			break
		}
		page := o.pages.Bytes(f)[off%emu.PageSize:]
		step := copy(b[done:], page[:min(uint64(len(page)), uint64(n.Size)-off)])
		done += step
		off += uint64(step)
	}
	return done
}

// Cached reports whether the page at an offset is there. All of what the host has of a file
// counts as such.
func (n *Inode) Cached(off uint64) bool {
	_, ok := n.frames[off/emu.PageSize]
	return ok || n.Backing != nil && int64(off) < n.backed
}
