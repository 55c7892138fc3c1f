package linux

import (
	"io"
	"io/fs"
)

// handle is a file or directory of an FS that the guest has open. It is no
// part of the state: the host's file behind it is opened when it is needed, and
// again after a Restore brought the guest's back.
type handle struct {
	fs   *FS
	path string      // without links
	info fs.FileInfo // when it was opened first
	file openFile    // nil: not open now
	node *node       // of the layer; nil: a file of the FS, or a directory
}

// openFile is what a tree opens.
type openFile interface {
	io.ReaderAt
	io.Closer
	ReadDir(n int) ([]fs.DirEntry, error)
}

// need opens the file if it is not open.
func (h *handle) need() (openFile, error) {
	if h.file == nil {
		f, err := h.fs.tree.open(inRoot(h.path))
		if err != nil {
			return nil, errnoOf(err)
		}
		h.file = f
	}
	return h.file, nil
}

// ReadAt is io.ReaderAt's.
func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	f, err := h.need()
	if err != nil {
		return 0, err
	}
	return f.ReadAt(b, off)
}

// Stat tells of a file of the FS as it was opened first, and of a node as it is.
func (h *handle) Stat() (fs.FileInfo, error) { return h.info, nil }

// readDir lists at most n entries of a directory from its beginning, in the
// tree's order.
func (h *handle) readDir(n int) ([]fs.DirEntry, error) {
	_ = h.Close() // a directory is read once from each opening
	f, err := h.need()
	if err != nil {
		return nil, err
	}
	l, err := f.ReadDir(n)
	if err != nil && err != io.EOF {
		return l, errnoOf(err)
	}
	return l, nil
}

// Close closes the host's file; need opens it again.
func (h *handle) Close() error {
	f := h.file
	if f == nil || h.node != nil {
		return nil
	}
	h.file = nil
	return f.Close()
}
