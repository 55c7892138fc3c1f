package linux

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Run runs until the first process has ended, a bound is reached or ctx is
// done: BoundTime for its deadline, else BoundCanceled. Errors are failures of the machine, not of the guest.
func (k *Kernel) Run(ctx context.Context) (Result, error) {
	for !k.Done() {
		switch err := ctx.Err(); {
		case errors.Is(err, context.DeadlineExceeded):
			k.stop(BoundTime)
		case err != nil:
			k.stop(BoundCanceled)
		}
		for id := range k.m.CPUs {
			if err := k.runSlice(ctx, id); err != nil {
				return k.Result(), err
			}
		}
		if k.cfg.OnTurn != nil {
			k.cfg.OnTurn(k.steps)
		}
	}
	k.haltIdle()
	return k.Result(), nil
}

// Done reports whether the run is over.
func (k *Kernel) Done() bool {
	p := k.lastProgram()
	return k.bound != NoBound || p != nil && p.isZombie() && !(k.cfg.Background && len(k.Left()) > 0)
}

// looksAtTime is how many pieces of a turn go by between two looks at the context: a page fault may take milliseconds.
const looksAtTime = 16

// runSlice lets vCPU id work until its thread's turn is over, or the context is.
func (k *Kernel) runSlice(ctx context.Context, id int) error {
	k.fast = true
	defer func() { k.fast = false }()
	pieces := 0
	for t := k.ready(id); t != nil && k.current[id] == t && !k.Done(); {
		if pieces++; pieces%looksAtTime == 0 && ctx.Err() != nil {
			break
		}
		if k.watches(t) {
			k.watch(id)
		} else {
			k.advance(id)
		}
		if err := k.m.Err(); err != nil {
			return err
		}
		if k.slice[id] <= 0 || !k.prepare(id) {
			break
		}
	}
	return nil
}

// ready gives vCPU id a thread that is about to run in ring 3.
func (k *Kernel) ready(id int) *Thread {
	for !k.Done() {
		if k.current[id] == nil && !k.schedule(id) {
			return nil
		}
		if k.watches(k.current[id]) || k.prepare(id) {
			return k.current[id]
		}
	}
	return nil
}

// prepare does what comes before vCPU id's thread goes on in ring 3. It
// reports whether the thread still runs.
func (k *Kernel) prepare(id int) bool {
	for k.current[id] != nil && k.work(id) {
	}
	return k.current[id] != nil
}

// advance runs the thread on vCPU id for a while: at full speed up to what
// needs a step, or to the end of its turn.
func (k *Kernel) advance(id int) {
	limit := k.cfg.Limits.Steps - k.steps
	n, why := k.m.Run(id, min(uint64(k.slice[id]), limit))
	k.count(id, n) // before a system call reads the clock
	if why == emu.RunStep && n < limit && !k.watches(k.current[id]) {
		k.m.Step(id)
		k.m.Drain(id)
		k.count(id, 1)
	}
}

// count books n instructions of vCPU id.
func (k *Kernel) count(id int, n uint64) {
	k.steps += n
	if t := k.current[id]; t != nil {
		t.ran += n
	}
	if !k.endlessTurns() {
		k.slice[id] -= int(n)
	}
	if k.steps >= k.cfg.Limits.Steps {
		k.stop(BoundSteps)
	}
}

// endlessTurns reports whether a thread keeps its vCPU until it waits.
func (k *Kernel) endlessTurns() bool { return k.cfg.Quantum < 0 }

// turn is the length of a thread's turn, in instructions.
func (k *Kernel) turn() int {
	if k.endlessTurns() {
		return math.MaxInt
	}
	return k.cfg.Quantum
}

// work does the next piece of what comes before the thread on vCPU id goes on
// in ring 3: the end of its turn, uprobes, signals. It reports whether there
// was one.
func (k *Kernel) work(id int) bool {
	t := k.current[id]
	switch {
	case t.state != stateRunning || t.proc.isStopped() && !t.traced() || !t.mayUse(id):
		k.micro(emu.Micro{Name: "schedule", In: "exit_to_user_mode_loop", Alone: true, Why: "the thread waits and leaves the vCPU"})
		k.switchOut(id)
		return true
	case k.slice[id] <= 0 && len(t.cpu.Pending()) == 0:
		k.slice[id] = t.length()
		fired := k.timers()
		k.startListening()
		if k.othersWait(t) {
			k.micro(emu.Micro{Name: "schedule", In: "exit_to_user_mode_loop", Alone: true, Why: "the thread's turn is over and others wait"})
			k.switchOut(id)
			return true
		}
		if fired {
			return true
		}
	}
	if t.inCall && k.timers() { // one that the call has armed may be over before its return
		return true
	}
	if t.trace != (tracing{}) {
		if t.trace.resumed != noStop {
			k.goesOn(t)
			return true
		}
		if t.stopNow() {
			return true
		}
	}
	return k.resume(t) || t.work() && k.signalWork(t)
}

// othersWait reports whether another thread could use t's vCPU.
func (k *Kernel) othersWait(t *Thread) bool {
	for _, o := range k.threads {
		if o != t && o.cpu == nil && o.mayUse(t.cpu.ID) && t.yields(o) && k.mayRun(o) {
			return true
		}
	}
	return false
}

// mayRun reports whether it is worth giving o a turn.
func (k *Kernel) mayRun(o *Thread) bool {
	switch {
	case o.state == stateTraced, o.proc.isStopped() && o.trace.halt == 0:
		return o.fatalPending()
	case o.state == stateVfork:
		return o.dying()
	case o.state == stateRunning:
		return !o.held || o.wait.tried != k.changes
	case o.state == stateBlocked:
		return o.wait.tried != k.changes || k.Now() >= o.wait.deadline || o.signalReady() || o.trace.halt != 0
	}
	return false
}

// switchOut takes the thread off vCPU id and puts it behind the others.
func (k *Kernel) switchOut(id int) {
	t := k.current[id]
	if k.tells() {
		k.note(NoteThread, "thread %d leaves cpu%d", t.TID, id)
	}
	k.current[id] = nil
	t.cpu.SaveContext(t.ctx)
	t.dropDebugRegs()
	t.cpu = nil
	if i := slices.Index(k.threads, t); i >= 0 {
		k.threads = append(slices.Delete(k.threads, i, i+1), t)
	}
}

// schedule puts the next thread on vCPU id, trying blocked calls again on the
// way. When nobody can run anywhere, time moves on to the next deadline, which
// counts as an instruction: the caller looks at its bounds and tries again.
func (k *Kernel) schedule(id int) bool {
	k.timers()
	k.startListening()
	var tried map[*Thread]bool
	for t := k.candidate(id, nil); t != nil; t = k.candidate(id, tried) {
		switch t.state {
		case stateTraced:
			t.become(stateRunning) // SIGKILL
			t.trace.stop = noStop
		case stateVfork:
			t.become(stateRunning) // a signal that ends the process
			k.forgetVfork(t)
		}
		if t.state == stateBlocked && !k.wake(t) {
			if tried == nil {
				tried = map[*Thread]bool{}
			}
			tried[t] = true
			continue
		}
		k.switchIn(id, t)
		k.micro(emu.Micro{Work: emu.WorkSwitch, Name: "context_switch", In: "__schedule", Alone: true, Why: "the next thread that can go on gets the vCPU"})
		if k.tells() {
			k.note(NoteThread, "thread %d of %s on cpu%d", t.TID, t.Name(), id)
		}
		return true
	}
	if k.allIdle(id) && !k.Done() {
		if !k.startIdle() {
			k.idle()
		}
		k.count(id, 1)
	}
	return false
}

// allIdle reports whether vCPU id, which has no thread, is the one that lets
// time pass: the first, while the others have none either.
func (k *Kernel) allIdle(id int) bool {
	return id == 0 && !slices.ContainsFunc(k.current[1:], func(t *Thread) bool { return t != nil })
}

// wake tries t's blocked call again; true: it is over.
func (k *Kernel) wake(t *Thread) bool {
	k.reaches = true
	var r int64
	if (t.signalReady() || t.trace.halt != 0) && !t.futexWoken() && !t.mq.done {
		t.futex, t.futexes, t.sem, t.mq, t.nap = futexWait{}, nil, semWait{}, mqWait{}, nap{}
		r = t.wait.interrupt
		k.stopOpening(t)
	} else if r = k.dispatchAgain(t); r == resultBlock {
		return false
	}
	k.stopWaiting(t)
	t.become(stateRunning)
	k.finish(t, r)
	return true
}

// switchIn puts t on vCPU id.
func (k *Kernel) switchIn(id int, t *Thread) {
	c := k.m.CPUs[id]
	c.Space = t.proc.mm.Space()
	c.LoadContext(t.ctx)
	for i, d := range t.tls {
		k.setDescriptor(c, k.tables.TlsEntry+i, d)
	}
	if k.m.Arch == x86.AMD64 {
		k.setDescriptor(c, gdtEntries-1, cpuNumber(id))
	}
	t.cpu = c
	t.held = false
	c.Halted = false
	k.current[id] = t
	k.slice[id] = t.length()
	t.timeStamps(c)
	t.loadDebugRegs(c)
	k.reloadLDT(t, true)
}

// setDescriptor writes entry i of a vCPU's descriptor table.
func (k *Kernel) setDescriptor(c *emu.CPU, i int, d uint64) {
	f := k.gdt + emu.Frame(c.ID)
	b := k.m.Mem.Bytes(f)[8*i : 8*i+8]
	if le.Uint64(b) == d {
		return
	}
	k.m.Mem.MarkDirty(f)
	le.PutUint64(b, d)
}

// nextMoment is when something happens by itself while every thread waits, or never.
func (k *Kernel) nextMoment() uint64 {
	next := k.nextTimer()
	for _, t := range k.threads {
		if t.state == stateBlocked && !t.proc.isStopped() {
			next = min(next, t.wait.deadline)
		}
	}
	return next
}

// idle moves time on to the next deadline, or ends the run if there is none.
func (k *Kernel) idle() {
	next := k.nextMoment()
	if next == never {
		k.micro(emu.Micro{Work: emu.WorkSwitch, Name: "do_idle", In: "cpu_startup_entry", Why: "every thread waits for another: the run is over"})
		k.stop(BoundDeadlock)
		return
	}
	now := k.Now()
	if next <= now {
		return
	}
	k.micro(emu.Micro{Work: emu.WorkSwitch, Name: "do_idle", In: "cpu_startup_entry", Why: "every thread waits: time moves on to the next deadline"})
	if k.cfg.Clock == nil {
		k.skipped += next - now
		return
	}
	k.cfg.Clock.Sleep(min(time.Duration(next-now), 50*time.Millisecond))
}

// leave moves the vCPUs that still show a dying address space elsewhere.
func (k *Kernel) leave(s *emu.Space) {
	for _, c := range k.m.CPUs {
		if c.Space == s {
			c.Space = k.idleSpace
		}
	}
}
