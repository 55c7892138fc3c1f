package linux

import (
	"io/fs"
	"os"
	"syscall"
)

// tree is where an FS has its files: the host's, or memory. Names are paths
// without a leading slash, "." for the root.
type tree interface {
	Lstat(name string) (fs.FileInfo, error)
	Readlink(name string) (string, error)
	open(name string) (openFile, error)
	Close() error
}

// hostTree is a directory of the host.
type hostTree struct{ *os.Root }

func (t hostTree) open(name string) (openFile, error) {
	f, err := t.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return f, nil
}
