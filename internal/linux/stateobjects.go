package linux

import (
	"errors"

	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
	"trapline/internal/linux/state"
	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
)

// ErrHostClock says that a run cannot go back: the host's clock does not.
var ErrHostClock = errors.New("a run on the host's clock cannot go back")

// CanGoBack tells whether snapshots can be taken; ErrHostClock if not.
func (k *Kernel) CanGoBack() error {
	if k.cfg.Clock != nil {
		return ErrHostClock
	}
	return nil
}

// kindsOf is what the state consists of, in the order in which it is hashed: a new kind of
// object is a row here.
func (k *Kernel) kindsOf() *state.Kinds {
	return state.NewKinds(
		state.Kind[Thread]{Reach: (*Thread).reach, Hash: (*Thread).hash, Own: (*Thread).own},
		state.Kind[Process]{Reach: (*Process).reach, Hash: (*Process).hash, Own: (*Process).own},
		mm.MMKind,
		mm.VMAKind,
		vfs.InodeKind,
		state.Values(k.hashIPC),
		state.Kind[undoList]{Reach: (*undoList).reach, Hash: (*undoList).hash},
		state.Kind[ipcObject]{Hash: (*ipcObject).hash, Bytes: (*ipcObject).held},
		state.Kind[mqueue]{Reach: (*mqueue).reach, Hash: (*mqueue).hash, Bytes: (*mqueue).bytes},
		state.Values(k.hashQueueWaits),
		state.Kind[notifier]{Hash: k.hashNotifier, Bytes: (*notifier).bytes},
		state.Values(k.hashTimed),
		state.Values(k.hashAsync),
		state.Values(k.fs.Hash),
		vfs.NodeKind,
		vfs.DentryKind,
		state.Values(k.hashLocks),
		state.Kind[fdTable]{Reach: (*fdTable).reach, Hash: (*fdTable).hash, Own: (*fdTable).own},
		state.Kind[File]{Reach: (*File).reach, Hash: k.hashFile},
		vfs.PipeKind,
		tty.PairKind,
		state.Values(k.hashTerminals),
		state.Values(k.net.Hash),
		net.SocketKind,
		state.Kind[fsState]{Reach: (*fsState).reach, Hash: (*fsState).hash},
		state.Kind[handlers]{Hash: k.hashHandlers},
	)
}

// objects lists the state, from the threads and processes on.
func (k *Kernel) objects() *state.Objects {
	o := k.kinds.None()
	for _, p := range k.processes() {
		state.Visit(o, p)
	}
	state.Visit(o, k.init)
	for _, p := range k.programs {
		state.Visit(o, p)
	}
	for _, t := range k.threads {
		state.Visit(o, t)
	}
	for _, i := range k.ipcs {
		state.Visit(o, i)
	}
	for _, n := range k.notifiers {
		state.Visit(o, n)
	}
	for _, p := range k.terminals {
		state.Visit(o, p)
	}
	for _, q := range k.queues {
		state.Visit(o, q)
	}
	for _, f := range k.timed {
		state.Visit(o, f)
	}
	for _, f := range k.async {
		state.Visit(o, f)
	}
	k.fs.Visit(o)
	k.net.Visit(o)
	return o
}

func (t *Thread) reach(o *state.Objects) {
	state.Visit(o, t.proc)
	state.Visit(o, t.opening)
	state.Visit(o, t.waited)
	state.Visit(o, t.sem.set)
	state.Visit(o, t.mq.queue)
	state.Visit(o, t.trace.by)
	state.Visit(o, t.vforkOf)
}

func (p *Process) reach(o *state.Objects) {
	state.Visit(o, p.parent)
	state.Visit(o, p.tty)
	for _, c := range p.children {
		state.Visit(o, c)
	}
	for _, t := range p.thr {
		state.Visit(o, t)
	}
	for _, e := range p.ended {
		state.Visit(o, e.proc)
	}
	state.Visit(o, p.undo)
	state.Visit(o, p.fs)
	state.Visit(o, p.sigs)
	state.Visit(o, p.files)
	state.Visit(o, p.mm)
}

func (l *undoList) reach(o *state.Objects) {
	for _, u := range l.list {
		state.Visit(o, u.set)
	}
}

func (t *fdTable) reach(o *state.Objects) {
	for _, d := range t.fds {
		state.Visit(o, d.file)
	}
}

func (f *File) reach(o *state.Objects) {
	state.Visit(o, f.pipe)
	state.Visit(o, f.queue)
	state.Visit(o, f.notify)
	state.Visit(o, f.sigs)
	state.Visit(o, f.proc)
	state.Visit(o, f.fifo)
	state.Visit(o, f.sock)
	state.Visit(o, f.pty)
	if f.mem != nil && f.mem.Users > 0 {
		state.Visit(o, f.mem)
	}
	state.Visit(o, f.dentry)
	if f.host != nil {
		state.Visit(o, f.host.Node)
	}
}

func (f *fsState) reach(o *state.Objects) { state.Visit(o, f.cwd) }
