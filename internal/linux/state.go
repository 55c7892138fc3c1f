package linux

import (
	"maps"
	"slices"
	"unsafe"

	"trapline/internal/emu"
	"trapline/internal/linux/net"
	"trapline/internal/linux/page"
	"trapline/internal/linux/state"
	"trapline/internal/linux/tty"
	"trapline/internal/linux/vfs"
)

// kernelState is what of a Kernel changes as the run goes on. What is reached from it
// by pointers is in snapshots object by object.
type kernelState struct {
	locks map[vfs.Key][]lock // by file; each list is replaced, not changed

	threads    []*Thread // in the order of their turns
	procs      map[int]*Process
	init       *Process
	programs   []*Process // of the run that have started; replaced when it changes
	lastPID    int
	current    []*Thread // by vCPU
	slice      []int     // instructions left of the current thread's turn, by vCPU
	changes    uint64    // counts what may end a wait
	futexSeq   uint64
	skipped    uint64 // nanoseconds of virtual time in which nobody ran
	steps      uint64
	input      input
	stdout     output
	stderr     output
	both       output // the bytes of both in their order, if they are captured
	random     generator
	unknown    map[unknownCall]int
	bound      Bound
	ipcs       []*ipcObject // in the order they were made in; replaced when it changes
	queues     []*mqueue    // replaced when it changes
	notifiers  []*notifier  // that are open; replaced when it changes
	terminals  []*tty.Pair  // whose master's end is open, by number; replaced when it changes
	lastCookie uint32       // of a rename that was told
	nextIPC    [3]int       // indices to look for free ones from, by kind
	ipcRound   [3]int       // how often those have begun anew
	async      []*File      // that tell their owners by signals, the last one first; replaced when it changes
	timed      []*File      // armed timers that are files; replaced when it changes
	readsRan   bool         // somebody has asked how long a process or thread ran
	timerAt    uint64       // when the next timer runs out, or never
	cpuTimed   bool         // there are timers on the time that somebody has run
	last       int          // the vCPU that stepped last
}

// own replaces what a copied state shares with its original and would not
// keep. Slices that only grow stay shared.
func (s *kernelState) own() {
	s.locks, s.procs, s.unknown = maps.Clone(s.locks), maps.Clone(s.procs), maps.Clone(s.unknown)
	s.threads, s.current, s.slice = slices.Clone(s.threads), slices.Clone(s.current), slices.Clone(s.slice)
	s.stdout.kept, s.stderr.kept, s.both.kept = slices.Clip(s.stdout.kept), slices.Clip(s.stderr.kept), slices.Clip(s.both.kept)
}

func (t *Thread) own() {
	t.sig.queue, t.futexes = slices.Clone(t.sig.queue), slices.Clone(t.futexes)
}

func (p *Process) own() {
	p.pend.queue = slices.Clone(p.pend.queue)
	p.timers = slices.Clone(p.timers)
	p.thr, p.children = slices.Clone(p.thr), slices.Clone(p.children)
}

func (t *fdTable) own() { t.fds = slices.Clone(t.fds) }

// snapshot is a Kernel's part of a machine's snapshot.
type snapshot struct {
	of       *Kernel
	kernel   kernelState
	refs     page.Counts
	files    vfs.State
	net      net.State
	objects  *state.Snapshot
	contexts []savedContext
}

// savedContext is the registers of a thread that is on no vCPU.
type savedContext struct {
	at  *emu.Context
	was emu.Context
}

// Save is emu.Part's: all that Restore brings back. It panics if the kernel
// cannot go back (see CanGoBack). From the first one on, standard input is kept.
func (k *Kernel) Save() any {
	if err := k.CanGoBack(); err != nil {
		panic(err)
	}
	k.input.from.keep = true
	o := k.objects()
	s := &snapshot{of: k, kernel: k.kernelState, refs: k.pages.Save(), files: k.fs.Save(), net: k.net.Save(), objects: o.Save()}
	s.kernel.own()
	for _, t := range state.All[Thread](o) {
		if t.cpu == nil {
			s.contexts = append(s.contexts, savedContext{t.ctx, t.ctx.Freeze()})
		}
	}
	return s
}

// Bytes is about what the snapshot holds (emu.Sized).
func (s *snapshot) Bytes() int {
	const context, entry = int(unsafe.Sizeof(savedContext{})), 16
	return s.objects.Bytes() + context*len(s.contexts) +
		entry*(s.files.Entries()+len(s.kernel.procs)+len(s.kernel.threads))
}

// Restore is emu.Part's. The snapshot must be of this kernel: its objects are
// given their values back.
func (k *Kernel) Restore(v any) {
	s := v.(*snapshot)
	if s.of != k {
		panic("snapshot of a Linux machine restored into another one")
	}
	now := k.objects()
	k.kernelState = s.kernel
	k.kernelState.own()
	k.fs.Restore(s.files)
	k.net.Restore(s.net)
	k.pages.Restore(s.refs)
	s.objects.Restore()
	for i := range s.contexts {
		*s.contexts[i].at = s.contexts[i].was
	}
	k.closeGone(now, s)
}

// closeGone closes the host's files that a restored state does not have open.
func (k *Kernel) closeGone(before *state.Objects, s *snapshot) {
	open := map[*vfs.Handle]bool{}
	state.EachWas(s.objects, func(_, was *File) { open[was.host] = true })
	state.EachWas(s.objects, func(_, was *vfs.Inode) { open[was.Backing] = true })
	for _, f := range state.All[File](before) {
		if f.host != nil && !open[f.host] {
			_ = f.host.Close()
		}
	}
	for _, n := range state.All[vfs.Inode](before) {
		if n.Backing != nil && !open[n.Backing] {
			_ = n.Backing.Close()
		}
	}
}
