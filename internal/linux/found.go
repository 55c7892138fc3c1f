package linux

import (
	"path"

	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
)

// What a path argument or a descriptor leads to.

// found is a node, and the name or the open file that it was found by.
type found struct {
	*vfs.Node
	full string
	file *File
	pty  *tty.Pair // whose slave's end it is; Node is then no more than what chmod and chown change
}

// foundTerminal is the slave's end of a terminal.
func foundTerminal(p *tty.Pair) found { return found{Node: &vfs.Node{Attr: slaveStat(p)}, pty: p} }

// keep gives a terminal the owners and the mode that were changed.
func (n found) keep() {
	if n.pty != nil {
		n.pty.UID, n.pty.GID, n.pty.Mode = n.Attr.Uid, n.Attr.Gid, n.Attr.Mode&0o7777
	}
}

// happenedToFound tells of what was done to it.
func (k *Kernel) happenedToFound(n found, mask uint32) {
	if n.pty != nil {
		return
	}
	if n.file != nil {
		k.happenedToFile(n.file, mask)
		return
	}
	k.happenedAt(n.full, n.Attr, mask)
}

// nodeAt is the node of a path argument, or of the descriptor for an empty one.
func (k *Kernel) nodeAt(t *Thread, dirfd int, va uint64, follow, empty bool) (found, int64) {
	if va == 0 {
		return k.foundOpen(t.proc.files.opened(dirfd))
	}
	if p, ok := t.proc.mm.ReadString(va, maxPath); ok && p == "" && empty {
		return k.foundOpen(t.proc.files.get(dirfd))
	}
	p, r := k.userPath(t, dirfd, va)
	if r != 0 {
		return found{}, r
	}
	link, r := k.procLinkAt(t, path.Clean(p))
	switch {
	case r != 0:
		return found{}, r
	case link == nil || !follow:
	case link.file != nil:
		return k.foundOpen(link.file)
	default:
		p = link.target
	}
	if f := k.terminalName(path.Clean(p)); f != nil && f.pty != nil {
		return foundTerminal(f.pty), 0
	}
	full, info, r := k.lookUp(p, follow)
	if r != 0 {
		return found{}, r
	}
	n, err := k.fs.Raise(full, info)
	if err != nil {
		return found{}, fail(err)
	}
	return found{Node: n, full: full}, 0
}

// foundOpen is the node of an open file or directory, found by that.
func (k *Kernel) foundOpen(f *File) (found, int64) {
	if f != nil && f.device == devSlave {
		return foundTerminal(f.pty), 0
	}
	n, r := k.nodeOf(f)
	return found{Node: n, file: f}, r
}

// nodeOf is the node of an open file or directory.
func (k *Kernel) nodeOf(f *File) (*vfs.Node, int64) {
	switch {
	case f == nil:
		return nil, -EBADF
	case f.fifo != nil:
		return f.fifo, 0
	case f.host == nil:
		return nil, -EINVAL
	}
	k.settle(f)
	if n := vfs.NodeOf(f.host.Info); n != nil {
		return n, 0
	}
	n, err := k.fs.Raise(f.where(), f.host.Info)
	if err != nil {
		return nil, fail(err)
	}
	k.settle(f)
	return n, 0
}

// settle has an open file or directory of the FS that the guest has changed since be the changed one.
func (k *Kernel) settle(f *File) {
	if f.host == nil || vfs.NodeOf(f.host.Info) != nil {
		return
	}
	n := k.fs.ChangedNode(f.host.Info)
	if n == nil {
		return
	}
	_ = f.host.Close()
	if n.Inode == nil {
		f.host = k.fs.DirHandle(n, f.host.Path)
	} else {
		f.host = k.fs.OpenNode(n, f.host.Path)
	}
}

// settleAll settles the open files of every process.
func (k *Kernel) settleAll() {
	for _, p := range k.processes() {
		if p.files == nil {
			continue
		}
		for _, d := range p.files.fds {
			if d.file != nil {
				k.settle(d.file)
			}
		}
	}
}
