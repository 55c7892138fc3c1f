package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/linux/abi"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// KernelRun is a run of kernel code: the modelled kernel with kprobes on it.
type KernelRun struct {
	*Run
	Kernel *traps.Kernel
	Probes *kprobes.Manager
	Events *tracekprobe.Session // the event files; nil where there are no events
}

func (w *KernelRun) visit(kernel func(*KernelRun), _ func(*ProgramRun)) { kernel(w) }

// members: those of kernel code are in every checksum, empty or not.
func (*KernelRun) members() []string { return nil }

func (w *KernelRun) kernelText() string { return w.Kernel.TextSum() }

func (w *KernelRun) engine() string { return w.Probes.Engine }

func (w *KernelRun) able(cpu int) bool { return w.Machine.CPUs[cpu].CanStep() }

func (w *KernelRun) step(cpu int) *emu.Event {
	ev := w.Machine.Step(cpu)
	w.observe(ev)
	return ev
}

// observe counts what a step means and raises interrupts that it leads to.
func (w *KernelRun) observe(ev *emu.Event) {
	w.Probes.Observe(ev)
	w.raisePlaced()
}

func (w *KernelRun) ending() (string, bool) {
	s := ""
	for i := range w.File.taskCPUs() {
		if s != "" {
			s += "; "
		}
		s += fmt.Sprintf("cpu%d: %s", i, w.outcome(i))
	}
	return s, false
}

// outcome is how the task of a vCPU ended.
func (w *KernelRun) outcome(cpu int) string {
	c := w.Machine.CPUs[cpu]
	switch {
	case c.Shutdown != "":
		return c.Shutdown
	case c.Halted:
		return "halted"
	}
	return "running"
}

func (w *KernelRun) count(d emu.Door, name string, c probeCount) (uint64, bool) {
	i, ok := w.Probes.Find(name)
	if !ok {
		return 0, false
	}
	if c == countArmed {
		return emu.B2U(w.armed(d, i)), true
	}
	n := uint64(0)
	if c == countMissed {
		n = w.Probes.Read(d, i, kprobes.Nmissed)
	}
	return n + w.Probes.Read(d, i, [...]kprobes.Count{
		countHits: kprobes.Hits, countPosts: kprobes.Posts, countFaults: kprobes.Faults, countMissed: kprobes.Missed,
	}[c]), true
}

// armed reports whether probe i's breakpoint is in memory.
func (w *KernelRun) armed(d emu.Door, i int) bool {
	v, ok := d.Word(0, w.Probes.Probes()[i].Addr, 1)
	return ok && v == x86.Int3 && w.Probes.Read(d, i, kprobes.Registered) != 0
}

func (w *KernelRun) missed() uint64 {
	var n uint64
	for i := range w.Probes.Probes() {
		n += allMissed(w.Probes.Stats(i))
	}
	return n
}

// allMissed are the executions that no handler saw: those without a hit, and
// those that the kernel itself counts as missed.
func allMissed(s kprobes.Stats) uint64 { return s.Missed + s.Nmissed }

func (*KernelRun) outOfKernel(int, *emu.Event) bool { return true }

func (w *KernelRun) ends() []ProbeEnd {
	var list []ProbeEnd
	for i, p := range w.Probes.Probes() {
		s := w.Probes.Stats(i)
		state := "armed"
		switch {
		case w.Describe().None():
			state = "unused"
		case !s.Registered:
			state = "not registered"
		case s.Lost:
			state = "lost"
		case !w.armed(w.Machine.Look(), i):
			state = "disarmed"
		}
		list = append(list, ProbeEnd{
			Name: p.Name, At: w.names.Addr(p.Addr), State: state, Hits: s.Hits, Posts: s.Posts, Faults: s.Faults, Missed: allMissed(s),
			Reentrant: s.Reentrant, Addr: p.Addr,
		})
	}
	return list
}

// breakpoint tells the story which probe's int3 is at addr.
func (w *KernelRun) breakpoint(addr uint64) (string, []byte, bool) {
	op, ok := w.original[addr]
	if !ok {
		return "", nil, false
	}
	for i, p := range w.Probes.Probes() {
		if p.Addr == addr && w.Probes.Stats(i).Registered {
			code := w.originalCode(w.Machine.Look(), addr, op)
			return p.Name, code[:instructionLen(code, w.Machine.Arch)], true
		}
	}
	return "", nil, false
}

func (w *KernelRun) aboutCPU(d emu.Door, function string, n int) uint64 {
	switch function {
	case "signals":
		return w.Kernel.Signals(d, n)
	case "preempt_count":
		return w.Kernel.PreemptCount(d, n)
	case "need_resched":
		return emu.B2U(w.Kernel.NeedResched(d, n))
	}
	return emu.B2U(d.Register(n, emu.RegisterAble) == 0)
}

func (*KernelRun) peek(d emu.Door, cpu int, addr uint64, b []byte) int { return d.Peek(cpu, addr, b) }

func (w *KernelRun) holder(name string) int {
	for _, l := range w.Probes.Locks() {
		if l.Name != name {
			continue
		}
		word, err := w.shows(0).Memory(l.Addr, 0)
		if err == nil {
			return l.Owner(word)
		}
	}
	return -1
}

// property makes a built-in property (S4). Deadlock of several vCPUs is seen
// by the run itself.
func (w *KernelRun) property(p format.Property) explore.Property {
	g := w.Probes
	switch p.Name {
	case props.NoMissedProbe:
		return props.NewMissed(g)
	case props.NoLostRearm:
		return props.NewRearm(g)
	case props.Transparency:
		return w.transparency()
	case props.NoDeadlock:
		return props.NewSelfDeadlock(g)
	case props.NoLivelock:
		return props.NewLivelock(g)
	case props.NoUnhandledTrap:
		return props.NewUnhandled(g)
	case props.OnePreOnePost:
		return props.NewPrePost(g)
	case props.NoDoubleUnlock:
		return props.NewUnlock()
	case props.NoScheduleInTrap:
		return props.NewSchedule()
	case resultsProperty:
		return &results{w.Run}
	}
	return nil
}

func (w *KernelRun) show(s *format.Step) (string, error) {
	switch s.Verb {
	case "gate":
		return w.gateText(x86.Vector(s.N)), nil
	case "locks":
		return w.locksText(), nil
	case "tasks":
		return w.tasksText(), nil
	}
	return w.control(s)
}

// gateText decodes an IDT entry from guest memory.
func (w *KernelRun) gateText(vec x86.Vector) string {
	g := w.Kernel.Gate(w.Machine.CPUs[0].Space, vec)
	if !g.Present {
		return fmt.Sprintf("gate %d: not present", vec)
	}
	return fmt.Sprintf("gate %d: %s, DPL %d, to %#x:%s", vec, g.TypeName(), g.DPL, g.Selector, w.names.Addr(g.Offset))
}

// locksText shows the probe lock and who may schedule.
func (w *KernelRun) locksText() string {
	var b strings.Builder
	if w.Kernel.HasSymbol("kprobe_lock") {
		env := w.shows(0)
		owner, _ := env.Memory(w.lockAddr("kprobe_lock"), 0)
		running, _ := env.Memory(w.lockAddr("kprobe_cpu"), 0)
		holder := "free"
		if owner != 0 {
			holder = fmt.Sprintf("held by cpu%d", owner-1)
		}
		fmt.Fprintf(&b, "kprobe_lock %s, kprobe_cpu %d\n", holder, running)
	}
	for _, c := range w.Machine.CPUs {
		fmt.Fprintf(&b, "cpu%d preempt_count %d\n", c.ID, w.Kernel.PreemptCount(w.Machine.Look(), c.ID))
	}
	return b.String()
}

// tasksText shows how each task does and the signals that it got.
func (w *KernelRun) tasksText() string {
	var b strings.Builder
	for cpu := range w.File.taskCPUs() {
		fmt.Fprintf(&b, "cpu%d %s", cpu, w.outcome(cpu))
		for sig := range 64 {
			if w.Kernel.Tasks[cpu].Got>>sig&1 != 0 {
				b.WriteString(", got " + abi.SignalName(sig))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (w *KernelRun) eventLines() []string {
	if w.Events == nil {
		return nil
	}
	return w.Events.Array().EntryLines()
}

// system makes a system to search of the run as it is now, which the system
// owns from then on.
func (w *KernelRun) system() explore.System {
	w.Machine.Quiet = true
	w.hashCounts(w.deciding())
	c := explore.MachineConfig{
		Observe: w.observe, Properties: w.checks, Locks: props.Locks(w.Probes),
		Interrupts: w.actors(), Stacks: w.stackList(), Equal: w.equal(), Close: w.Close,
	}
	if n := w.Options.need; n != nil && w.Options.Direct {
		c.Observe = func(ev *emu.Event) { w.observe(ev); w.noteTextWrites(n, ev) }
	}
	if w.Options.Grain == explore.WholeLines {
		c.InOneLine = w.Kernel.InOneLine
	}
	return explore.NewMachine(w.Machine, c)
}

// stackList are the stacks of the tasks: the kernel's and, in ring 3, their own.
func (w *KernelRun) stackList() []explore.Stack {
	list := props.Stacks(w.Probes)
	for cpu, s := range w.stacks {
		if s.High > s.Low {
			list = append(list, explore.Stack{CPU: cpu, Low: s.Low, High: s.High})
		}
	}
	return list
}

// equal says what is each vCPU's own. An interrupt is a certain vCPU's, and a
// task's line in the trace is too.
func (w *KernelRun) equal() *explore.Equal {
	if len(w.interrupts) > 0 || w.Events != nil {
		return nil
	}
	var more [][]emu.Area
	if n := len(w.Machine.CPUs); slices.IndexFunc(w.stacks[:n], func(s props.Range) bool { return s.High == s.Low }) < 0 {
		var own []emu.Area
		for _, s := range w.stacks[:n] {
			own = append(own, emu.Area(s))
		}
		more = append(more, own)
	}
	return props.Equal(w.Probes, more)
}

func (w *KernelRun) setDirect(on bool) error { return w.Kernel.SetDirect(on) }

func (w *KernelRun) inKernelStack(addr uint64) bool { return w.Kernel.InStacks(addr) }

func (w *KernelRun) microStep(cpu int) string {
	return w.Kernel.PlaceName(w.Kernel.Place(w.Machine.CPUs[cpu]))
}

func (*KernelRun) probeLine(p ProbeEnd) string {
	return fmt.Sprintf("%-12s at %-16s %-9s hits %d, ended %d, faults %d, missed %d, inside a hit %d",
		p.Name, p.At, p.State, p.Hits, p.Posts, p.Faults, p.Missed, p.Reentrant)
}

// placeName names an address, in C by its line.
func (w *KernelRun) placeName(at uint64) string {
	at = w.Kernel.CodeAt(at)
	if line, ok := w.Kernel.LineAt(at); ok {
		return fmt.Sprintf("%s:%d", line.Func, line.Line)
	}
	return cmp.Or(w.Kernel.PlaceName(at), w.names.Addr(at))
}

// oneWorker: snapshots of the event files are of no use to another machine.
func (w *KernelRun) oneWorker() bool { return w.hasEvents() }

func (w *KernelRun) hasEvents() bool { return w.Events != nil }

func (*KernelRun) output() string { return "" }

func (*KernelRun) exit() string { return "" }

func (*KernelRun) peekFile(uint64, []byte) int { return 0 }

func (w *KernelRun) close() { w.Machine.Close() }
