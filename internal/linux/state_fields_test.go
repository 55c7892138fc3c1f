package linux

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/net"
	"trapline/internal/linux/state"
	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/mementotest"
)

// owned are the fields of a kind with slices, maps and pointers that its snapshots do not share
// with the run: Kind.Own copies them, or what they refer to never changes. Pointers to objects of
// the table need no mention.
var owned = map[string]string{
	"Thread":    "Probes k ctx cpu sig futex futexes sem mq trace",
	"Process":   "k pend thr children timers ended cred",
	"MM":        "shared space vmas Auxv Layout Probes",
	"VMA":       "",
	"Inode":     "Backing frames saved",
	"ipcObject": "sems queue",
	"undoList":  "list",
	"mqueue":    "messages notify",
	"notifier":  "watches events",
	"Node":      "",
	"Dentry":    "",
	"fdTable":   "fds",
	"File":      "host entries text watched",
	"Pipe":      "Data",
	"Pair":      "far input lines output echoes",
	"Socket":    "Queue Backlog waiting",
	"fsState":   "",
	"handlers":  "",
}

// TestSnapshotsHaveEveryField: a field that is added to what the kernel's state
// consists of is saved, or named here. So is a kind that is added to the table.
func TestSnapshotsHaveEveryField(t *testing.T) {
	types := idleKernel(t).kinds.Types()
	for _, typ := range types {
		require.Contains(t, owned, typ.Name(), "a row of kindsOf needs a line of owned")
		mementotest.References(t, reflect.Zero(typ).Interface(), owned[typ.Name()], append(types, reflect.TypeFor[state.Object](), reflect.TypeFor[mm.File]())...)
	}
	require.Len(t, owned, len(types))
	mementotest.References(t, Kernel{}, "m pages memory net kinds cfg fs tables idleSpace hostText kernelState caller started")
	mementotest.References(t, kernelState{}, "locks threads procs init programs current slice input stdout stderr both unknown timed async ipcs queues notifiers terminals")
	mementotest.References(t, net.State{}, "Sockets held")
	mementotest.References(t, vfs.State{}, "names copied inodes dentries")
	mementotest.References(t, input{}, "from")
	mementotest.References(t, output{}, "kept to")
	mementotest.References(t, futexWait{}, "key pi")
	mementotest.References(t, tracing{}, "by")
	mementotest.References(t, endedTracee{}, "proc")
	mementotest.References(t, mqWait{}, "queue queued")
	mementotest.References(t, signals{}, "queue")
	mementotest.References(t, net.Packet{}, "Data By rights")
}

// unhashed are the fields of a kind that its hash leaves out: clocks, what decides nothing,
// what follows from other values, and what the test below looks into by itself.
var unhashed = map[string]string{
	"Thread":    "ctx wait futex mq",
	"MM":        "EnvEnd", // the address AT_EXECFN of Auxv
	"mqueue":    "st wakes",
	"notifier":  "wakes",
	"Node":      "Attr",
	"File":      "clock when wakes",
	"Pipe":      "Wakes",
	"Pair":      "Wakes",
	"Socket":    "Wakes",
	"handlers":  "sent",
	"ipcObject": "changed used taken",
}

// unasked are the fields whose pointers a hash does not ask for, because it has what they refer to in another way.
var unasked = map[string]string{
	"MM": "vmas", // their values, in their order
}

// TestHashesSeeEveryField: what is not in the state hash is a clock, decides
// nothing, or follows from other values. The state has an object of each kind.
func TestHashesSeeEveryField(t *testing.T) {
	k := idleKernel(t)
	th := k.init.thr[0]
	th.state, th.held, th.call.compat = stateBlocked, true, true
	th.futex = futexWait{queued: true, order: 1, bits: 1}
	th.futexes = []futexWait{{bits: 1}}
	k.init.files.add(&File{refs: 1, pipe: &vfs.Pipe{Readers: 1, Writers: 1}, path: "pipe:"}, 0, false)
	th.expiry, th.kept, th.wait.deadline = 1<<40, 1<<40, 1<<40
	k.init.timers = []posixTimer{{when: interval{1 << 40, 5}}}
	k.init.itimers[0] = interval{1 << 40, 1}
	seg := &ipcObject{sems: make([]semaphore, 1), queue: make([]message, 1), inode: k.init.mm.VMAs()[0].Inode}
	k.ipcs = append(k.ipcs, seg)
	k.init.undo = &undoList{users: 1, list: []semUndo{{seg, 0, 1}}}
	k.readsRan = true
	q := &mqueue{messages: []queued{{}}, notify: mqNotify{sock: &net.Socket{}}}
	k.queues = append(k.queues, q)
	k.notifiers = append(k.notifiers, &notifier{watches: []watch{{}}, events: []watchedEvent{{}}})
	th.mq = mqWait{queue: q, order: 1}
	th.trace.by, th.exit = th, 1
	k.init.ended = []endedTracee{{tid: 1}}
	k.init.nextTimer = 1
	timer := &File{refs: 1, device: devTimer, path: "timer:", when: interval{1 << 40, 5}}
	k.init.files.add(timer, 0, false)
	s := &net.Socket{Queue: []net.Packet{{By: &net.Socket{}}}}
	k.init.files.add(fileOf(s), 0, false)
	k.init.tty = tty.New(0, 0, 0)
	k.init.tty.Type([]byte("a"))
	hash := func() uint64 { return k.m.Hash(true) }
	n := k.makeFile(th, "/made", 0o600)
	k.init.files.add(&File{refs: 1, dentry: k.fs.HoldUnnamed("/", "#1", n), host: k.fs.OpenNode(n, "/#1")}, 0, false)

	seen := map[reflect.Type]reflect.Value{}
	k.objects().Each(func(at any) { seen[reflect.TypeOf(at).Elem()] = reflect.ValueOf(at) })
	asked := func() map[any]bool {
		all := map[any]bool{}
		k.kinds.Asked = func(at any) { all[at] = true }
		k.Hash(new(emu.Hasher))
		k.kinds.Asked = nil
		return all
	}
	k.objects().Each(func(at any) {
		typ := reflect.TypeOf(at).Elem()
		mementotest.Pointers(t, at, asked, unasked[typ.Name()], seen)
		mementotest.Hashed(t, at, hash, unhashed[typ.Name()], k.kinds.Types()...)
	})
	for _, typ := range k.kinds.Types() {
		require.True(t, seen[typ].IsValid(), "no %v in the state of this test: add one, and have who points to it visit it", typ)
	}
	mementotest.Hashed(t, &k.kernelState, hash, "timerAt cpuTimed readsRan")
	mementotest.Hashed(t, &k.fs.State, hash, "dentries") // each has its name and directory
	mementotest.Hashed(t, &k.net.State, hash, "")
	mementotest.Hashed(t, &th.mq, hash, "order")
	mementotest.Hashed(t, &th.futexes[0], hash, "order queued")
	mementotest.Hashed(t, &th.futex, hash, "order")
	mementotest.Hashed(t, &th.trace, hash, "")
	mementotest.Hashed(t, &n.Attr, hash, "Atime Mtime Ctime")
	mementotest.Hashed(t, timer, hash, "wakes")
	mementotest.Hashed(t, &s.Queue[0], hash, "")
	mementotest.Hashed(t, &k.init.undo.list[0], hash, "")
	mementotest.Hashed(t, &k.init.timers[0], hash, "")
	before := hash()
	k.init.files.get(0).mem = k.init.mm
	require.NotEqual(t, before, hash())
	before = hash()
	k.init.files.get(0).proc = k.init
	require.NotEqual(t, before, hash())
	require.NoError(t, k.m.Err())
}

// idleKernel is a kernel whose program has not run.
func idleKernel(t testing.TB) *Kernel {
	t.Helper()
	const path = "/start"
	fs, err := vfs.OpenMem(map[string]vfs.MemFile{path: {Data: tinyProgram(t), Exec: true}})
	require.NoError(t, err)
	k, err := New(Config{Path: path, FS: fs, Capture: 16})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k
}
