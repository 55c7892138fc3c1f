// Package programworld runs scenarios of Linux programs under uprobes.
package programworld

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/traps"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/traceuprobe"
	"trapline/internal/x86"
)

// World is a Linux program under uprobes. Its kernel is Go, so nothing of it is in guest memory.
type World struct {
	*world.Shared
	Kernel  *linux.Kernel
	files   *vfs.FS
	uprobes *uprobes.System
	events  *traceuprobe.Session
	image   *loader.Image
	program []byte // its ELF file
	bias    uint64 // by how much it is moved
	// debug has the program's and its libraries' debug information by path, nil for one without; of those asked for.
	debug map[string]*debugged
	shown map[string]vfs.MemFile // what the program sees, by path
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

var _ world.World = (*World)(nil)

// Close frees the machine.
func (w *World) Close() {
	if w.Kernel != nil {
		w.Kernel.Close()
	}
	if w.files != nil {
		_ = w.files.Close()
	}
}

// Able implements world.Steps.
func (w *World) Able(cpu int) bool { return w.Kernel.CanStep(cpu) }

// OutOfKernel: an exception is followed by kernel work, but for a system call,
// whose result comes with it; and a thread that waits is in the kernel.
func (w *World) OutOfKernel(cpu int, ev *emu.Event) bool {
	t := w.Kernel.Current(cpu)
	trapped := ev.CPU == cpu && ev.Delivery != nil && ev.Delivery.Trap.Vector != 0x80
	return t != nil && t.Waits() == "" && !trapped
}

// Ending implements world.Steps.
func (w *World) Ending() (string, bool) {
	switch r := w.Kernel.Result(); r.Bound {
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

// AboutCPU implements world.Judged.
func (w *World) AboutCPU(d emu.Door, function string, n int) uint64 {
	if function == "halted" {
		w.Kernel.Read(d)
		return emu.B2U(!w.Able(n))
	}
	return 0
}

// Holder: a program's locks are its own.
func (w *World) Holder(string) int { return -1 }

// Mode is that of the thread on a vCPU; where there is none, of the program that the run began with.
func (w *World) Mode(cpu int) insn.Mode {
	if t := w.Kernel.Current(cpu); t != nil {
		return emu.CodeMode(t.Core(), w.Machine.Arch)
	}
	return insn.ModeOf(w.image.Arch)
}

// Peek reads memory as the thread on a vCPU sees it; where there is none, as
// the first process does or did.
func (w *World) Peek(d emu.Door, cpu int, addr uint64, b []byte) int {
	w.Kernel.Read(d) // who is there
	if w.Kernel.Current(cpu) != nil {
		return d.Peek(cpu, addr, b)
	}
	if mm := w.Kernel.Init().MM(); mm != nil {
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

// Output is what the program has written to descriptors 1 and 2, in the order
// of its writes.
func (w *World) Output() string {
	text, _ := w.Kernel.OutputInOrder()
	return string(text)
}

// Streams implements world.Shown: at most MaxOutput bytes of each.
func (w *World) Streams() (stdout, stderr []byte) {
	stdout, stderr, _, _ = w.Kernel.Output()
	return stdout, stderr
}

// Status implements world.Shown.
func (w *World) Status() int {
	if r := w.Kernel.Result(); w.Kernel.Done() && r.Bound == linux.NoBound {
		return r.ExitStatus()
	}
	return 0
}

// printk takes a line of the kernel's log.
func (w *World) printk(line string) { w.AddLog("kernel: " + line) }

// Save implements emu.Part.
func (w *World) Save() any {
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
func (w *World) Restore(v any) {
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
func (w *World) Hash(h *emu.Hasher) {
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

// EventLines implements world.Probed.
func (w *World) EventLines() []string {
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
