package linux

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/linux/abi"
)

// procLink is a link below /proc.
type procLink struct {
	text   string // what readlink(2) tells
	target string // the absolute path that it stands for
	file   *File  // what it leads to whatever that path is; nil: what is there
}

// plainLink is a link that leads to what is at a path.
func plainLink(target string) *procLink { return &procLink{text: target, target: target} }

// linkTo is a link that leads to an open file.
func linkTo(f *File) *procLink { return &procLink{f.shown(), f.where(), f} }

// procLinkAt is the link at p, a clean path; nil if there is none. EACCES: it is one of a process that the caller may
// not look into.
func (k *Kernel) procLinkAt(t *Thread, p string) (*procLink, int64) {
	switch p {
	case "/proc/net":
		return &procLink{text: "self/net", target: "/proc/self/net"}, 0
	case "/proc/self":
		return &procLink{text: fmt.Sprint(t.proc.PID), target: fmt.Sprintf("/proc/%d", t.proc.PID)}, 0
	case "/proc/thread-self":
		at := fmt.Sprintf("%d/task/%d", t.proc.PID, t.TID)
		return &procLink{text: at, target: "/proc/" + at}, 0
	case "/dev/fd":
		return plainLink("/proc/self/fd"), 0
	}
	if fd := slices.Index([]string{"/dev/stdin", "/dev/stdout", "/dev/stderr"}, p); fd >= 0 {
		link, r := descriptorLink(t.proc, fmt.Sprint(fd))
		if link != nil {
			link.text = fmt.Sprintf("/proc/self/fd/%d", fd)
		}
		return link, r
	}
	if fd, ok := strings.CutPrefix(p, "/dev/fd/"); ok {
		return descriptorLink(t.proc, fd)
	}
	proc, name, ok := k.procOf(t, p)
	fd, isFD := strings.CutPrefix(name, "fd/")
	switch {
	case !ok || !isFD && name != "exe" && name != "cwd" && name != "root":
		return nil, 0
	case !k.mayLook(t, proc.Process), proc.mm == nil && isFD && !k.privileged():
		return nil, -EACCES
	case proc.mm == nil: // it has ended
		return nil, -ENOENT
	case isFD:
		return descriptorLink(proc.Process, fd)
	case name == "exe":
		return linkTo(proc.mm.Exe.(*File)), 0
	case name == "root":
		return plainLink("/"), 0
	}
	cwd := proc.fs.cwd
	if !cwd.Gone() {
		return plainLink(cwd.Path()), 0
	}
	return linkTo(&File{dentry: cwd, host: k.fs.DirHandle(cwd.Was(), cwd.Path())}), 0
}

// descriptorLink is the link of one of a process's descriptors.
func descriptorLink(p *Process, fd string) (*procLink, int64) {
	n, err := strconv.Atoi(fd)
	if err != nil || p.files.get(n) == nil {
		return nil, -ENOENT
	}
	return linkTo(p.files.get(n)), 0
}

// mayLook reports whether a thread may look into a process: its memory, and what it has open (ptrace_may_access()).
func (k *Kernel) mayLook(t *Thread, p *Process) bool { return p == t.proc || k.mayTrace(p) }

// through is a path below /proc or /sys without the links that it goes through: such as the process that /proc/self is, and
// where /proc/PID/cwd leads; and without "..". That it ends in a link stays.
func (k *Kernel) through(t *Thread, p string) (string, int64) {
	if !inGenerated(p) && !strings.HasPrefix(p, "/dev/fd/") {
		return p, 0
	}
	for i, b := range p {
		if b != '/' || i == 0 || strings.Trim(p[i:], "/") == "" {
			continue
		}
		switch link, r := k.procLinkAt(t, path.Clean(p[:i])); {
		case r != 0:
			return "", r
		case link == nil && !inGenerated(p[:i]):
		case link == nil:
			if r := k.isSpecialDir(t, path.Clean(p[:i])); r != 0 {
				return "", r
			}
		case link.file == nil:
			return k.through(t, link.target+p[i:])
		case !link.file.isDir():
			return "", -ENOTDIR
		case link.file.dentry != nil:
			return pathFrom(link.file.dentry, path.Clean(p[:i]), p[i+1:])
		}
	}
	if !inGenerated(p) || !strings.Contains(p, "/..") {
		return p, 0
	}
	clean := path.Clean(p)
	if asksForDir(p) && clean != "/" {
		clean += "/"
	}
	return clean, 0
}

// inGenerated reports whether a path without links is one of /proc or /sys, or below.
func inGenerated(p string) bool { return generatedFS(p) != 0 }

// isSpecialDir is 0 if there is a generated directory at a clean path, or one that is not generated.
func (k *Kernel) isSpecialDir(t *Thread, p string) int64 {
	if !inGenerated(p) {
		return 0
	}
	f, r := k.special(t, p)
	switch {
	case r != 0:
		return r
	case f == nil:
		return -ENOENT
	case !f.isDir():
		return -ENOTDIR
	}
	return 0
}

// reopen opens anew what a link leads to: a pipe, a device, a text, or a file whose name is gone. Others are opened
// by theirs: nil.
func (k *Kernel) reopen(f *File, flags int) (*File, int64) {
	switch {
	case f.host != nil:
		return k.reopenFile(f, flags)
	case f.isTerminal():
		return nil, 0
	case f.sock != nil:
		return nil, -ENXIO
	case f.pipe != nil && f.pipe.Readers+f.pipe.Writers == 0:
		return nil, -ENOENT
	case f.device >= devEvent && f.device != devQueue && k.privileged(): // anon_inode_fs_type's, which is root's
		return nil, -ENXIO
	case f.device >= devEvent && f.device != devQueue:
		return nil, -EACCES
	}
	again := &File{device: f.device, pipe: f.pipe, fifo: f.fifo, text: f.text, mem: f.mem, proc: f.proc, tid: f.tid, path: f.path}
	if f.dentry != nil {
		again.dentry = f.dentry.Hold()
	}
	return again, 0
}

// reopenFile opens anew a file or directory whose name is gone: of memfd_create(2), O_TMPFILE, or removed since.
func (k *Kernel) reopenFile(f *File, flags int) (*File, int64) {
	if f.dentry != nil && !f.dentry.Gone() {
		return nil, 0
	}
	n, r := k.nodeOf(f)
	if r != 0 {
		return nil, r
	}
	isDir := n.Inode == nil
	reads, writes := flags&abi.O_ACCMODE != abi.O_WRONLY, flags&abi.O_ACCMODE != abi.O_RDONLY || flags&abi.O_TRUNC != 0
	switch {
	case flags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL:
		return nil, -EEXIST
	case isDir && (writes || flags&abi.O_CREAT != 0):
		return nil, -EISDIR
	case !isDir && flags&abi.O_DIRECTORY != 0:
		return nil, -ENOTDIR
	case flags&abi.O_PATH == 0 && (reads && !k.may(n.Attr, abi.R_OK) || writes && !k.may(n.Attr, abi.W_OK)):
		return nil, -EACCES
	case flags&abi.O_TRUNC != 0 && n.Sealed(abi.F_SEAL_SHRINK) && n.Inode.Size > 0:
		return nil, -EPERM
	case flags&abi.O_TRUNC != 0:
		k.fs.Truncate(n, 0)
	}
	if !isDir && tooLarge(n.Inode.Size, flags) {
		return nil, -EOVERFLOW
	}
	again := &File{path: f.path}
	if f.dentry != nil {
		again.dentry = f.dentry.Hold()
	}
	if isDir {
		again.host = k.fs.DirHandle(n, f.where())
	} else {
		again.host = k.fs.OpenNode(n, f.where())
	}
	return again, 0
}
