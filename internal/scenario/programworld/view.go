package programworld

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/uprobes"
)

// What viewers ask of a run beside what the machine shows. Nothing here changes
// a run.

// ProcessState is a process of a Linux program.
type ProcessState struct {
	SlotState
	Name    string
	Zombie  bool // it has ended; it has no threads and no memory
	Threads []ThreadActivity
	Maps    []MapState
}

// ThreadActivity is a thread with what it does with uprobes.
type ThreadActivity struct {
	ThreadState
	PC   uint64 // of its next instruction
	Mode insn.Mode
	uprobes.Activity
}

// MapState is a mapping of a process.
type MapState struct {
	Start, End uint64 // linear
	Prot       string // as in /proc/PID/maps
	Name       string
}

// ProcessStates lists the processes, by number.
func (w *World) ProcessStates() []ProcessState {
	var list []ProcessState
	for _, p := range w.Kernel.Processes() {
		x := ProcessState{SlotState: SlotState{PID: p.PID}, Name: p.Name}
		x.Area, x.Taken, _ = w.uprobes.Area(p.MM())
		for _, t := range p.Threads() {
			x.Threads = append(x.Threads, ThreadActivity{w.threadState(t), t.Core().RIP, emu.CodeMode(t.Core(), w.Machine.Arch), w.uprobes.Activity(t)})
		}
		for _, v := range p.MM().VMAs() {
			x.Maps = append(x.Maps, MapState{v.Start, v.End, protText(v), w.mappingName(v)})
		}
		list = append(list, x)
	}
	for _, p := range w.Kernel.Zombies() {
		list = append(list, ProcessState{SlotState: SlotState{PID: p.PID}, Name: p.Name, Zombie: true})
	}
	return list
}

// VDSO tells which vDSOs the run's programs have (linux.VDSOSum).
func (*World) VDSO() string { return linux.VDSOSum() }

// SlotState is who has which slots of a process.
type SlotState struct {
	PID   int
	Area  uint64 // linear address of its page of slots; 0: it has none
	Taken []int  // numbers of the slots that threads have
}

// Slots lists the processes that have slots for copies.
func (w *World) Slots() []SlotState {
	var list []SlotState
	for _, p := range w.Kernel.Processes() {
		if start, taken, ok := w.uprobes.Area(p.MM()); ok {
			list = append(list, SlotState{p.PID, start, taken})
		}
	}
	return list
}

// InPlace is the thread that steps a probed instruction in place, with the
// breakpoint out for all (K11); 0: none.
func (w *World) InPlace() int { return w.uprobes.InPlace() }

// Armed lists the processes in which a uprobe's breakpoint stands at an
// address now, and those that have mapped it without.
func (w *World) Armed(addr uint64) (in, out []int) {
	for _, p := range w.Kernel.Processes() {
		switch {
		case w.uprobes.Armed(p.MM(), addr):
			in = append(in, p.PID)
		case p.MM().Find(addr) != nil:
			out = append(out, p.PID)
		}
	}
	return in, out
}

// Image is the program's file as it is mapped.
func (w *World) Image() *loader.Image { return w.image }

// ThreadOn is the thread on a vCPU and its process; zeros: none.
func (w *World) ThreadOn(cpu int) (tid, pid int) {
	t := w.Kernel.Current(cpu)
	if t == nil {
		return 0, 0
	}
	return t.TID, t.Process().PID
}

// KernelNext reports whether a vCPU's next step is the kernel's work, of which
// there is no text.
func (w *World) KernelNext(cpu int) bool { return w.Kernel.Place(w.Machine.CPUs[cpu])>>63 != 0 }

// OwnCode reports whether an address is in a file that the process on a vCPU
// has mapped, and not in a slot, a copy on the stack or the kernel's own pages.
func (w *World) OwnCode(cpu int, addr uint64) bool {
	t := w.Kernel.Current(cpu)
	if t == nil || t.Process().MM() == nil {
		return true
	}
	v := t.Process().MM().Find(addr)
	return v == nil || v.Inode != nil
}

// PeekFile implements world.Shown.
func (w *World) PeekFile(addr uint64, b []byte) int {
	for i := range w.image.Segments {
		s := &w.image.Segments[i]
		if addr >= s.Addr && addr-s.Addr < uint64(len(s.Data)) {
			return copy(b, s.Data[addr-s.Addr:])
		}
	}
	return 0
}

// HasEvents implements world.Probed.
func (w *World) HasEvents() bool { return len(w.events.Registry().Probes()) > 0 }
