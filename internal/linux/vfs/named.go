package vfs

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// wayDevice is the device number of directories on the way to named files:
// 0:1, which no file system of the host has.
const wayDevice = 1

// namedTree is the host's tree as far as it was named: the named files, what is
// below those that are directories, and the way to each of them. A directory
// or link on the way is known by its name only; a directory lists what is
// named, and nothing is told of the host's.
type namedTree struct {
	hostTree
	named []string            // as tree has them
	way   map[string]*memNode // does not overlap with named
}

// OpenFiles shows the host's own tree, but of it only the files named by
// paths, which must be absolute, what is below those that are directories, and
// the directories above them, without other entries. Whatever else there is
// does not exist for the guest, also where a link leads to it.
func OpenFiles(paths ...string) (*FS, error) {
	r, err := os.OpenRoot("/")
	if err != nil {
		return nil, err
	}
	t := &namedTree{hostTree: hostTree{r}, way: map[string]*memNode{}}
	seen := map[string]fs.FileInfo{}
	for _, p := range paths {
		p = path.Clean(p)
		t.named = append(t.named, inRoot(p))
		if full, err := t.walk(p, seen); err == nil && full != p {
			t.named = append(t.named, inRoot(full))
		}
	}
	t.lead(seen)
	return &FS{tree: t}, nil
}

// ShowDir lets an absolute path of a directory exist for a guest of OpenFiles:
// the names on the way to it, without what else is in it. It must not be called
// while a guest runs.
func (f *FS) ShowDir(dir string) {
	if t, ok := f.tree.(*namedTree); ok {
		seen := map[string]fs.FileInfo{}
		_, _ = t.walk(dir, seen)
		t.lead(seen)
	}
}

// Stock adds files in memory that the guest finds where the host's are not shown. A
// path that ends in a slash is a directory that everybody may write to. It must not be
// called while a guest runs.
func (f *FS) Stock(files map[string]string) {
	t, ok := f.tree.(*namedTree)
	if !ok {
		return
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		for name, rest := ".", inRoot(path.Clean(p)); rest != ""; {
			var part string
			part, rest, _ = strings.Cut(rest, "/")
			name = path.Join(name, part)
			if t.way[name] != nil || t.isNamed(name) {
				continue
			}
			n := &memNode{name: part, dev: wayDevice, ino: uint64(len(t.way)) + 2, dir: rest != "" || strings.HasSuffix(p, "/")}
			n.like = &abi.Kstat{Mode: abi.S_IFREG | 0o644}
			switch {
			case !n.dir:
				n.file.Data = []byte(files[p])
			case rest == "":
				n.like.Mode = abi.S_IFDIR | abi.S_ISVTX | 0o777
			default:
				n.like.Mode = abi.S_IFDIR | 0o755
			}
			t.way[name] = n
			t.enter(path.Dir(name), n)
		}
	}
}

// walk resolves p in the host's tree and adds to seen everything on the way.
func (t *namedTree) walk(p string, seen map[string]fs.FileInfo) (string, error) {
	return (&FS{tree: seeingTree{t.hostTree, seen}}).Resolve(p, true)
}

// seeingTree is the host's tree with a note of what was found in it.
type seeingTree struct {
	hostTree
	seen map[string]fs.FileInfo
}

func (t seeingTree) Lstat(name string) (fs.FileInfo, error) {
	info, err := t.hostTree.Lstat(name)
	if err == nil {
		t.seen[name] = info
	}
	return info, err
}

// lead adds the way to what was seen.
func (t *namedTree) lead(seen map[string]fs.FileInfo) {
	for _, name := range slices.Sorted(maps.Keys(seen)) { // a directory before what is in it
		info := seen[name]
		if t.way[name] != nil {
			continue
		}
		entry := fs.FileInfoToDirEntry(info)
		if !t.isNamed(name) {
			n := &memNode{name: path.Base(name), dev: wayDevice, ino: uint64(len(t.way)) + 2}
			st := StatOf(info)
			n.like = &st
			switch {
			case info.IsDir():
				n.dir = true
			case info.Mode()&fs.ModeSymlink != 0:
				n.file.Link, _ = t.hostTree.Readlink(name)
			default:
				continue // no way leads through it
			}
			t.way[name], entry = n, n
		}
		t.enter(path.Dir(name), entry)
	}
}

// enter lists an entry in a directory on the way.
func (t *namedTree) enter(dir string, entry fs.DirEntry) {
	if dir == "." && t.way[dir] == nil && !t.isNamed(dir) {
		t.way[dir] = &memNode{name: dir, dir: true, dev: wayDevice, ino: 1, like: &abi.Kstat{Mode: abi.S_IFDIR | 0o755}}
	}
	n := t.way[dir]
	if n == nil || slices.ContainsFunc(n.children, func(e fs.DirEntry) bool { return e.Name() == entry.Name() }) {
		return
	}
	n.children = append(n.children, entry)
	slices.SortFunc(n.children, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
}

// isNamed reports whether name, a path without links, is named or below what is.
func (t *namedTree) isNamed(name string) bool {
	return slices.ContainsFunc(t.named, func(n string) bool {
		return n == "." || name == n || strings.HasPrefix(name, n+"/")
	})
}

func (t *namedTree) Lstat(name string) (fs.FileInfo, error) {
	if n := t.way[name]; n != nil {
		return n, nil
	}
	if !t.isNamed(name) {
		return nil, abi.ENOENT
	}
	return t.hostTree.Lstat(name)
}

func (t *namedTree) Readlink(name string) (string, error) {
	if n := t.way[name]; n != nil {
		return n.file.Link, nil
	}
	if !t.isNamed(name) {
		return "", abi.ENOENT
	}
	return t.hostTree.Readlink(name)
}

func (t *namedTree) Open(name string) (openFile, error) {
	if n := t.way[name]; n != nil {
		return n, nil
	}
	if !t.isNamed(name) {
		return nil, abi.ENOENT
	}
	return t.hostTree.Open(name)
}
