// Package atomicfile writes files whole or not at all.
package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Target is a place where a file is to be written. A regular file is replaced
// when all is there; a pipe or a device stays what it is and is written
// straight.
type Target struct {
	path     string      // behind symbolic links
	old      fs.FileInfo // nil: there is no file yet
	straight *os.File    // what is no regular file
}

// Open finds out whether a file can be written at name, before anything is
// done for it. A symbolic link is followed, also one that leads to no file yet.
func Open(name string) (*Target, error) {
	if name == "" {
		return nil, errors.New("an empty name; expected that of a file")
	}
	path, err := follow(name)
	if err != nil {
		return nil, reason(err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Target{path: path}, mayCreate(name, path)
	case err != nil:
		return nil, reason(err)
	case !info.Mode().IsRegular():
		f, err := openStraight(path, info.Mode())
		return &Target{path: path, old: info, straight: f}, err
	case info.Mode().Perm()&0o222 == 0 || mayWrite(path) != nil:
		return nil, errors.New("the file that is there is read-only")
	}
	return &Target{path: path, old: info}, mayCreate(name, path)
}

// maxLinks is how many symbolic links a path may have, as in Linux.
const maxLinks = 40

// follow is where the links of name lead, whether or not a file is there.
func follow(name string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(name)
		switch {
		case err != nil && isNoLink(err) || errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		}
		if _, err := os.Stat(name); err == nil { // also the links of /proc, whose text is no path
			if whole, err := filepath.EvalSymlinks(name); err == nil {
				return whole, nil
			}
			return name, nil
		}
		if !filepath.IsAbs(to) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(name))
			if err != nil {
				return "", err
			}
			to = filepath.Join(dir, to)
		}
		name = to
	}
	return "", syscall.ELOOP
}

// mayCreate reports whether the folder of path takes a new file.
func mayCreate(name, path string) error {
	if base := filepath.Base(path); path[len(path)-1] == filepath.Separator || base == "." || base == ".." {
		return errors.New("the name of a folder; expected that of a file")
	}
	err := mayEnter(filepath.Dir(path))
	if err != nil && path != name {
		return fmt.Errorf("a link to %s: %w", path, err)
	}
	return err
}

// openStraight opens a pipe or a device for writing. It does not wait for a
// pipe's reader.
func openStraight(path string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|nonblock, 0)
	if errors.Is(err, syscall.ENXIO) && mode&fs.ModeNamedPipe != 0 {
		return nil, errors.New("a pipe that nobody reads; expected a reader that has opened it")
	}
	return f, reason(err)
}

// Write makes the file. A context that ends stops the writing to a pipe.
func (t *Target) Write(ctx context.Context, data []byte) error {
	if t.straight != nil {
		return reason(t.writeStraight(ctx, data))
	}
	tmp, err := t.createBeside()
	if err != nil {
		return reason(err)
	}
	_, err = tmp.Write(data)
	if err == nil && t.old != nil {
		err = t.keepMode(tmp)
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), t.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return reason(err)
}

func (t *Target) writeStraight(ctx context.Context, data []byte) error {
	stop := context.AfterFunc(ctx, func() { _ = t.straight.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := t.straight.Write(data)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the reader did not take all of it: %w", context.Cause(ctx))
	}
	return err
}

// createBeside creates the temporary file. The process's umask applies.
func (t *Target) createBeside() (*os.File, error) {
	for {
		name := filepath.Join(filepath.Dir(t.path), fmt.Sprintf(".trapline-%08x", rand.Uint32()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// keepMode gives the new file the owner and the permissions of the old one,
// the owner as far as the process may.
func (t *Target) keepMode(f *os.File) error {
	keepOwner(f, t.old)
	return f.Chmod(t.old.Mode().Perm())
}

// Regular reports whether the target is, or is to be, a regular file: one that
// stays as it was when Write fails.
func (t *Target) Regular() bool { return t.straight == nil }

// Close lets go of a pipe or a device. A regular file that was not written is
// as it was.
func (t *Target) Close() error {
	if t.straight == nil {
		return nil
	}
	return reason(t.straight.Close())
}

// Write writes a file at name.
func Write(ctx context.Context, name string, data []byte) error {
	t, err := Open(name)
	if err != nil {
		return err
	}
	return errors.Join(t.Write(ctx, data), t.Close())
}

// reason is the error without a path: the caller names the file, and the
// temporary one's name says nothing.
func reason(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}
