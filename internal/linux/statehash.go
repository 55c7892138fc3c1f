package linux

import (
	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/x86"
)

// Hash feeds what decides how the run goes on, but for clocks, to h: values
// only, objects by their numbers, times from now on. References to frames
// follow from the mappings, which the machine's hash has.
func (k *Kernel) Hash(h *emu.Hasher) {
	o := k.objects()
	state.Words(h, k.fs.LastShared, uint64(k.lastPID), state.Number(o, k.init), k.random.s, k.input.pos, k.stdout.sum, k.stderr.sum, k.both.sum)
	h.String(string(k.bound))
	for _, p := range k.programs[min(1, len(k.programs)):] {
		h.Uint64(state.Number(o, p))
	}
	for _, t := range k.current {
		h.Uint64(state.Number(o, t))
	}
	if !k.endlessTurns() {
		for _, n := range k.slice {
			h.Uint64(uint64(n))
		}
	}
	for _, u := range k.unknownCalls() {
		state.Words(h, uint64(u.nr), uint64(k.unknown[u]))
		if u.compat && k.m.Arch == x86.AMD64 {
			h.String("32-bit call")
		}
	}
	h.Uint64(uint64(len(k.threads)))
	for _, t := range k.threads {
		h.Uint64(state.Number(o, t))
	}
	o.Hash(h)
}

// HashClocks feeds the clocks, and whose turn it is (emu.Clocked).
func (k *Kernel) HashClocks(h *emu.Hasher) {
	if k.readsRan {
		for _, p := range k.processes() {
			state.Words(h, p.ran, p.buried)
			for _, t := range p.thr {
				h.Uint64(t.ran)
			}
		}
	}
	state.Words(h, k.steps, k.skipped, k.changes, k.futexSeq, uint64(k.last), k.stdout.pos, k.stderr.pos, k.both.pos)
	k.net.HashClocks(h)
}

// fromNow is a point in time that may be 0 or never.
func (k *Kernel) fromNow(at uint64) uint64 {
	if at == 0 || at == never {
		return at
	}
	return max(at, k.Now()) - k.Now() + 1
}

func (t *Thread) hash(h *emu.Hasher, o *state.Objects) {
	k := t.k
	state.Words(h, uint64(t.TID), state.Number(o, t.proc), uint64(t.state), uint64(t.progress), uint64(t.messages), state.Number(o, t.opening), k.fromNow(t.expiry))
	if t.kept != 0 {
		h.Uint64(k.fromNow(t.kept))
	}
	if t.waited != nil || t.waitedFD != 0 {
		state.Words(h, state.Number(o, t.waited), uint64(t.waitedFD))
	}
	if t.state == stateBlocked {
		state.Words(h, k.fromNow(t.wait.deadline), uint64(t.wait.interrupt))
	}
	h.Bool(t.held)
	h.Bool((t.held || t.state == stateBlocked) && t.wait.tried == k.changes)
	h.Bool(t.inCall)
	h.Bool(t.restore)
	h.Bool(t.call.compat)
	h.Uint64(uint64(t.call.nr))
	state.Words(h, t.call.arg[:]...)
	t.sig.hash(h)
	state.Words(h, uint64(t.blocked), uint64(t.savedMask), t.alt.sp, t.alt.size, uint64(t.alt.flags), t.trapNo, t.errCode, t.cr2)
	state.Words(h, t.tls[:]...)
	state.Words(h, t.clearTID, t.robust, state.Number(o, t.vforkOf))
	if p := &t.policy; *p != (policy{}) {
		state.Words(h, uint64(p.mode), uint64(p.flags), p.nodes)
	}
	if s := &t.sched; *s != (scheduling{}) || t.noTSC {
		state.Words(h, uint64(s.policy), uint64(s.priority), uint64(s.nice), s.allowed)
		h.Bool(s.reset)
		if s.disk != 0 {
			h.Uint64(uint64(s.disk))
		}
		h.Bool(t.noTSC)
	}
	if t.trace != (tracing{}) || t.dr != [8]uint64{} || t.exit != 0 || t.exitGroup {
		t.trace.hash(h, o)
		state.Words(h, t.dr[:]...)
		state.Words(h, uint64(t.exit), t.orig)
		h.Bool(t.exitGroup)
	}
	if t.name != "" && (t.proc == nil || t.name != t.proc.Name) {
		h.String(t.name)
	}
	if t.persona != 0 {
		state.Words(h, uint64(t.persona))
	}
	if t.nap != (nap{}) {
		state.Words(h, uint64(t.nap.on.id), uint64(t.nap.on.of), t.nap.at)
	}
	if s := &t.sem; *s != (semWait{}) {
		state.Words(h, state.Number(o, s.set), uint64(s.num))
		h.Bool(s.zero)
	}
	k.hashFutex(h, o, t)
	if t.cpu != nil {
		h.Uint64(uint64(t.cpu.ID) + 1)
		return
	}
	h.Uint64(0)
	t.ctx.Hash(h)
}

// hashFutex feeds t's place in a queue, of which only the order counts.
func (k *Kernel) hashFutex(h *emu.Hasher, o *state.Objects, t *Thread) {
	if h.Bool(t.futex.queued); t.futex.queued {
		k.hashPlace(h, o, &t.futex)
	}
	for i := range t.futexes {
		k.hashPlace(h, o, &t.futexes[i])
	}
}

func (k *Kernel) hashPlace(h *emu.Hasher, o *state.Objects, f *futexWait) {
	before := uint64(0)
	for _, other := range k.threads {
		other.places(func(p *futexWait) {
			if p.order < f.order {
				before++
			}
		})
	}
	h.Bool(f.woken)
	state.Words(h, state.Number(o, f.key.mm), state.Number(o, f.key.inode), f.key.at, uint64(f.bits), before)
	if pi := &f.pi; *pi != (futexPI{}) {
		state.Words(h, state.Number(o, pi.owner), state.Number(o, pi.requeue.mm), state.Number(o, pi.requeue.inode), pi.requeue.at)
	}
}

func (s *signals) hash(h *emu.Hasher) {
	state.Words(h, uint64(s.set), uint64(len(s.queue)))
	for _, i := range s.queue {
		i.hash(h)
	}
}

func (i *sigInfo) hash(h *emu.Hasher) {
	state.Words(h, uint64(i.signo), uint64(i.code), i.addr, uint64(i.pid), uint64(i.status), i.value, uint64(i.uid))
	if i.timer != 0 {
		h.Uint64(uint64(i.timer))
	}
}

func (p *Process) hash(h *emu.Hasher, o *state.Objects) {
	h.String(p.Name)
	state.Words(h, uint64(p.PID), state.Number(o, p.parent), state.Number(o, p.mm), state.Number(o, p.files), state.Number(o, p.fs), state.Number(o, p.sigs))
	p.pend.hash(h)
	state.Words(h, uint64(len(p.thr)), uint64(len(p.children)))
	for _, t := range p.thr {
		h.Uint64(state.Number(o, t))
	}
	for _, c := range p.children {
		h.Uint64(state.Number(o, c))
	}
	h.Bool(p.isZombie())
	h.Bool(p.isStopped())
	state.Words(h, uint64(p.pgid), uint64(p.sid), uint64(p.status), uint64(p.exitSig), p.k.fromNow(p.itimers[abi.ITIMER_REAL].at), p.itimers[abi.ITIMER_REAL].gap)
	p.hashTimers(h)
	if len(p.ended) > 0 || p.withheld || p.continued {
		for _, e := range p.ended {
			state.Words(h, uint64(e.tid), uint64(e.status), state.Number(o, e.proc))
		}
		h.Bool(p.withheld)
		h.Bool(p.continued)
	}
	if first := (credentials{uid: sameIDs(p.k.firstUser().UID), gid: sameIDs(p.k.firstUser().GID)}); p.cred.uid != first.uid || p.cred.gid != first.gid || p.cred.groups != nil {
		for _, i := range []ids{p.cred.uid, p.cred.gid} {
			state.Words(h, uint64(i.real), uint64(i.eff), uint64(i.saved), uint64(i.fs))
		}
		for _, g := range p.cred.groups {
			h.Uint64(uint64(g))
		}
	}
	if p.tty != nil || p.oldGroup != 0 {
		state.Words(h, state.Number(o, p.tty), uint64(p.oldGroup))
	}
	if p.undo != nil {
		h.Uint64(state.Number(o, p.undo))
	}
	if p.limits != p.k.firstLimits() {
		for _, l := range p.limits {
			state.Words(h, l.now, l.most)
		}
	}
	if p.attr != firstAttributes() {
		p.attr.hash(h)
	}
}

func (l *undoList) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(l.users), uint64(len(l.list)))
	for _, u := range l.list {
		state.Words(h, state.Number(o, u.set), uint64(u.num), uint64(u.adjust))
	}
}

// hashTimers feeds how long the process's timers still run.
func (p *Process) hashTimers(h *emu.Hasher) {
	for _, it := range p.itimers[abi.ITIMER_VIRTUAL:] {
		if it != (interval{}) {
			state.Words(h, it.left(p.cpuTime()), it.gap)
		}
	}
	if p.nextTimer != 0 {
		state.Words(h, uint64(p.nextTimer), uint64(len(p.timers)))
	}
	for i := range p.timers {
		tm := &p.timers[i]
		state.Words(h, uint64(tm.id), uint64(tm.clock.id), uint64(tm.clock.of), uint64(tm.notify), uint64(tm.signo), uint64(tm.tid), tm.value,
			tm.when.left(p.k.reads(tm.clock)), tm.when.gap, tm.missed, uint64(tm.overrun))
		h.Bool(tm.waiting)
	}
}

func (tr *tracing) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, state.Number(o, tr.by), tr.options, uint64(tr.mode), uint64(tr.stop), uint64(tr.code), tr.message, uint64(tr.resumed), uint64(tr.inject), uint64(tr.event), uint64(tr.halt))
	for _, v := range []bool{tr.seized, tr.told, tr.forced, tr.emulate, tr.exitDue, tr.leaving, tr.listens} {
		h.Bool(v)
	}
	tr.info.hash(h)
}

func (a *attributes) hash(h *emu.Hasher) {
	state.Words(h, uint64(a.deathSignal), a.slack)
	h.Bool(a.dumpable)
	h.Bool(a.subreaper)
	h.Bool(a.noNewPrivs)
	h.Bool(a.keepCaps)
	if d := &a.dropped; *d != (capabilities{}) {
		state.Words(h, d.effective, d.permitted, d.inheritable)
	}
	if d := &a.kept; *d != (capabilities{}) {
		h.String("kept")
		state.Words(h, d.effective, d.permitted, d.inheritable)
	}
}

// hashTimed feeds which timers run that are files.
func (k *Kernel) hashTimed(h *emu.Hasher, o *state.Objects) {
	for _, f := range k.timed {
		h.Uint64(state.Number(o, f))
	}
}

// hashTerminals feeds which terminals have names.
func (k *Kernel) hashTerminals(h *emu.Hasher, o *state.Objects) {
	for _, p := range k.terminals {
		h.Uint64(state.Number(o, p))
	}
}

// hashAsync feeds which files tell their owners by signals, in their order.
func (k *Kernel) hashAsync(h *emu.Hasher, o *state.Objects) {
	for _, f := range k.async {
		h.Uint64(state.Number(o, f))
	}
}

func (t *fdTable) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(t.users), uint64(t.max), uint64(len(t.fds)))
	for _, d := range t.fds {
		h.Uint64(state.Number(o, d.file))
		h.Bool(d.cloexec)
	}
}

func (f *fsState) hash(h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(f.users), state.Number(o, f.cwd), uint64(f.umask))
}

func (k *Kernel) hashHandlers(s *handlers, h *emu.Hasher, _ *state.Objects) {
	h.Uint64(uint64(s.users))
	for _, a := range s.act {
		state.Words(h, a.handler, a.flags, a.restorer, uint64(a.mask))
		if a.compat && k.m.Arch == x86.AMD64 {
			h.String("32-bit handler")
		}
	}
}

func (k *Kernel) hashFile(f *File, h *emu.Hasher, o *state.Objects) {
	state.Words(h, uint64(f.refs), uint64(f.flags&^abi.O_LARGEFILE), uint64(f.pos), uint64(f.device), state.Number(o, f.pipe), state.Number(o, f.sock), state.Number(o, f.fifo), uint64(len(f.entries)), f.count, uint64(len(f.watched)))
	h.String(f.path)
	h.Uint64(state.Number(o, f.dentry))
	h.Bool(f.host != nil)
	if large := f.flags&abi.O_LARGEFILE != 0; large != (f.host != nil) {
		h.Bool(large)
	}
	if f.host != nil && f.host.Node != nil {
		h.Uint64(state.Number(o, f.host.Node))
	}
	if f.mem != nil {
		h.Uint64(state.Number(o, f.mem))
	}
	if f.notify != nil {
		h.Uint64(state.Number(o, f.notify))
	}
	if f.proc != nil {
		h.Uint64(state.Number(o, f.proc))
	}
	if f.tid != 0 {
		h.Uint64(uint64(f.tid))
	}
	if f.pty != nil {
		h.Uint64(state.Number(o, f.pty))
	}
	if f.queue != nil {
		h.Uint64(state.Number(o, f.queue))
	}
	if f.sigs != nil || f.mask != 0 {
		state.Words(h, uint64(f.mask), state.Number(o, f.sigs))
	}
	if f.owner != (owner{}) || f.asyncFD != 0 {
		state.Words(h, uint64(f.owner.id), uint64(f.owner.kind), uint64(f.owner.signo), uint64(f.asyncFD))
	}
	h.Bytes(f.text)
	for _, e := range f.entries {
		h.String(e.name)
		state.Words(h, e.ino, uint64(e.typ))
	}
	for _, i := range f.watched {
		now := i.file.edges(k)
		state.Words(h, uint64(i.fd), state.Number(o, i.file), uint64(i.events), i.data)
		h.Bool(i.seen.In == now.In)
		h.Bool(i.seen.Out == now.Out)
	}
	if f.device == devTimer || f.when.at != 0 {
		state.Words(h, uint64(f.clock.id), uint64(f.clock.of), k.fromNow(f.when.at), f.when.gap)
	}
}
