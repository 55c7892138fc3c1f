package vfs

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
)

// layerDevice is the device number of files that the guest makes: 0:2Ah.
const layerDevice = 0x2a

// Node is a file, directory or link of the layer that the guest writes to: one
// that it made, or one of the FS that it changed.
type Node struct {
	Attr   abi.Kstat    // size and blocks of a regular file are its inode's
	Target string       // of a link
	Opaque bool         // a directory: what the FS has below it is not there
	Inode  *Inode       // a regular file's pages; nil for others
	Users  int          // open file descriptions
	Sock   state.Object // a socket of the kernel's that was bound here
	Fifo   *Pipe        // of a pipe with a name, while it is open
	Memfd  bool         // made by memfd_create(2)
	Seals  uint32       // its F_SEAL_*
}

// Stat is what stat(2) tells of it.
func (n *Node) Stat() abi.Kstat {
	const block = 512 // the unit of st_blocks
	s := n.Attr
	if n.Inode != nil {
		s.Size = uint64(n.Inode.Size)
		s.Blocks = (s.Size + emu.PageSize - 1) / emu.PageSize * (emu.PageSize / block)
	}
	return s
}

// nodeInfo is a node's FileInfo under one of its names. It tells of the node as
// it is when it is asked.
type nodeInfo struct {
	name string
	*Node
}

func (i nodeInfo) Name() string { return i.name }
func (i nodeInfo) Size() int64  { return int64(i.Stat().Size) }
func (i nodeInfo) IsDir() bool  { return i.Attr.Mode&abi.S_IFMT == abi.S_IFDIR }
func (i nodeInfo) ModTime() time.Time {
	return time.Unix(int64(i.Attr.Mtime.Sec), int64(i.Attr.Mtime.Nsec)).UTC()
}
func (i nodeInfo) Mode() fs.FileMode { return fileMode(i.Attr.Mode) }

// Sys gives an *abi.Kstat.
func (i nodeInfo) Sys() any {
	s := i.Stat()
	return &s
}

// fileMode is st_mode as package fs has it.
func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode & 0o777)
	switch mode & abi.S_IFMT {
	case abi.S_IFDIR:
		m |= fs.ModeDir
	case abi.S_IFLNK:
		m |= fs.ModeSymlink
	case abi.S_IFIFO:
		m |= fs.ModeNamedPipe
	case abi.S_IFCHR:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case abi.S_IFSOCK:
		m |= fs.ModeSocket
	}
	return m
}

// nodeFile reads a regular file of the layer without bringing its pages in.
type nodeFile struct {
	o *Overlay
	n *Node
}

// ReadAt is io.ReaderAt's.
func (f nodeFile) ReadAt(b []byte, off int64) (int, error) {
	in := f.n.Inode
	if off >= in.Size {
		return 0, io.EOF
	}
	short := int64(len(b)) > in.Size-off
	b = b[:min(int64(len(b)), in.Size-off)]
	for done := 0; done < len(b); {
		at := uint64(off) + uint64(done)
		part := b[done:min(len(b), done+int(emu.PageSize-at%emu.PageSize))]
		if frame, ok := in.frames[at/emu.PageSize]; ok {
			copy(part, f.o.pages.Bytes(frame)[at%emu.PageSize:])
		} else if err := in.readBacking(part, int64(at)); err != nil {
			return done, err
		}
		done += len(part)
	}
	if short {
		return len(b), io.EOF
	}
	return len(b), nil
}

// ReadDir is for directories.
func (nodeFile) ReadDir(int) ([]fs.DirEntry, error) { return nil, abi.ENOTDIR }

// Close has nothing to close: the pages are the machine's.
func (nodeFile) Close() error { return nil }

// DropNode frees a file that has neither a name nor a user.
func (o *Overlay) DropNode(n *Node) {
	if n.Attr.Nlink == 0 && n.Users == 0 && n.Inode != nil {
		o.DropInode(n.Inode)
		n.Inode = nil
	}
}

// OpenNode makes a handle of a node.
func (o *Overlay) OpenNode(n *Node, full string) *Handle {
	n.Users++
	return &Handle{fs: o.FS, Path: full, Info: nodeInfo{path.Base(full), n}, Node: n, File: nodeFile{o, n}}
}

// eachPage calls do for the bytes of each page of a regular file of the layer, in order, but for those that are zeros: a guest's
// file may be much larger than what is in it.
func (o *Overlay) eachPage(n *Node, do func(off int64, b []byte) error) error {
	in := n.Inode
	pages := slices.Sorted(maps.Keys(in.frames))
	backed := uint64(min(in.backed, in.Size)+emu.PageSize-1) / emu.PageSize
	behind, _ := slices.BinarySearch(pages, backed)
	var zeros, b [emu.PageSize]byte
	page := func(i uint64) error {
		off := int64(i) * emu.PageSize
		part := b[:max(0, min(emu.PageSize, in.Size-off))]
		if _, err := (nodeFile{o, n}).ReadAt(part, off); err != nil && err != io.EOF {
			return err
		}
		if bytes.Equal(part, zeros[:len(part)]) {
			return nil
		}
		return do(off, part)
	}
	for i := range backed {
		if err := page(i); err != nil {
			return err
		}
	}
	for _, i := range pages[behind:] {
		if err := page(i); err != nil {
			return err
		}
	}
	return nil
}

// DirHandle makes a handle of a directory that the layer has a node of.
func (o *Overlay) DirHandle(n *Node, full string) *Handle {
	return &Handle{fs: o.FS, Path: full, Info: nodeInfo{path.Base(full), n}}
}

// NodeOf is the node of a file of the layer, or nil.
func NodeOf(info fs.FileInfo) *Node {
	if i, ok := info.(nodeInfo); ok {
		return i.Node
	}
	return nil
}

// NodeAmong is the node that the layer has of what is told of, also by another name, or nil.
func (o *Overlay) NodeAmong(info fs.FileInfo) *Node {
	if n := NodeOf(info); n != nil {
		return n
	}
	return o.ChangedNode(info)
}

// NewNode makes a node without a name.
func (o *Overlay) NewNode(mode, uid, gid uint32) *Node {
	n := &Node{Attr: abi.Kstat{Dev: layerDevice, Nlink: 1, Mode: mode, Uid: uid, Gid: gid, Blksize: 4096}}
	o.lastNode++
	n.Attr.Ino = o.lastNode
	o.Stamp(&n.Attr.Atime, &n.Attr.Mtime, &n.Attr.Ctime)
	return n
}

// MakeFile makes a regular file, at full unless that is empty.
func (o *Overlay) MakeFile(full string, mode, uid, gid uint32) *Node {
	n := o.NewNode(mode, uid, gid)
	n.Inode = o.newFile(full)
	n.Attr.Ino = n.Inode.Ino
	if full != "" {
		o.AddName(full, n)
	}
	return n
}

// Stamp sets times to now.
func (o *Overlay) Stamp(times ...*abi.Timespec) {
	now := o.now()
	for _, t := range times {
		*t = now
	}
}

// Open opens what is at p for reading.
func (o *Overlay) Open(p string, follow bool) (*Handle, string, error) {
	h, full, err := o.FS.Open(p, follow)
	if err != nil {
		return nil, "", err
	}
	switch n := NodeOf(h.Info); {
	case n != nil && n.Inode != nil:
		return o.OpenNode(n, full), full, nil
	case n == nil:
		if !h.Info.IsDir() { // reopened, it is the FS's, whatever has its name by then
			h.fs = o.lower
		}
	}
	return h, full, nil
}
