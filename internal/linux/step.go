package linux

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
)

// Stepping. A step of the machine under a Kernel is one instruction of a
// thread, or one piece of the kernel's own work between two: a micro-step with
// the name of the kernel function that does it (emu.Worker). Machine.Step is
// all that is needed: a vCPU for which there is no thread is halted.

// Next is the vCPU whose turn it is, round robin among those that can step;
// false: the run is over (record.Runner).
func (k *Kernel) Next() (cpu int, ok bool) {
	if k.Done() || k.m.Err() != nil {
		return 0, false
	}
	n := len(k.m.CPUs)
	for i := 1; i <= n; i++ {
		if id := (k.last + i) % n; k.m.CPUs[id].CanStep() {
			return id, true
		}
	}
	return 0, false
}

// Step lets vCPU id make one step and returns its event, or nil when it cannot:
// the run is over (see Done), the machine has failed, or no thread can go on
// there (see CanStep).
func (k *Kernel) Step(id int) *emu.Event {
	if k.m.Err() != nil || !k.CanStep(id) {
		return nil
	}
	return k.m.Step(id)
}

// CanStep reports whether a step of vCPU id does anything: it has a thread, or
// there is one that it could take, or it is the one that lets time pass while
// every thread waits.
func (k *Kernel) CanStep(id int) bool {
	switch {
	case k.Done():
		return false
	case k.current[id] != nil || k.timerDue():
		return true
	}
	for _, t := range k.threads {
		if t.cpu == nil && t.state != stateDead && t.mayUse(id) && k.mayRun(t) {
			return true
		}
	}
	return k.allIdle(id)
}

// Can is CanStep for a number that may be no vCPU's (record.Runner).
func (k *Kernel) Can(actor int) bool {
	return actor >= 0 && actor < len(k.m.CPUs) && k.m.Err() == nil && k.CanStep(actor)
}

// haltIdle halts the vCPUs that cannot step, and only those.
func (k *Kernel) haltIdle() {
	for id, c := range k.m.CPUs {
		c.Halted = !k.CanStep(id)
	}
}

// WorkPlace is the place of the kernel's work, which is no address of a program.
const WorkPlace = 1<<63 | 1

// Place tells what c's next step runs: the instruction at an address, or the
// kernel's work, for which all vCPUs stand at one place (package explore).
func (k *Kernel) Place(c *emu.CPU) uint64 {
	t := k.current[c.ID]
	if t == nil || t.state != stateRunning || t.proc.isStopped() || t.trace != (tracing{}) && (t.trace.resumed != noStop || t.trace.event != 0 || t.trace.exitDue || t.trace.halt != 0) || !t.mayUse(c.ID) || k.slice[c.ID] <= 0 || t.work() ||
		k.cfg.Hooks != nil && k.cfg.Hooks.Pending(t) {
		return WorkPlace
	}
	return c.LinearPC() &^ (1 << 63)
}

// Work is emu.Worker's: the next piece of kernel-side work of c.
func (k *Kernel) Work(_ *emu.Machine, c *emu.CPU) bool {
	if k.fast {
		return false
	}
	k.telling, k.entered, k.reaches = true, false, false
	if k.current[c.ID] != nil {
		if !k.work(c.ID) {
			return false
		}
	} else {
		k.schedule(c.ID)
	}
	if k.m.Event().Micro == nil {
		k.micro(emu.Micro{Name: "schedule", In: "do_idle", Alone: true, Why: "the vCPU looks for a thread that can go on"})
	}
	return true
}

// Stepped is emu.Worker's: it counts the step and halts idle vCPUs.
func (k *Kernel) Stepped(m *emu.Machine, c *emu.CPU) {
	if k.fast {
		return
	}
	k.telling = false
	k.last = c.ID
	ev := m.Event()
	if ev.Kind == emu.StepInstruction || ev.Kind == emu.StepDelivery {
		k.count(c.ID, 1)
	}
	if k.Done() {
		k.interruptAll()
	}
	k.haltIdle()
	if ev.Micro != nil && ev.Micro.Waits && c.Halted {
		ev.Kind = emu.StepSpin
	}
	k.touch(ev)
}

// Kinds of the notes that the kernel adds to events.
const (
	NoteCall   emu.NoteKind = "system-call" // with its arguments and result, or that it waits
	NoteFault  emu.NoteKind = "page-fault"  // how a page fault was mended
	NoteSignal emu.NoteKind = "signal"      // a signal was sent or taken
	NoteThread emu.NoteKind = "thread"      // which thread left or got the vCPU
	NoteKernel emu.NoteKind = "kernel"      // other work in the same step
)

// micro names the present micro-step; work that comes with a step that has a
// name already is a note.
func (k *Kernel) micro(s emu.Micro) {
	if !k.telling {
		return
	}
	if k.m.Quiet {
		s.Why = ""
	}
	ev := k.m.Event()
	if ev.Kind == emu.StepIdle {
		s.Locked = true // see drain
		*ev.BeginMicro() = s
		return
	}
	k.m.Note(emu.Note{Kind: NoteKernel, Text: s.Name + "(): " + s.Why, ID: s.ID})
}

// tells reports whether somebody reads the words of the present event.
func (k *Kernel) tells() bool { return k.telling && !k.m.Quiet }

// note adds a formatted note to the present step's event; callers ask tells
// first, so that free running formats nothing.
func (k *Kernel) note(kind emu.NoteKind, format string, args ...any) {
	k.m.Note(emu.Note{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// Micro names the micro-step that a uprobes layer is about to make for t, such
// as "handle_swbp". It costs nothing while the kernel runs free.
func (t *Thread) Micro(s emu.Micro) { t.k.micro(s) }

// Tells reports whether somebody reads the words of the present step.
func (t *Thread) Tells() bool { return t.k.tells() }

// Note adds to what the present step did, if Tells.
func (t *Thread) Note(n emu.Note) {
	if t.k.tells() {
		t.k.m.Note(n)
	}
}

// Waits says what the thread waits for: a system call by its name, a uprobe's
// "xol slot", "vfork", or "" if it can go on.
func (t *Thread) Waits() string {
	switch {
	case t.held:
		return HoldsSlot
	case t.state == stateBlocked:
		return t.call.name()
	case t.state == stateTraced:
		return "its tracer"
	case t.state == stateVfork:
		return "vfork"
	case t.proc.isStopped():
		return "SIGCONT"
	}
	return ""
}

// Waiting lists the threads that wait, each with what it waits for, a system
// call with its arguments: "thread 100 in futex(0x402000, 0, 0, NULL)".
func (k *Kernel) Waiting() []string {
	var list []string
	for _, t := range k.threads {
		switch what := t.Waits(); {
		case what == "":
		case t.state == stateBlocked && !t.held:
			list = append(list, fmt.Sprintf("thread %d in %s(%s)", t.TID, what, strings.Join(k.record(t, 0).Args, ", ")))
		default:
			list = append(list, fmt.Sprintf("thread %d for %s", t.TID, what))
		}
	}
	return list
}

// HoldsSlot is what Micro.Holds says of a thread that found every slot for
// stepping copies taken.
const HoldsSlot = "xol slot"

// TurnOver reports whether the turn of the thread on vCPU id is over: what Run
// goes on to the next vCPU for.
func (k *Kernel) TurnOver(id int) bool { return k.slice[id] <= 0 }
