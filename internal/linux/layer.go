package linux

import (
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// layerTree is the tree that a guest sees: the FS, and on it what the guest has
// made, changed and removed (kernelState.names). Nothing of the FS changes.
type layerTree struct {
	lower tree
	k     *Kernel
}

// find is the node at name. Without one and without an error the FS says what is
// there.
func (t *layerTree) find(name string) (*node, error) {
	names := t.k.names
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
		if n, ok := t.k.names[name]; ok && (n == nil || n.opaque) {
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
	if n := t.k.changedNode(info); n != nil {
		return nodeInfo{path.Base(name), n}, nil
	}
	return info, nil
}

// changedNode is the node of a file of the FS that the guest changed under this or
// another of its names, or nil.
func (k *Kernel) changedNode(info fs.FileInfo) *node {
	if len(k.copied) == 0 {
		return nil
	}
	st := StatOf(info)
	return k.copied[inodeKey{st.Dev, st.Ino}]
}

// Readlink is where a link leads.
func (t *layerTree) Readlink(name string) (string, error) {
	n, err := t.find(name)
	switch {
	case err != nil:
		return "", err
	case n != nil && n.inode == nil && n.st.Mode&abi.S_IFMT == abi.S_IFLNK:
		return n.target, nil
	}
	return t.lower.Readlink(name)
}

// open opens a directory; regular files are opened by openAt.
func (t *layerTree) open(name string) (openFile, error) {
	n, err := t.find(name)
	switch {
	case err != nil:
		return nil, err
	case n != nil && n.inode != nil:
		return nodeFile{t.k, n}, nil
	}
	d := &layerDir{t: t, name: name}
	if t.hasLower(name) && (n == nil || !n.opaque) {
		if d.lower, err = t.lower.open(name); err != nil {
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
	names := d.t.k.names
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

// raise makes a node of what is at full, a path without links, if it is none yet.
func (k *Kernel) raise(full string, info fs.FileInfo) (*node, error) {
	if i, ok := info.(nodeInfo); ok {
		return i.node, nil
	}
	st := StatOf(info)
	n := &node{st: st}
	switch st.Mode & abi.S_IFMT {
	case abi.S_IFREG:
		inode, err := k.inodeOf(&File{path: full, host: &handle{fs: k.cfg.FS, path: full, info: info}})
		if err != nil {
			return nil, err
		}
		inode.refs++
		n.inode = inode
	case abi.S_IFLNK:
		target, err := k.fs.readlink(full)
		if err != nil {
			return nil, err
		}
		n.target = target
	case abi.S_IFDIR:
	default:
		return nil, abi.EPERM
	}
	k.copied[inodeKey{st.Dev, st.Ino}] = n
	k.names[inRoot(full)] = n
	return n, nil
}

// maxRaised bounds how many files a directory of the FS that is renamed may hold.
const maxRaised = 10_000

// raiseAll makes nodes of a directory of the FS and all below it, and has the layer
// alone say what is in it.
func (k *Kernel) raiseAll(full string, left *int) (*node, error) {
	if *left--; *left < 0 {
		return nil, abi.EXDEV
	}
	info, err := k.fs.lstat(full, false)
	if err != nil {
		return nil, err
	}
	n, err := k.raise(full, info)
	if err != nil || !info.IsDir() || n.opaque {
		return n, err
	}
	d, err := k.fs.tree.open(inRoot(full))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(maxDirEntries)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		child, err := k.raiseAll(path.Join(full, e.Name()), left)
		if err != nil {
			return nil, err
		}
		k.names[inRoot(path.Join(full, e.Name()))] = child
	}
	n.opaque = true
	return n, nil
}

// addName gives a node a name.
func (k *Kernel) addName(full string, n *node) {
	k.names[inRoot(full)] = n
	k.touchDir(path.Dir(full))
}

// dropName takes a name away.
func (k *Kernel) dropName(full string) {
	name := inRoot(full)
	delete(k.names, name)
	if (&layerTree{k.cfg.FS.tree, k}).hasLower(name) {
		k.names[name] = nil
	}
	k.touchDir(path.Dir(full))
}

// touchDir notes that a directory's entries changed.
func (k *Kernel) touchDir(full string) {
	info, err := k.fs.lstat(full, false)
	if err != nil {
		return
	}
	if n, err := k.raise(full, info); err == nil {
		k.stamp(&n.st.Mtime, &n.st.Ctime)
	}
}

// below lists the names under a directory.
func (k *Kernel) below(full string) []string {
	var list []string
	for name := range k.names {
		if strings.HasPrefix(name, inRoot(full)+"/") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
