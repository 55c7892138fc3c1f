package vfs

import (
	"io"
	"io/fs"
)

// Handle is a file or directory of an FS that the guest has open. It is no
// part of the state: the host's file behind it is opened when it is needed, and
// again after a Restore brought the guest's back.
type Handle struct {
	fs   *FS
	Path string      // without links
	Info fs.FileInfo // when it was opened first
	File openFile    // nil: not open now
	Node *Node       // of the layer; nil: a file of the FS, or a directory
}

// openFile is what a tree opens.
type openFile interface {
	io.ReaderAt
	io.Closer
	ReadDir(n int) ([]fs.DirEntry, error)
}

// need opens the file if it is not open.
func (h *Handle) need() (openFile, error) {
	if h.File == nil {
		f, err := h.fs.tree.Open(inRoot(h.Path))
		if err != nil {
			return nil, ErrnoOf(err)
		}
		h.File = f
	}
	return h.File, nil
}

// ReadAt is io.ReaderAt's.
func (h *Handle) ReadAt(b []byte, off int64) (int, error) {
	f, err := h.need()
	if err != nil {
		return 0, err
	}
	return f.ReadAt(b, off)
}

// Stat tells of a file of the FS as it was opened first, and of a node as it is.
func (h *Handle) Stat() (fs.FileInfo, error) { return h.Info, nil }

// ReadDir lists at most n entries of a directory from its beginning, in the
// tree's order.
func (h *Handle) ReadDir(n int) ([]fs.DirEntry, error) {
	_ = h.Close() // a directory is read once from each opening
	f, err := h.need()
	if err != nil {
		return nil, err
	}
	l, err := f.ReadDir(n)
	if err != nil && err != io.EOF {
		return l, ErrnoOf(err)
	}
	return l, nil
}

// Close closes the host's file; need opens it again.
func (h *Handle) Close() error {
	f := h.File
	if f == nil || h.Node != nil {
		return nil
	}
	h.File = nil
	return f.Close()
}
