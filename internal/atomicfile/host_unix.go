//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// nonblock opens a pipe without waiting for its reader.
const nonblock = syscall.O_NONBLOCK

// mayWrite is nil if the process may write to path.
func mayWrite(path string) error {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS)
}

// mayEnter is nil if the process may make files in the folder dir.
func mayEnter(dir string) error {
	return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

// isNoLink tells the failure to read a link that is none from others.
func isNoLink(err error) bool { return errors.Is(err, unix.EINVAL) }

// keepOwner gives f the owner of old, as far as the process may.
func keepOwner(f *os.File, old fs.FileInfo) {
	if st, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
