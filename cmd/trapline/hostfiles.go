package main

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"trapline/kprobes/events"
)

// hostFiles answers the path look-ups of uprobe_events from the host's files.
// With a root every path is looked up inside it, links too, as in a chroot.
type hostFiles struct {
	dir     int // of openat2(2)
	resolve uint64
}

// openHostFiles makes root the tree that paths begin in; "" is the host's own.
func openHostFiles(root string) (*hostFiles, error) {
	if root == "" {
		return &hostFiles{dir: unix.AT_FDCWD}, nil
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("--root %s: %w; expected a directory", root, err)
	}
	return &hostFiles{fd, unix.RESOLVE_IN_ROOT}, nil
}

func (h *hostFiles) close() {
	if h.dir != unix.AT_FDCWD {
		_ = unix.Close(h.dir)
	}
}

// Stat follows links, as the kernel does for a uprobe's path.
func (h *hostFiles) Stat(path string) (events.File, events.Errno) {
	fd, err := unix.Openat2(h.dir, path, &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: h.resolve})
	if err != nil {
		return events.File{}, errnoOf(err)
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return events.File{}, errnoOf(err)
	}
	// Inode numbers count per device.
	return events.File{ID: st.Ino ^ uint64(st.Dev)<<40, Regular: st.Mode&unix.S_IFMT == unix.S_IFREG}, 0
}

func errnoOf(err error) events.Errno {
	var e unix.Errno
	if errors.As(err, &e) {
		return events.Errno(e)
	}
	return events.ENOENT
}
