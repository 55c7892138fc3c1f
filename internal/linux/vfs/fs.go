package vfs

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"trapline/internal/linux/abi"
)

const (
	maxSymlinks   = 40 // in one path, as the kernel's MAXSYMLINKS
	MaxDirEntries = 1 << 16
	MaxName       = 255 // bytes of a name in a path (NAME_MAX)
)

// FS is the file tree that a guest sees, for reading: a directory of the
// host's, resolved as in a chroot, named files of the host's, or files in memory.
type FS struct {
	tree tree
}

// OpenRoot makes the whole of dir the guest's "/". Links that point out of it
// are followed inside it, as in a chroot.
func OpenRoot(dir string) (*FS, error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		if p := (*os.PathError)(nil); errors.As(err, &p) {
			err = p.Err // who asked knows the path
		}
		return nil, err
	}
	return &FS{tree: hostTree{r}}, nil
}

// Close gives the tree back.
func (f *FS) Close() error { return f.tree.Close() }

// Resolve walks the absolute path p component by component, following links
// inside the tree (the last one only if follow or with a slash behind it), and
// returns the path of what is there without links. The last component may be
// absent: ENOENT comes from the later open.
func (f *FS) Resolve(p string, follow bool) (string, error) {
	rest := strings.Split(p, "/")
	at := "/"
	links := 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		if len(name) > MaxName {
			return "", abi.ENAMETOOLONG
		}
		next := path.Join(at, name)
		st, err := f.tree.Lstat(inRoot(next))
		if err != nil {
			if len(rest) == 0 {
				return next, nil
			}
			return "", ErrnoOf(err)
		}
		if st.Mode()&fs.ModeSymlink != 0 && (len(rest) > 0 || follow) {
			if links++; links > maxSymlinks {
				return "", abi.ELOOP
			}
			target, err := f.tree.Readlink(inRoot(next))
			if err != nil {
				return "", ErrnoOf(err)
			}
			if strings.HasPrefix(target, "/") {
				at = "/"
			}
			rest = append(strings.Split(target, "/"), rest...)
			continue
		}
		if !st.IsDir() && len(rest) > 0 {
			return "", abi.ENOTDIR
		}
		at = next
	}
	return at, nil
}

// inRoot is an absolute path as os.Root wants it.
func inRoot(p string) string {
	if p = strings.TrimPrefix(p, "/"); p != "" {
		return p
	}
	return "."
}

// Open opens what is at p for reading. Pipes, sockets and devices of the host
// are refused: opening one could block or act.
func (f *FS) Open(p string, follow bool) (*Handle, string, error) {
	full, err := f.Resolve(p, follow)
	if err != nil {
		return nil, "", err
	}
	st, err := f.tree.Lstat(inRoot(full))
	if err != nil {
		return nil, "", ErrnoOf(err)
	}
	switch {
	case st.Mode()&fs.ModeSymlink != 0:
		return nil, "", abi.ELOOP
	case !st.Mode().IsRegular() && !st.IsDir():
		return nil, "", abi.ENXIO
	}
	h := &Handle{fs: f, Path: full, Info: st}
	if _, err := h.need(); err != nil {
		return nil, "", err
	}
	return h, full, nil
}

func (f *FS) Lstat(p string, follow bool) (fs.FileInfo, error) {
	full, err := f.Resolve(p, follow)
	if err != nil {
		return nil, err
	}
	st, err := f.tree.Lstat(inRoot(full))
	if err != nil {
		return nil, ErrnoOf(err)
	}
	return st, nil
}

func (f *FS) Readlink(p string) (string, error) {
	full, err := f.Resolve(p, false)
	if err != nil {
		return "", err
	}
	if st, err := f.tree.Lstat(inRoot(full)); err != nil {
		return "", ErrnoOf(err)
	} else if st.Mode()&fs.ModeSymlink == 0 {
		return "", abi.EINVAL
	}
	t, err := f.tree.Readlink(inRoot(full))
	if err != nil {
		return "", ErrnoOf(err)
	}
	return t, nil
}

// Stat is stat(2) of an absolute path in the whole tree, whether or not the
// guest may see it.
func (f *FS) Stat(p string) (fs.FileInfo, error) {
	if t, ok := f.tree.(*namedTree); ok {
		f = &FS{tree: t.hostTree}
	}
	return f.Lstat(p, true)
}

// StatOf is what a file of an FS tells of itself.
func StatOf(info fs.FileInfo) abi.Kstat { return *info.Sys().(*abi.Kstat) }
