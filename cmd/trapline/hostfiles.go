package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"trapline/internal/events"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// hostFiles answers the path look-ups of uprobe_events from the host's files.
// With a root every path is looked up inside it, links too, as in a chroot.
type hostFiles struct {
	tree *vfs.FS
	dir  string // where relative paths begin
}

// openHostFiles makes root the tree that paths begin in; "" is the host's own.
func openHostFiles(root string) (*hostFiles, error) {
	h := &hostFiles{dir: "/"}
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		root, h.dir = "/", filepath.ToSlash(strings.TrimPrefix(dir, filepath.VolumeName(dir)))
	}
	var err error
	if h.tree, err = vfs.OpenRoot(root); err != nil {
		return nil, fmt.Errorf("--root %s: %w; expected a directory", root, err)
	}
	return h, nil
}

func (h *hostFiles) close() { _ = h.tree.Close() }

// Stat follows links, as the kernel does for a uprobe's path.
func (h *hostFiles) Stat(path string) (events.File, events.Errno) {
	if path == "" {
		return events.File{}, events.ENOENT
	}
	if !strings.HasPrefix(path, "/") {
		path = h.dir + "/" + path
	}
	info, err := h.tree.Stat(path)
	if err != nil {
		var e abi.Errno
		if errors.As(err, &e) {
			return events.File{}, events.Errno(e)
		}
		return events.File{}, events.ENOENT
	}
	st := vfs.StatOf(info)
	// Inode numbers count per device.
	return events.File{ID: st.Ino ^ st.Dev<<40, Regular: info.Mode().IsRegular()}, 0
}
