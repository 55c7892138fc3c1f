package vfs

import (
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/page"
)

// Overlay is the tree that a guest sees: an FS, and on it what the guest has made, changed
// and removed. Nothing of the FS changes.
type Overlay struct {
	*FS // the tree as the guest sees it
	State
	lower *FS
	pages *page.Allocator
	now   func() abi.Timespec         // the time that files get (current_time())
	unmap func(in *Inode, size int64) // takes bytes from size on out of mappings (unmap_mapping_range())
	root  *Dentry                     // is always held
}

// State is what of it changes as the guest runs.
type State struct {
	inodes     map[Key]*Inode
	names      map[string]*Node // what the guest made or changed, by path without a leading slash; nil: removed
	copied     map[Key]*Node    // those of the FS that it changed, by what they were
	LastShared uint64
	lastNode   uint64            // inode number of the last file that it made
	pipes      uint64            // without names that were made
	dentries   map[entry]*Dentry // names that are held and not gone
}

// NewOverlay shows what lower has. now tells the time, and unmap is called before a
// file's bytes from size on go.
func NewOverlay(lower *FS, now func() abi.Timespec, unmap func(in *Inode, size int64)) *Overlay {
	o := &Overlay{lower: lower, now: now, unmap: unmap, root: &Dentry{users: 1}, State: State{
		names: map[string]*Node{}, copied: map[Key]*Node{}, inodes: map[Key]*Inode{}, dentries: map[entry]*Dentry{},
	}}
	o.FS = &FS{tree: &layerTree{lower.tree, o}}
	return o
}

// SetMemory says where pages of files are.
func (o *Overlay) SetMemory(pages *page.Allocator) { o.pages = pages }

// layerTree is the tree of an overlay.
type layerTree struct {
	lower tree
	o     *Overlay
}

// find is the node at name. Without one and without an error the FS says what is
// there.
func (t *layerTree) find(name string) (*Node, error) {
	names := t.o.names
	if len(names) == 0 {
		return nil, nil
	}
	if n, ok := names[name]; ok {
		if n == nil {
			return nil, abi.ENOENT
		}
		return n, nil
	}
	if t.hidden(name) {
		return nil, abi.ENOENT
	}
	return nil, nil
}

// hidden reports whether a directory above name was removed or made anew.
func (t *layerTree) hidden(name string) bool {
	for name != "." {
		name = path.Dir(name)
		if n, ok := t.o.names[name]; ok && (n == nil || n.Opaque) {
			return true
		}
	}
	return false
}

// Lstat tells of what is at name.
func (t *layerTree) Lstat(name string) (fs.FileInfo, error) {
	n, err := t.find(name)
	switch {
	case err != nil:
		return nil, err
	case n != nil:
		return nodeInfo{path.Base(name), n}, nil
	}
	info, err := t.lower.Lstat(name)
	if err != nil {
		return nil, err
	}
	if n := t.o.ChangedNode(info); n != nil {
		return nodeInfo{path.Base(name), n}, nil
	}
	return info, nil
}

// ChangedNode is the node of a file of the FS that the guest changed under this or
// another of its names, or nil.
func (o *Overlay) ChangedNode(info fs.FileInfo) *Node {
	if len(o.copied) == 0 {
		return nil
	}
	st := StatOf(info)
	return o.copied[KeyOf(st)]
}

// IsChanged reports whether an inode is of a file that the guest has made or changed, and may change again.
func (o *Overlay) IsChanged(in *Inode) bool {
	return in.Backing == nil || o.copied[Key{in.Dev, in.Ino}] != nil
}

// Readlink is where a link leads.
func (t *layerTree) Readlink(name string) (string, error) {
	n, err := t.find(name)
	switch {
	case err != nil:
		return "", err
	case n != nil && n.Inode == nil && n.Attr.Mode&abi.S_IFMT == abi.S_IFLNK:
		return n.Target, nil
	}
	return t.lower.Readlink(name)
}

// Open opens a directory; regular files are opened by openAt.
func (t *layerTree) Open(name string) (openFile, error) {
	n, err := t.find(name)
	switch {
	case err != nil:
		return nil, err
	case n != nil && n.Inode != nil:
		return nodeFile{t.o, n}, nil
	}
	d := &layerDir{t: t, name: name}
	if t.hasLower(name) && (n == nil || !n.Opaque) {
		if d.lower, err = t.lower.Open(name); err != nil {
			return nil, err
		}
		if n == nil {
			if info, err := t.lower.Lstat(name); err == nil && !info.IsDir() {
				return d.lower, nil
			}
		}
	}
	return d, nil
}

func (t *layerTree) Close() error { return nil }

// hasLower reports whether the FS has something at name that would be seen without
// a node.
func (t *layerTree) hasLower(name string) bool {
	if t.hidden(name) {
		return false
	}
	_, err := t.lower.Lstat(name)
	return err == nil
}

// layerDir is an open directory.
type layerDir struct {
	t     *layerTree
	name  string
	lower openFile // nil: the FS has none, or it is hidden
}

// ReadAt is for files.
func (*layerDir) ReadAt([]byte, int64) (int, error) { return 0, abi.EISDIR }

// Close closes the FS's directory.
func (d *layerDir) Close() error {
	if d.lower == nil {
		return nil
	}
	return d.lower.Close()
}

// ReadDir lists what the FS has and was not removed, then the guest's own.
func (d *layerDir) ReadDir(n int) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	names := d.t.o.names
	if d.lower != nil {
		lower, err := d.lower.ReadDir(n)
		if err != nil && err != io.EOF {
			return nil, err
		}
		for _, e := range lower {
			if _, ok := names[path.Join(d.name, e.Name())]; !ok {
				list = append(list, e)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if node := names[name]; node != nil && name != "." && path.Dir(name) == d.name {
			list = append(list, fs.FileInfoToDirEntry(nodeInfo{path.Base(name), node}))
		}
	}
	return list[:min(n, len(list))], nil
}
