package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/traps"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/traceuprobe"
	"trapline/internal/x86"
)

// ProgramRun is a run of a Linux program under uprobes. Its kernel is Go, so nothing of it is in guest memory.
type ProgramRun struct {
	*Run
	kernel  *linux.Kernel
	files   *linux.FS
	uprobes *uprobes.System
	events  *traceuprobe.Session
	image   *loader.Image
	program []byte // its ELF file
	bias    uint64 // by how much it is moved
	// debug has the program's and its libraries' debug information by path, nil for one without; of those asked for.
	debug map[string]*debugged
	shown map[string]linux.MemFile // what the program sees, by path
	// programFile is the program as uprobes know it.
	programFile uprobes.FileID
	probes      []*userProbe
	cells       emu.Cells
	user        userState
	keeps       bool // what transparency judges: see threadLeft
	countsOut   bool // of hashes
}

// userState is what the world keeps beside the machine and its kernel. Plain
// values; slices and maps in a saved one are not changed any more.
type userState struct {
	hitAt map[int]uint64 // by thread: the probed instruction whose hit it is in
	last  *lastMemory
	told  uint64 // the number of the newest record that an event has as a note

	threads []threadLeft  // by number, if the world keeps them
	left    []processLeft // of processes that have ended, by number
	spent   []spent       // of threads that have ended, in processes that have not
}

// lastMemory is what the first process left: its writable memory by linear page
// number.
type lastMemory struct {
	pages map[uint64][]byte
}

func (w *ProgramRun) visit(_ func(*KernelRun), program func(*ProgramRun)) { program(w) }

func (*ProgramRun) members() []string { return []string{"linux", "uprobe_events"} }

func (w *ProgramRun) kernelText() string { return "" }

func (w *ProgramRun) engine() string { return w.Options.Engine }

func (w *ProgramRun) able(cpu int) bool { return w.kernel.CanStep(cpu) }

// outOfKernel: an exception is followed by kernel work, but for a system call,
// whose result comes with it; and a thread that waits is in the kernel.
func (w *ProgramRun) outOfKernel(cpu int, ev *emu.Event) bool {
	t := w.kernel.Current(cpu)
	trapped := ev.CPU == cpu && ev.Delivery != nil && ev.Delivery.Trap.Vector != 0x80
	return t != nil && t.Waits() == "" && !trapped
}

// step makes one step. What it means for the probes becomes notes of the event.
func (w *ProgramRun) step(cpu int) *emu.Event {
	ev := w.Machine.Step(cpu)
	w.observe(ev)
	return ev
}

func (w *ProgramRun) ending() (string, bool) {
	switch r := w.kernel.Result(); r.Bound {
	case linux.NoBound:
		return r.String(), false
	case linux.BoundDeadlock:
		return everyoneWaits, false
	default:
		return fmt.Sprintf("the bound on %s is reached", r.Bound), true
	}
}

// everyoneWaits is how a program ends that cannot go on.
const everyoneWaits = "every thread waits for another"

func (w *ProgramRun) aboutCPU(d emu.Door, function string, n int) uint64 {
	if function == "halted" {
		w.kernel.Read(d)
		return emu.B2U(!w.able(n))
	}
	return 0
}

func (w *ProgramRun) holder(string) int { return -1 }

// peek reads memory as the thread on a vCPU sees it; where there is none, as
// the first process does or did.
func (w *ProgramRun) peek(d emu.Door, cpu int, addr uint64, b []byte) int {
	w.kernel.Read(d) // who is there
	if w.kernel.Current(cpu) != nil {
		return d.Peek(cpu, addr, b)
	}
	if mm := w.kernel.Init().MM(); mm != nil {
		return d.PeekSpace(mm.Space(), addr, b)
	}
	return w.user.last.peek(addr, b)
}

func (l *lastMemory) peek(addr uint64, b []byte) int {
	done := 0
	for l != nil && done < len(b) {
		at := addr + uint64(done)
		page, ok := l.pages[at/emu.PageSize]
		if !ok {
			break
		}
		done += copy(b[done:], page[at%emu.PageSize:])
	}
	return done
}

// output is what the program has written to descriptors 1 and 2, in the order
// of its writes.
func (w *ProgramRun) output() string {
	text, _ := w.kernel.OutputInOrder()
	return string(text)
}

// Ended is what the program has written to descriptors 1 and 2, at most MaxOutput bytes of each, and how it ended; over
// is false while it runs.
func (w *ProgramRun) Ended() (stdout, stderr []byte, result linux.Result, over bool) {
	stdout, stderr, _, _ = w.kernel.Output()
	return stdout, stderr, w.kernel.Result(), w.kernel.Done()
}

// printk takes a line of the kernel's log.
func (w *ProgramRun) printk(line string) { w.addLog("kernel: " + line) }

// Save implements emu.Part.
func (w *ProgramRun) Save() any {
	s := w.user
	s.hitAt = maps.Clone(s.hitAt)
	s.threads = slices.Clone(s.threads)
	s.left, s.spent = slices.Clip(s.left), slices.Clip(s.spent)
	counts := make([]userCounts, len(w.probes))
	for i, p := range w.probes {
		counts[i] = p.userCounts.clone()
	}
	return savedWorld{s, slices.Clone(w.probes), counts}
}

type savedWorld struct {
	userState
	probes []*userProbe
	counts []userCounts // of probes
}

// Restore implements emu.Part.
func (w *ProgramRun) Restore(v any) {
	s := v.(savedWorld)
	w.user = s.userState
	w.user.hitAt = maps.Clone(s.hitAt)
	w.user.threads = slices.Clone(s.threads)
	w.probes = slices.Clone(s.probes)
	for i, p := range w.probes {
		p.userCounts = s.counts[i].clone()
	}
}

// Hash implements emu.Part: what was left, and who is in a hit.
func (w *ProgramRun) Hash(h *emu.Hasher) {
	for _, tid := range slices.Sorted(maps.Keys(w.user.hitAt)) {
		h.Uint64(uint64(tid))
		h.Uint64(w.user.hitAt[tid])
	}
	if l := w.user.last; l != nil {
		for _, page := range slices.Sorted(maps.Keys(l.pages)) {
			h.Uint64(page)
			h.String(string(l.pages[page]))
		}
	}
	w.hashLeft(h)
	for _, p := range w.probes {
		if !w.countsOut {
			h.Uint64(p.hits)
			h.Uint64(p.missed)
		}
		for _, pid := range slices.Sorted(maps.Keys(p.removed)) {
			h.Uint64(uint64(pid))
		}
	}
}

func (w *ProgramRun) eventLines() []string {
	var lines []string
	for line := range strings.Lines(w.events.Lines()) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}

// coreRegisters are a thread's registers as a handler sees them.
type coreRegisters struct{ core *emu.Core }

func (c coreRegisters) Reg(r x86.Reg) uint64       { return c.core.GPR[r] }
func (c coreRegisters) SetReg(r x86.Reg, v uint64) { c.core.GPR[r] = v }

func (c coreRegisters) Get(f traps.Field) uint64 {
	switch f {
	case traps.FieldIP:
		return c.core.RIP
	case traps.FieldCS:
		return uint64(c.core.Seg[x86.CS].Sel)
	}
	return c.core.RFLAGS
}

func (c coreRegisters) Set(f traps.Field, v uint64) {
	switch f {
	case traps.FieldIP:
		c.core.RIP = v
	case traps.FieldFlags:
		c.core.RFLAGS = v
	}
}
