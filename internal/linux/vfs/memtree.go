package vfs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"trapline/internal/linux/abi"
)

// MemFile is a file of OpenMem.
type MemFile struct {
	Data []byte // must not change afterwards
	Exec bool   // mode 0755 in place of 0644
	Link string // not empty: a symbolic link to this path, with no Data
	Dir  bool   // a directory, with no Data
}

// Bounds of OpenMem.
const (
	MaxMemFiles = 4096
	MaxMemBytes = 256 << 20 // of all files
)

// Epoch is the start of deterministic time, in seconds since 1970 (2020-01-01).
const Epoch = 1577836800

// UserID is the user and group of a guest's processes and files where nobody says otherwise.
const UserID = 1000

// memDevice is the device number of files in memory, as of a disk: 8:1.
const memDevice = 8<<8 | 1

// OpenMem makes a tree of files in memory, by their clean absolute paths; the
// directories on the way come by themselves. Everything that a guest or a
// uprobe sees of them is a function of the argument: inode numbers follow the
// paths' order, from 2 (the root) on; times are the start of deterministic time.
func OpenMem(files map[string]MemFile) (*FS, error) {
	t := &memTree{nodes: map[string]*memNode{".": {name: ".", dir: true}}}
	total := 0
	for _, p := range slices.Sorted(maps.Keys(files)) {
		f := files[p]
		switch {
		case p != path.Clean(p) || !strings.HasPrefix(p, "/") || p == "/":
			return nil, fmt.Errorf("%q: expected a clean absolute path of a file", p)
		case len(f.Data) > 0 && f.Link != "":
			return nil, fmt.Errorf("%s: a link with data", p)
		}
		if total += len(f.Data); len(t.nodes) > MaxMemFiles || total > MaxMemBytes {
			return nil, fmt.Errorf("%s: more than %d files or %d bytes", p, MaxMemFiles, MaxMemBytes)
		}
		if err := t.add(inRoot(p), f); err != nil {
			return nil, err
		}
	}
	for i, name := range slices.Sorted(maps.Keys(t.nodes)) {
		t.nodes[name].dev, t.nodes[name].ino = memDevice, uint64(i)+2
	}
	return &FS{tree: t}, nil
}

// memTree is files in memory by name. It does not change.
type memTree struct{ nodes map[string]*memNode }

// memNode is one of them, and its own FileInfo, DirEntry and openFile; or what a
// guest sees of a directory or link of the host's on the way to a named file.
type memNode struct {
	name     string
	file     MemFile
	dir      bool
	dev, ino uint64
	like     *abi.Kstat    // permissions and owner of a directory on the way; nil: the guest's user's
	children []fs.DirEntry // by name
}

func (t *memTree) add(name string, f MemFile) error {
	if known := t.nodes[name]; known != nil && known.dir && f.Dir {
		return nil
	} else if known != nil {
		return fmt.Errorf("/%s: a file and a directory", name)
	}
	n := &memNode{name: path.Base(name), file: f, dir: f.Dir}
	t.nodes[name] = n
	for dir := path.Dir(name); ; name, dir = dir, path.Dir(dir) {
		parent, known := t.nodes[dir]
		if !known {
			parent = &memNode{name: path.Base(dir), dir: true}
			t.nodes[dir] = parent
		} else if !parent.dir {
			return fmt.Errorf("/%s: a file and a directory", dir)
		}
		parent.children = append(parent.children, n)
		slices.SortFunc(parent.children, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
		if n = parent; known {
			return nil
		}
	}
}

func (t *memTree) find(name string) (*memNode, error) {
	if n := t.nodes[name]; n != nil {
		return n, nil
	}
	return nil, abi.ENOENT
}

func (t *memTree) Lstat(name string) (fs.FileInfo, error) {
	n, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (t *memTree) Readlink(name string) (string, error) {
	n, err := t.find(name)
	if err != nil {
		return "", err
	}
	return n.file.Link, nil
}

func (t *memTree) Open(name string) (openFile, error) {
	n, err := t.find(name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (t *memTree) Close() error { return nil }

func (n *memNode) ReadAt(b []byte, off int64) (int, error) {
	return bytes.NewReader(n.file.Data).ReadAt(b, off)
}

// ReadDir lists the directory from its beginning.
func (n *memNode) ReadDir(limit int) ([]fs.DirEntry, error) {
	if len(n.children) == 0 {
		return nil, io.EOF
	}
	return n.children[:min(limit, len(n.children))], nil
}

func (n *memNode) Close() error               { return nil }
func (n *memNode) Name() string               { return n.name }
func (n *memNode) Size() int64                { return int64(len(n.file.Data) + len(n.file.Link)) }
func (n *memNode) IsDir() bool                { return n.dir }
func (n *memNode) Type() fs.FileMode          { return n.Mode().Type() }
func (n *memNode) Info() (fs.FileInfo, error) { return n, nil }
func (n *memNode) ModTime() time.Time         { return time.Unix(Epoch, 0).UTC() }

func (n *memNode) Mode() fs.FileMode {
	switch {
	case n.dir && n.like != nil:
		return fileMode(n.like.Mode)
	case n.dir:
		return fs.ModeDir | 0o755
	case n.file.Link != "":
		return fs.ModeSymlink | 0o777
	case n.file.Exec:
		return 0o755
	}
	return 0o644
}

// Sys gives an *abi.Kstat, as of a file that the guest's user owns.
func (n *memNode) Sys() any {
	const block = 512 // the unit of st_blocks
	kind := map[fs.FileMode]uint32{fs.ModeDir: abi.S_IFDIR, fs.ModeSymlink: abi.S_IFLNK, 0: abi.S_IFREG}[n.Type()]
	at := abi.Timespec{Sec: Epoch}
	mode, uid, gid := kind|uint32(n.Mode().Perm()), uint32(UserID), uint32(UserID)
	if n.like != nil {
		mode, uid, gid = n.like.Mode, n.like.Uid, n.like.Gid
	}
	return &abi.Kstat{
		Dev: n.dev, Ino: n.ino, Nlink: 1, Mode: mode, Uid: uid, Gid: gid, Size: uint64(n.Size()),
		Blksize: 4096, Blocks: uint64(n.Size()+block-1) / block, Atime: at, Mtime: at, Ctime: at,
	}
}
