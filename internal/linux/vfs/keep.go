package vfs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"trapline/internal/linux/abi"
)

// Changes lists what the guest has made or changed, and what it has removed, by
// absolute paths in order.
func (o *Overlay) Changes() (made, removed []string) {
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		switch n := o.names[name]; {
		case n != nil && n.isEndpoint(): // what is nothing without the run
		case n == nil:
			removed = append(removed, "/"+name)
		case n.Inode != nil || n.Opaque || n.Attr.Mode&abi.S_IFMT == abi.S_IFLNK || o.changedDir(name, n):
			made = append(made, "/"+name)
		}
	}
	return made, removed
}

// changedDir reports whether a directory of the FS has another mode or owner now: its
// times alone are no change.
func (o *Overlay) changedDir(name string, n *Node) bool {
	info, err := o.lower.tree.Lstat(name)
	if err != nil {
		return true
	}
	was := StatOf(info)
	return was.Mode != n.Attr.Mode || was.Uid != n.Attr.Uid || was.Gid != n.Attr.Gid
}

// isEndpoint reports whether n is the name of a socket or a pipe.
func (n *Node) isEndpoint() bool {
	kind := n.Attr.Mode & abi.S_IFMT
	return kind == abi.S_IFSOCK || kind == abi.S_IFIFO
}

// Endpoints lists the sockets and named pipes that the guest has made, which are nothing
// without the run and so not among Changes, by absolute paths in order.
func (o *Overlay) Endpoints() (sockets, pipes []string) {
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		switch n := o.names[name]; {
		case n == nil || !n.isEndpoint():
		case n.Attr.Mode&abi.S_IFMT == abi.S_IFSOCK:
			sockets = append(sockets, "/"+name)
		default:
			pipes = append(pipes, "/"+name)
		}
	}
	return sockets, pipes
}

// Unkept lists changed files of the FS that have names which Changes does not know: other
// links of the host's. A file is listed by the name under which it was changed first.
func (o *Overlay) Unkept() []string {
	names := map[*Node]uint64{}
	for _, n := range o.names {
		names[n]++
	}
	var list []string
	for _, n := range o.copied {
		if n.Inode != nil && n.Attr.Nlink > names[n] {
			list = append(list, n.Inode.Backing.Path)
		}
	}
	slices.Sort(list)
	return list
}

// Keep writes the files, directories and links of Changes into dir, below the paths
// that they have for the guest. dir must exist and be empty.
func (o *Overlay) Keep(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		return fmt.Errorf("%s: expected an empty directory", dir)
	}
	made, _ := o.Changes()
	first := map[*Node]string{} // of files with several names
	for _, p := range made {
		name := inRoot(p)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		n := o.names[name]
		if other, ok := first[n]; ok {
			err = root.Link(other, name)
		} else {
			err = o.keep(root, name, n)
		}
		if err != nil {
			return err
		}
		first[n] = name
	}
	for _, p := range slices.Backward(made) { // directories after what is in them
		if n := o.names[inRoot(p)]; n.Attr.Mode&abi.S_IFMT != abi.S_IFLNK {
			if err := root.Chmod(inRoot(p), fileMode(n.Attr.Mode).Perm()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *Overlay) keep(root *os.Root, name string, n *Node) error {
	switch {
	case n.Attr.Mode&abi.S_IFMT == abi.S_IFDIR:
		return root.MkdirAll(name, 0o755)
	case n.Inode == nil:
		return root.Symlink(n.Target, name)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = f.Truncate(n.Inode.Size); err == nil { // what is zeros takes no room, as in the guest
		err = o.eachPage(n, func(off int64, b []byte) error {
			_, err := f.WriteAt(b, off)
			return err
		})
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
