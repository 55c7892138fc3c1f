package vfs

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"trapline/internal/linux/abi"
)

// tree is where an FS has its files: the host's, or memory. Names are paths
// without a leading slash, "." for the root. Each FileInfo's Sys is an
// *abi.Kstat.
type tree interface {
	Lstat(name string) (fs.FileInfo, error)
	Readlink(name string) (string, error)
	Open(name string) (openFile, error)
	Close() error
}

// hostTree is a directory of the host, without /proc and /sys: what is there the guest's kernel generates.
type hostTree struct{ *os.Root }

func isGenerated(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return first == "proc" || first == "sys"
}

// hostInfo is a FileInfo of the host's whose Sys is an *abi.Kstat.
type hostInfo struct {
	fs.FileInfo
	stat abi.Kstat
}

func (i *hostInfo) Sys() any { return &i.stat }

func hostInfoOf(info fs.FileInfo, name string) fs.FileInfo {
	return &hostInfo{info, hostStat(info, name)}
}

func (t hostTree) Lstat(name string) (fs.FileInfo, error) {
	if isGenerated(name) {
		return nil, abi.ENOENT
	}
	info, err := t.Root.Lstat(name)
	if err != nil {
		return nil, err
	}
	return hostInfoOf(info, name), nil
}

func (t hostTree) Open(name string) (openFile, error) {
	f, err := t.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	return hostFile{f, name}, nil
}

// hostFile is an open file of a hostTree.
type hostFile struct {
	*os.File
	name string
}

// ReadDir is os.File's, with entries whose Info is that of the tree.
func (f hostFile) ReadDir(n int) ([]fs.DirEntry, error) {
	l, err := f.File.ReadDir(n)
	if f.name == "." {
		l = slices.DeleteFunc(l, func(e fs.DirEntry) bool { return isGenerated(e.Name()) })
	}
	for i := range l {
		l[i] = hostEntry{l[i], path.Join(f.name, l[i].Name())}
	}
	return l, err
}

type hostEntry struct {
	fs.DirEntry
	name string // in the tree
}

func (e hostEntry) Info() (fs.FileInfo, error) {
	info, err := e.DirEntry.Info()
	if err != nil {
		return nil, err
	}
	return hostInfoOf(info, e.name), nil
}
