package linux

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"trapline/internal/linux/abi"
)

// Changes lists what the guest has made or changed, and what it has removed, by
// absolute paths in order.
func (k *Kernel) Changes() (made, removed []string) {
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		switch n := k.names[name]; {
		case n != nil && n.isEndpoint(): // what is nothing without the run
		case n == nil:
			removed = append(removed, "/"+name)
		case n.inode != nil || n.opaque || n.st.Mode&abi.S_IFMT == abi.S_IFLNK || k.changedDir(name, n):
			made = append(made, "/"+name)
		}
	}
	return made, removed
}

// changedDir reports whether a directory of the FS has another mode or owner now: its
// times alone are no change.
func (k *Kernel) changedDir(name string, n *node) bool {
	info, err := k.cfg.FS.tree.Lstat(name)
	if err != nil {
		return true
	}
	was := StatOf(info)
	return was.Mode != n.st.Mode || was.Uid != n.st.Uid || was.Gid != n.st.Gid
}

// isEndpoint reports whether n is the name of a socket or a pipe.
func (n *node) isEndpoint() bool {
	kind := n.st.Mode & abi.S_IFMT
	return kind == abi.S_IFSOCK || kind == abi.S_IFIFO
}

// Endpoints lists the sockets and named pipes that the guest has made, which are nothing
// without the run and so not among Changes, by absolute paths in order.
func (k *Kernel) Endpoints() (sockets, pipes []string) {
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		switch n := k.names[name]; {
		case n == nil || !n.isEndpoint():
		case n.st.Mode&abi.S_IFMT == abi.S_IFSOCK:
			sockets = append(sockets, "/"+name)
		default:
			pipes = append(pipes, "/"+name)
		}
	}
	return sockets, pipes
}

// Unkept lists changed files of the FS that have names which Changes does not know: other
// links of the host's. A file is listed by the name under which it was changed first.
func (k *Kernel) Unkept() []string {
	names := map[*node]uint64{}
	for _, n := range k.names {
		names[n]++
	}
	var list []string
	for _, n := range k.copied {
		if n.inode != nil && n.st.Nlink > names[n] {
			list = append(list, n.inode.Path)
		}
	}
	slices.Sort(list)
	return list
}

// Keep writes the files, directories and links of Changes into dir, below the paths
// that they have for the guest. dir must exist and be empty.
func (k *Kernel) Keep(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if list, err := os.ReadDir(dir); err != nil || len(list) > 0 {
		return fmt.Errorf("%s: expected an empty directory", dir)
	}
	made, _ := k.Changes()
	first := map[*node]string{} // of files with several names
	for _, p := range made {
		name := inRoot(p)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		n := k.names[name]
		if other, ok := first[n]; ok {
			err = root.Link(other, name)
		} else {
			err = k.keep(root, name, n)
		}
		if err != nil {
			return err
		}
		first[n] = name
	}
	for _, p := range slices.Backward(made) { // directories after what is in them
		if n := k.names[inRoot(p)]; n.st.Mode&abi.S_IFMT != abi.S_IFLNK {
			if err := root.Chmod(inRoot(p), fileMode(n.st.Mode).Perm()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *Kernel) keep(root *os.Root, name string, n *node) error {
	switch {
	case n.st.Mode&abi.S_IFMT == abi.S_IFDIR:
		return root.MkdirAll(name, 0o755)
	case n.inode == nil:
		return root.Symlink(n.target, name)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.NewSectionReader(nodeFile{k, n}, 0, n.inode.Size))
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
