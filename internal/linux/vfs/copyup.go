package vfs

import (
	"io/fs"
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

// Rename gives a node another name, which nothing has, and what is below it names below that.
func (o *Overlay) Rename(from, to string, n *Node) {
	for _, in := range o.inodes { // also those that are only mapped
		if in == n.Inode || in.Path != from {
			in.Path = renamed(in.Path, from, to)
		}
	}
	for _, name := range o.below(from) {
		o.names[inRoot(to)+strings.TrimPrefix(name, inRoot(from))] = o.names[name]
		delete(o.names, name)
	}
	o.DropName(from)
	o.Stamp(&n.Attr.Ctime)
	o.AddName(to, n)
	o.moveDentry(from, to)
}

// renamed is what has the path p once from is renamed to to.
func renamed(p, from, to string) string {
	if rest, ok := strings.CutPrefix(p, from); ok && (rest == "" || rest[0] == '/') {
		return to + rest
	}
	return p
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
