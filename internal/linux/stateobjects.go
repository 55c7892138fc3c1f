package linux

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"trapline/internal/emu"
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

// objects are what the state consists of, each once, in an order that depends
// on their values only.
type objects struct {
	numbers   map[any]int // of each, within its kind
	threads   []*Thread
	procs     []*Process
	mms       []*MM
	vmas      []*VMA
	inodes    []*Inode
	nodes     []*node
	tables    []*fdTable
	files     []*File
	pipes     []*pipe
	sockets   []*socket
	fss       []*fsState
	sigs      []*handlers
	ipcs      []*ipcObject
	queues    []*mqueue
	notifiers []*notifier
}

// add numbers an object; false: it has a number already, or is nil.
func add[T any](o *objects, list *[]*T, at *T) bool {
	if at == nil {
		return false
	}
	if _, ok := o.numbers[at]; ok {
		return false
	}
	o.numbers[at] = len(*list)
	*list = append(*list, at)
	return true
}

// number is what stands for a pointer in hashes: 0 for nil, 1 for what is gone.
func number[T any](o *objects, at *T) uint64 {
	if at == nil {
		return 0
	}
	n, ok := o.numbers[at]
	if !ok {
		return 1
	}
	return uint64(n) + 2
}

// objects lists the state, from the threads and processes on.
func (k *Kernel) objects() *objects {
	o := &objects{numbers: make(map[any]int, 64)}
	for _, p := range k.processes() {
		o.process(p)
	}
	o.process(k.init)
	for _, p := range k.programs {
		o.process(p)
	}
	for _, t := range k.threads {
		o.thread(t)
	}
	for _, i := range k.ipcs {
		add(o, &o.ipcs, i)
	}
	for _, n := range k.notifiers {
		add(o, &o.notifiers, n)
	}
	for _, q := range k.queues {
		add(o, &o.queues, q)
	}
	for _, f := range k.timed {
		o.file(f)
	}
	for _, name := range slices.Sorted(maps.Keys(k.names)) {
		o.node(k.names[name])
	}
	for _, key := range slices.SortedFunc(maps.Keys(k.copied), compareKeys) {
		o.node(k.copied[key])
	}
	for _, s := range k.sockets {
		o.socket(s)
	}
	for _, key := range slices.SortedFunc(maps.Keys(k.inodes), compareKeys) {
		add(o, &o.inodes, k.inodes[key])
	}
	return o
}

func compareKeys(a, b inodeKey) int {
	return cmp.Or(cmp.Compare(a.dev, b.dev), cmp.Compare(a.ino, b.ino))
}

func (o *objects) thread(t *Thread) {
	if add(o, &o.threads, t) {
		o.process(t.proc)
		o.file(t.opening)
		add(o, &o.ipcs, t.sem.set)
		add(o, &o.queues, t.mq.queue)
		if t.trace.by != nil {
			o.thread(t.trace.by)
		}
		if t.vforkOf != nil {
			o.thread(t.vforkOf)
		}
	}
}

func (o *objects) process(p *Process) {
	if !add(o, &o.procs, p) {
		return
	}
	o.process(p.parent)
	for _, c := range p.children {
		o.process(c)
	}
	for _, t := range p.thr {
		o.thread(t)
	}
	for _, e := range p.ended {
		if e.proc != nil {
			o.process(e.proc)
		}
	}
	for _, u := range p.undo {
		add(o, &o.ipcs, u.set)
	}
	add(o, &o.fss, p.fs)
	add(o, &o.sigs, p.sigs)
	if add(o, &o.tables, p.files) {
		for _, d := range p.files.fds {
			o.file(d.file)
		}
	}
	o.mm(p.mm)
}

func (o *objects) mm(mm *MM) {
	if add(o, &o.mms, mm) {
		o.file(mm.exe)
		for _, v := range mm.vmas {
			add(o, &o.vmas, v)
			add(o, &o.inodes, v.Inode)
		}
	}
}

func (o *objects) file(f *File) {
	if add(o, &o.files, f) {
		add(o, &o.pipes, f.pipe)
		add(o, &o.queues, f.queue)
		add(o, &o.notifiers, f.notify)
		add(o, &o.sigs, f.sigs)
		o.node(f.fifo)
		o.socket(f.sock)
		if f.mem != nil && f.mem.users > 0 {
			o.mm(f.mem)
		}
		if f.host != nil {
			o.node(f.host.node)
		}
	}
}

func (o *objects) node(n *node) {
	if add(o, &o.nodes, n) {
		o.socket(n.sock)
		add(o, &o.pipes, n.fifo)
	}
}

func (o *objects) socket(s *socket) {
	if !add(o, &o.sockets, s) {
		return
	}
	o.socket(s.peer)
	for _, c := range s.backlog {
		o.socket(c)
	}
	for _, c := range s.waiting {
		o.socket(c)
	}
	for _, p := range s.queue {
		o.socket(p.by)
		for _, f := range p.rights {
			o.file(f)
		}
	}
}

// saveFrames copies the page cache's table: pages come, and go all at once, so
// that the last copy is right if it has as many.
func (n *Inode) saveFrames() map[uint64]emu.Frame {
	if n.saved == nil || len(n.saved) != len(n.frames) {
		n.saved = maps.Clone(n.frames)
	}
	return n.saved
}
