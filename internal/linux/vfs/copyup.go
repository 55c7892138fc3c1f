package vfs

import (
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// Raise makes a node of what is at full, a path without links, if it is none yet.
func (o *Overlay) Raise(full string, info fs.FileInfo) (*Node, error) {
	if i, ok := info.(nodeInfo); ok {
		return i.Node, nil
	}
	st := StatOf(info)
	n := &Node{Attr: st}
	switch st.Mode & abi.S_IFMT {
	case abi.S_IFREG:
		inode, err := o.InodeOf(&Handle{fs: o.lower, Path: full, Info: info}, full)
		if err != nil {
			return nil, err
		}
		inode.Hold()
		n.Inode = inode
	case abi.S_IFLNK:
		target, err := o.Readlink(full)
		if err != nil {
			return nil, err
		}
		n.Target = target
	case abi.S_IFDIR:
	default:
		return nil, abi.EPERM
	}
	o.copied[KeyOf(st)] = n
	o.names[inRoot(full)] = n
	return n, nil
}

// MaxRaised bounds how many files a directory of the FS that is renamed may hold.
const MaxRaised = 10_000

// RaiseAll makes nodes of a directory of the FS and all below it, and has the layer
// alone say what is in it.
func (o *Overlay) RaiseAll(full string, left *int) (*Node, error) {
	if *left--; *left < 0 {
		return nil, abi.EXDEV
	}
	info, err := o.Lstat(full, false)
	if err != nil {
		return nil, err
	}
	n, err := o.Raise(full, info)
	if err != nil || !info.IsDir() || n.Opaque {
		return n, err
	}
	d, err := o.tree.Open(inRoot(full))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(MaxDirEntries)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		child, err := o.RaiseAll(path.Join(full, e.Name()), left)
		if err != nil {
			return nil, err
		}
		o.names[inRoot(path.Join(full, e.Name()))] = child
	}
	n.Opaque = true
	return n, nil
}

// AddName gives a node a name.
func (o *Overlay) AddName(full string, n *Node) {
	o.names[inRoot(full)] = n
	o.touchDir(path.Dir(full))
}

// DropName takes a name away.
func (o *Overlay) DropName(full string) {
	name := inRoot(full)
	delete(o.names, name)
	if (&layerTree{o.lower.tree, o}).hasLower(name) {
		o.names[name] = nil
	}
	o.touchDir(path.Dir(full))
}

// touchDir notes that a directory's entries changed.
func (o *Overlay) touchDir(full string) {
	info, err := o.Lstat(full, false)
	if err != nil {
		return
	}
	if n, err := o.Raise(full, info); err == nil {
		o.Stamp(&n.Attr.Mtime, &n.Attr.Ctime)
	}
}

// below lists the names under a directory.
func (o *Overlay) below(full string) []string {
	var list []string
	for name := range o.names {
		if strings.HasPrefix(name, inRoot(full)+"/") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Move gives what has a name, or is under a directory of that name, another one.
func (o *Overlay) Move(from, to string, n *Node) {
	for _, in := range o.inodes { // also those that are only mapped
		if in == n.Inode || in.Path != from {
			in.Path = Renamed(in.Path, from, to)
		}
	}
	o.moveBelow(from, to)
	o.DropName(from)
	o.Stamp(&n.Attr.Ctime)
	o.AddName(to, n)
}

// Renamed is what has the path p once from is renamed to to.
func Renamed(p, from, to string) string {
	if rest, ok := strings.CutPrefix(p, from); ok && (rest == "" || rest[0] == '/') {
		return to + rest
	}
	return p
}

// moveBelow gives what is under a directory its names under another.
func (o *Overlay) moveBelow(from, to string) {
	for _, name := range o.below(from) {
		o.names[inRoot(to)+strings.TrimPrefix(name, inRoot(from))] = o.names[name]
		delete(o.names, name)
	}
}

// ForgetBelow forgets what was removed under a directory that goes.
func (o *Overlay) ForgetBelow(full string) {
	for _, name := range o.below(full) {
		delete(o.names, name)
	}
}

// IsEmpty reports whether a directory has no entries.
func (o *Overlay) IsEmpty(full string) bool {
	d, err := o.tree.Open(inRoot(full))
	if err != nil {
		return true
	}
	defer d.Close()
	l, _ := d.ReadDir(1)
	if len(l) > 0 {
		return false
	}
	l, _ = d.ReadDir(MaxDirEntries)
	return len(l) == 0
}

// NameOf is the first name of a node; false: it has none that the overlay knows.
func (o *Overlay) NameOf(n *Node) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		if o.names[name] == n {
			return "/" + name, true
		}
	}
	return "", false
}

// PathsOf tells the path of each inode as a program sees it (d_path()): that by which it was opened, with a mark behind it if that
// is no name of it any more.
func (o *Overlay) PathsOf() func(*Inode) string {
	nodes := map[*Inode]*Node{}
	for _, list := range []iter.Seq[*Node]{maps.Values(o.names), maps.Values(o.copied)} {
		for n := range list {
			if n != nil && n.Inode != nil {
				nodes[n.Inode] = n
			}
		}
	}
	return func(in *Inode) string {
		n := nodes[in]
		if n == nil && in.Dev != layerDevice || strings.HasSuffix(in.Path, Deleted) {
			return in.Path
		}
		if info, err := o.Lstat(in.Path, false); n != nil && err == nil && o.NodeAmong(info) == n {
			return in.Path
		}
		return in.Path + Deleted
	}
}

// Deleted is behind the path of a file that has no name any more.
const Deleted = " (deleted)"

// IsName reports whether a path is a name of a node.
func (o *Overlay) IsName(full string, n *Node) bool { return o.names[inRoot(full)] == n }
