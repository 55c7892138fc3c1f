package linux

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/mementotest"
)

// TestSnapshotsHaveEveryField: a field that is added to what the kernel's state
// consists of is saved, or named here.
func TestSnapshotsHaveEveryField(t *testing.T) {
	mementotest.References(t, Kernel{}, "m pages kinds cfg fs tables idleSpace kernelState started")
	mementotest.References(t, kernelState{}, "names copied locks sockets held inodes threads procs init programs current slice input stdout stderr both unknown timed ipcs queues notifiers")
	mementotest.References(t, input{}, "from")
	mementotest.References(t, output{}, "kept to")
	mementotest.References(t, Thread{}, "Probes k proc ctx cpu opening sig futex futexes sem mq trace vforkOf")
	mementotest.References(t, futexWait{}, "key pi")
	mementotest.References(t, tracing{}, "by")
	mementotest.References(t, endedTracee{}, "proc")
	mementotest.References(t, notifier{}, "watches events")
	mementotest.References(t, mqWait{}, "queue queued")
	mementotest.References(t, mqueue{}, "messages")
	mementotest.References(t, ipcObject{}, "inode sems queue")
	mementotest.References(t, signals{}, "queue")
	mementotest.References(t, Process{}, "k parent mm files fs sigs pend thr children timers undo ended")
	mementotest.References(t, MM{}, "k space layout vmas exe auxv Probes")
	mementotest.References(t, VMA{}, "Inode")
	mementotest.References(t, Inode{}, "file frames saved")
	mementotest.References(t, node{}, "inode sock fifo")
	mementotest.References(t, fdTable{}, "fds")
	mementotest.References(t, File{}, "host entries text mem pipe fifo sock watched sigs queue notify")
	mementotest.References(t, pipe{}, "data")
	mementotest.References(t, socket{}, "peer queue backlog waiting")
	mementotest.References(t, packet{}, "data by rights")
	mementotest.References(t, fsState{}, "")
	mementotest.References(t, handlers{}, "")
}

// TestHashesSeeEveryField: what is not in the state hash is a clock, decides
// nothing, or follows from other values.
func TestHashesSeeEveryField(t *testing.T) {
	k := idleKernel(t)
	th := k.init.thr[0]
	th.state, th.held, th.call.compat = stateBlocked, true, true
	th.futex = futexWait{queued: true, order: 1, bits: 1}
	th.futexes = []futexWait{{bits: 1}}
	p := &pipe{readers: 1, writers: 1}
	k.init.files.add(&File{refs: 1, pipe: p, path: "pipe:"}, 0, false)
	th.expiry, th.kept, th.wait.deadline = 1<<40, 1<<40, 1<<40
	k.init.timers = []posixTimer{{when: interval{1 << 40, 5}}}
	k.init.itimers[0] = interval{1 << 40, 1}
	seg := &ipcObject{sems: make([]semaphore, 1), queue: make([]message, 1), inode: k.init.mm.vmas[0].Inode}
	k.ipcs = append(k.ipcs, seg)
	k.init.undo = []semUndo{{seg, 0, 1}}
	k.readsRan = true
	q := &mqueue{messages: []queued{{}}}
	k.queues = append(k.queues, q)
	notify := &notifier{watches: []watch{{}}, events: []watchedEvent{{}}}
	k.notifiers = append(k.notifiers, notify)
	th.mq = mqWait{queue: q, order: 1}
	th.trace.by, th.exit = th, 1
	k.init.ended = []endedTracee{{tid: 1}}
	k.init.nextTimer = 1
	timer := &File{refs: 1, device: devTimer, path: "timer:", when: interval{1 << 40, 5}}
	k.init.files.add(timer, 0, false)
	s := &socket{queue: []packet{{by: &socket{}}}}
	k.init.files.add(s.file(), 0, false)
	hash := func() uint64 { return k.m.Hash(true) }
	n := k.makeFile(th, "/made", 0o600)
	k.init.files.add(&File{refs: 1, path: "/made", host: n.open(k, "/made")}, 0, false)
	mementotest.Hashed(t, &k.kernelState, hash, "timerAt cpuTimed readsRan")
	mementotest.Hashed(t, th, hash, "ctx wait futex mq")
	mementotest.Hashed(t, &th.mq, hash, "order")
	mementotest.Hashed(t, q, hash, "st wakes")
	mementotest.Hashed(t, notify, hash, "wakes")
	mementotest.Hashed(t, &th.futexes[0], hash, "order queued")
	mementotest.Hashed(t, &th.futex, hash, "order")
	mementotest.Hashed(t, k.init, hash, "")
	mementotest.Hashed(t, k.init.mm, hash, "")
	mementotest.Hashed(t, k.init.mm.vmas[0], hash, "")
	mementotest.Hashed(t, k.init.mm.vmas[0].Inode, hash, "")
	mementotest.Hashed(t, n, hash, "st")
	mementotest.Hashed(t, &n.st, hash, "Atime Mtime Ctime")
	mementotest.Hashed(t, k.init.files, hash, "")
	mementotest.Hashed(t, k.init.files.get(0), hash, "clock when wakes")
	before := hash()
	k.init.files.get(0).mem = k.init.mm
	require.NotEqual(t, before, hash())
	mementotest.Hashed(t, timer, hash, "wakes")
	mementotest.Hashed(t, p, hash, "wakes")
	mementotest.Hashed(t, s, hash, "wakes")
	mementotest.Hashed(t, &s.queue[0], hash, "")
	mementotest.Hashed(t, k.init.fs, hash, "")
	mementotest.Hashed(t, k.init.sigs, hash, "sent")
	mementotest.Hashed(t, &th.trace, hash, "")
	mementotest.Hashed(t, seg, hash, "changed used taken")
	mementotest.Hashed(t, &k.init.undo[0], hash, "")
	mementotest.Hashed(t, &k.init.timers[0], hash, "")
	require.NoError(t, k.m.Err())
}

// idleKernel is a kernel whose program has not run.
func idleKernel(t testing.TB) *Kernel {
	t.Helper()
	const path = "/start"
	fs, err := OpenMem(map[string]MemFile{path: {Data: tinyProgram(t), Exec: true}})
	require.NoError(t, err)
	k, err := New(Config{Path: path, FS: fs, Capture: 16})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k
}
