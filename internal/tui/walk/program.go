package walk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/linux"
	"trapline/internal/record"
	"trapline/internal/scenario/programworld"
	"trapline/internal/story"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// What a moment of a Linux program has in place of a kernel's: threads and
// processes, slots in place of locks. Its kernel is Go: there is no IDT and no
// trap frame in guest memory.

// programSide is a walk through a Linux program.
type programSide struct {
	*Walk
	guest *programworld.World
}

func newProgramSide(w *Walk, guest *programworld.World) *programSide {
	p := &programSide{w, guest}
	p.nameFunctions()
	return p
}

// userPhases are the stages of a hit as the diagram has them.
var userPhases = map[uprobes.Stage]Phase{
	uprobes.StageTrapped: Trapped, uprobes.StageHandlers: HitActive, uprobes.StagePrepare: Preparing, uprobes.StageEmulate: Emulating,
	uprobes.StageWaiting: Waiting, uprobes.StageStep: HitSS, uprobes.StageStepped: HitSSDone, uprobes.StageFaulted: Faulted,
	uprobes.StageTrampoline: Trampoline,
}

// observe keeps the marks' view of the slots.
func (w *programSide) observe(ev *emu.Event) {
	t := &w.trail
	w.followSignals(ev)
	t.moved = false
	if ev.Micro == nil && len(ev.Notes) == 0 {
		return
	}
	sum := uint64(w.guest.InPlace())
	for _, p := range w.guest.Slots() {
		for _, n := range p.Taken {
			sum += uint64(p.PID)<<32 | 1<<(uint(n)&31)
		}
	}
	t.moved, t.slots = sum != t.slots, sum
}

func (w *programSide) kind(ev *emu.Event) record.Kind {
	var k record.Kind
	if w.trail.moved {
		k |= LockMoved
	}
	if ev.Micro == nil {
		return k
	}
	switch ev.Micro.Work {
	case emu.WorkSwitch:
		k |= Switch
	case emu.WorkSignalFrame, emu.WorkSignal:
		k |= Signal
	}
	return k
}

func (w *programSide) vdso() string { return w.guest.VDSO() }
func (*programSide) counts() string { return "" }

// noteKind is what a note makes of its step.
func noteKind(n emu.NoteKind) record.Kind {
	switch n {
	case linux.NoteCall:
		return Call
	case linux.NoteSignal:
		return Signal
	case linux.NoteThread:
		return Switch
	case linux.NoteFault, linux.NoteKernel, kprobes.NoteUnhit:
		return 0
	}
	return Noted
}

// cpu is a vCPU with the thread that is on it.
func (w *programSide) cpu(c *emu.CPU) CPU {
	tid, pid := w.guest.ThreadOn(c.ID)
	x := CPU{ID: c.ID, Ring: int(c.CPL), Able: w.Run.Can(c.ID), State: "idle", Thread: tid}
	switch {
	case tid == 0 && x.Able:
		x.Ring, x.Text = -1, "* schedule"
	case tid == 0:
		x.Ring = -1
	default:
		x.At, x.Text, x.State = w.Place(c.LinearPC()), w.instructionAt(c), fmt.Sprintf("thread %d", tid)
		if pid != tid {
			x.State += fmt.Sprintf(" of %d", pid)
		}
		if w.guest.KernelNext(c.ID) {
			x.Text = "(the kernel's work)"
		}
	}
	for _, t := range w.threads() {
		if t.CPU == c.ID {
			x.Phase = userPhases[t.Stage]
		}
	}
	if s := w.trail.waits[c.ID]; s != "" && tid == 0 {
		x.State = "its thread waits: " + s
	}
	return x
}

func (w *programSide) threads() []programworld.ThreadActivity {
	var l []programworld.ThreadActivity
	for _, p := range w.guest.ProcessStates() {
		l = append(l, p.Threads...)
	}
	return l
}

func (w *programSide) probes() []Probe {
	var l []Probe
	threads := w.threads()
	for _, p := range w.Run.ProbeEnds() {
		x := Probe{ProbeEnd: p}
		_, mark, _ := strings.Cut(p.At, "%") // of a return probe
		if x.At = w.Place(p.Addr); mark != "" {
			x.At += "%" + mark
		}
		for _, t := range threads {
			if f := userPhases[t.Stage]; t.Addr == p.Addr && f > x.Phase {
				x.Phase = f
			}
		}
		if x.Phase == HitSS {
			x.State = "stepping"
		}
		x.In, x.Out = w.guest.Armed(p.Addr)
		if x.State == "armed" && len(x.In) == 0 && len(x.Out) > 0 {
			x.State = "out"
		}
		l = append(l, x)
	}
	return l
}

// inPlace reports whether the engine steps probed instructions in place.
func (w *programSide) inPlace() bool { return w.Run.Describe().InPlace }

// locks has a line for each taken slot, or for the step in place.
func (w *programSide) locks(ev *emu.Event) []Lock {
	moved := ev != nil && w.trail.moved
	threads := w.threads()
	var waiting []string
	for _, t := range threads {
		if t.Stage == uprobes.StageWaiting {
			waiting = append(waiting, fmt.Sprintf("thread %d", t.TID))
		}
	}
	if w.inPlace() {
		l := Lock{Name: "step in place", Owner: "free", Waiting: waiting, Changed: moved}
		if tid := w.guest.InPlace(); tid != 0 {
			l.Owner = fmt.Sprintf("thread %d", tid)
		}
		return []Lock{l}
	}
	var l []Lock
	for _, t := range threads {
		if t.Copy != 0 {
			l = append(l, Lock{Name: w.Place(t.Copy), Owner: fmt.Sprintf("thread %d", t.TID), Changed: moved})
		}
	}
	if len(waiting) > 0 {
		l = append(l, Lock{Name: "a free slot", Owner: "nobody", Waiting: waiting})
	}
	return l
}

// memory adds the slots that were used to what the memory panel shows.
func (w *programSide) memory(l []Row, c *emu.CPU, ev *emu.Event) []Row {
	_, pid := w.guest.ThreadOn(c.ID)
	for _, p := range w.guest.Slots() {
		if p.PID == pid && p.Area != 0 {
			l = w.row(l, c, "[uprobes] trampoline", p.Area, ev)
			for n := 1; n <= shownSlots; n++ {
				at := p.Area + uint64(n)*uprobes.SlotSize
				title := "[uprobes] " + w.Place(at)
				if slices.Contains(p.Taken, n) {
					title += ", taken"
				}
				l = w.row(l, c, title, at, ev)
			}
		}
	}
	return l
}

// shownSlots is how many slots the memory panel shows.
const shownSlots = 2

func (w *programSide) output() string { return lastOf(w.Run.Output(), MaxOutput) }

func (w *programSide) vectors(ev *emu.Event) []Vector {
	cpu := 0
	if ev != nil {
		cpu = ev.CPU
	}
	return vectors(w.Run.Describe(), w.Run.Mode(cpu).Arch(), ev)
}

func (*programSide) inHits(m *Moment) (l []InHit) {
	for i := range m.Processes {
		for _, t := range m.Processes[i].Threads {
			l = append(l, InHit{ID: t.TID, Name: strconv.Itoa(t.TID), CPU: t.CPU, Phase: t.Phase, Await: t.Returns})
		}
	}
	return l
}

// processes lists them with threads and mappings.
func (w *programSide) processes(cpu int) (list []Process) {
	for _, p := range w.guest.ProcessStates() {
		x := Process{PID: p.PID, Name: p.Name, Zombie: p.Zombie, Slots: len(p.Taken)}
		here := uint64(0)
		for i := range p.Threads {
			t := &p.Threads[i]
			x.Threads = append(x.Threads, w.thread(t))
			if t.CPU == cpu {
				here = w.Run.Machine.CPUs[cpu].LinearPC()
			}
		}
		for _, v := range p.Maps {
			x.Maps = append(x.Maps, Map{fmt.Sprintf("%x-%x", v.Start, v.End), v.Prot, v.Name, here >= v.Start && here < v.End})
		}
		list = append(list, x)
	}
	return list
}

// MaxOutput bounds what a moment has of a program's output, in bytes.
const MaxOutput = 4096

func lastOf(s string, n int) string { return strings.ToValidUTF8(s[max(0, len(s)-n):], "·") }

func (w *programSide) thread(t *programworld.ThreadActivity) Thread {
	x := Thread{TID: t.TID, CPU: t.CPU, At: w.Place(t.PC), State: "ready", Phase: userPhases[t.Stage], Returns: t.Returns}
	switch {
	case t.Stage == uprobes.StageWaiting && w.inPlace():
		x.State = "waits: kprobe_lock"
	case t.Waits != "":
		x.State = "waits: " + t.Waits
	case t.CPU >= 0:
		x.State = "runs"
	}
	if t.Addr != 0 {
		x.Probe = w.Place(t.Addr)
	}
	if t.Copy != 0 {
		x.Copy = w.Place(t.Copy)
	}
	return x
}

// vectors are the exceptions that matter to uprobes with the kernel function
// that takes each: in this kernel a Go function, so that there is no gate.
func vectors(engine *engines.Engine, arch x86.Arch, ev *emu.Event) []Vector {
	l := []Vector{
		{x86.VecBP, "", engine.Traps.Int3, false},
		{x86.VecDB, "", engine.Traps.Debug, false},
		{x86.VecPF, "", "handle_mm_fault, else SIGSEGV", false},
		{x86.VecGP, "", "SIGSEGV", false},
		{x86.VecUD, "", "SIGILL", false},
	}
	if arch == x86.I386 {
		l = append(l, Vector{0x80, "", "a system call", false})
	}
	for i := range l {
		l[i].Used = ev != nil && ev.Delivery != nil && ev.Delivery.Trap.Vector == l[i].Vector
		l[i].Name = story.VectorName(l[i].Vector)
	}
	return l
}
