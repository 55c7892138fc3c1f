package linux

import (
	"io"
	"io/fs"
	"path"
	"time"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// layerDevice is the device number of files that the guest makes: 0:2Ah.
const layerDevice = 0x2a

// node is a file, directory or link of the layer that the guest writes to: one
// that it made, or one of the FS that it changed.
type node struct {
	st     abi.Stat // size and blocks of a regular file are its inode's
	target string   // of a link
	opaque bool     // a directory: what the FS has below it is not there
	inode  *Inode   // a regular file's pages; nil for others
	users  int      // open file descriptions
	sock   *socket  // that was bound here
	fifo   *pipe    // of a pipe with a name, while it is open
	memfd  bool     // made by memfd_create(2)
	seals  uint32   // its F_SEAL_*
}

// stat is what stat(2) tells of it.
func (n *node) stat() abi.Stat {
	const block = 512 // the unit of st_blocks
	s := n.st
	if n.inode != nil {
		s.Size = uint64(n.inode.Size)
		s.Blocks = (s.Size + emu.PageSize - 1) / emu.PageSize * (emu.PageSize / block)
	}
	return s
}

// nodeInfo is a node's FileInfo under one of its names. It tells of the node as
// it is when it is asked.
type nodeInfo struct {
	name string
	*node
}

func (i nodeInfo) Name() string       { return i.name }
func (i nodeInfo) Size() int64        { return int64(i.stat().Size) }
func (i nodeInfo) IsDir() bool        { return i.st.Mode&abi.S_IFMT == abi.S_IFDIR }
func (i nodeInfo) ModTime() time.Time { return time.Unix(i.st.Mtime.Sec, i.st.Mtime.Nsec).UTC() }
func (i nodeInfo) Mode() fs.FileMode  { return fileMode(i.st.Mode) }

// Sys gives an *abi.Stat.
func (i nodeInfo) Sys() any {
	s := i.stat()
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
	k *Kernel
	n *node
}

// ReadAt is io.ReaderAt's.
func (f nodeFile) ReadAt(b []byte, off int64) (int, error) {
	in := f.n.inode
	if off >= in.Size {
		return 0, io.EOF
	}
	short := int64(len(b)) > in.Size-off
	b = b[:min(int64(len(b)), in.Size-off)]
	for done := 0; done < len(b); {
		at := uint64(off) + uint64(done)
		part := b[done:min(len(b), done+int(emu.PageSize-at%emu.PageSize))]
		if frame, ok := in.frames[at/emu.PageSize]; ok {
			copy(part, f.k.pages.Bytes(frame)[at%emu.PageSize:])
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

// readBacking reads what the FS has of a file; behind that it is zeros.
func (n *Inode) readBacking(b []byte, off int64) error {
	clear(b)
	if n.file == nil || off >= n.backed {
		return nil
	}
	_, err := n.file.ReadAt(b[:min(int64(len(b)), n.backed-off)], off)
	if err == io.EOF {
		err = nil
	}
	return err
}

// newFile makes the pages of a file that the guest makes.
func (k *Kernel) newFile(name string) *Inode {
	k.lastNode++
	n := &Inode{Dev: layerDevice, Ino: k.lastNode, Path: name, frames: map[uint64]emu.Frame{}, refs: 1}
	k.inodes[inodeKey{n.Dev, n.Ino}] = n
	return n
}

// writeNode puts b at off into a regular file of the layer and returns how much
// there was memory for.
func (k *Kernel) writeNode(n *node, b []byte, off int64) int {
	in := n.inode
	old := in.Size
	done := 0
	for done < len(b) {
		at := uint64(off) + uint64(done)
		part := b[done:min(len(b), done+int(emu.PageSize-at%emu.PageSize))]
		in.Size = max(in.Size, int64(at)+int64(len(part)))
		frame, ok := k.inodeFrame(in, at/emu.PageSize)
		if !ok {
			in.Size = max(old, off+int64(done))
			break
		}
		k.pages.MarkDirty(frame)
		copy(k.pages.Bytes(frame)[at%emu.PageSize:], part)
		done += len(part)
	}
	if done > 0 {
		k.stamp(&n.st.Mtime, &n.st.Ctime)
	}
	return done
}

// truncate gives a regular file of the layer another length.
func (k *Kernel) truncate(n *node, size int64) {
	in := n.inode
	if size < in.Size {
		k.dropBehind(in, size)
		in.backed = min(in.backed, size)
	}
	in.Size = size
	k.stamp(&n.st.Mtime, &n.st.Ctime)
}

// dropBehind takes a file's bytes from size on away, mapped ones too.
func (k *Kernel) dropBehind(in *Inode, size int64) {
	first := uint64(size+emu.PageSize-1) / emu.PageSize
	for _, p := range k.procs {
		if p.mm == nil {
			continue
		}
		for _, v := range p.mm.vmas {
			if v.Inode == in && v.offset(v.End) > first*emu.PageSize {
				p.mm.dropPages(max(v.Start, v.Start+first*emu.PageSize-min(v.Off, first*emu.PageSize)), v.End)
			}
		}
	}
	for page, frame := range in.frames {
		switch {
		case page >= first:
			k.pages.Put(frame)
			delete(in.frames, page)
			in.saved = nil // it may have as many pages, but others
		case page == first-1 && size%emu.PageSize != 0:
			k.pages.MarkDirty(frame)
			clear(k.pages.Bytes(frame)[size%emu.PageSize:])
		}
	}
}

// stamp sets times to now.
func (k *Kernel) stamp(times ...*abi.Timespec) {
	k.readsClock()
	now := k.realTime()
	for _, t := range times {
		*t = abi.Timespec{Sec: int64(now / 1e9), Nsec: int64(now % 1e9)}
	}
}

// dropNode frees a file that has neither a name nor a user.
func (k *Kernel) dropNode(n *node) {
	if n.st.Nlink == 0 && n.users == 0 && n.inode != nil {
		k.dropInode(n.inode)
		n.inode = nil
	}
}

// open makes a handle of a node.
func (n *node) open(k *Kernel, full string) *handle {
	n.users++
	return &handle{fs: k.fs, path: full, info: nodeInfo{path.Base(full), n}, node: n, file: nodeFile{k, n}}
}
