package scenarios

import (
	"trapline/emu/loader"
	"trapline/kprobes/uprobes"
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
	PC uint64 // of its next instruction
	uprobes.Activity
}

// MapState is a mapping of a process.
type MapState struct {
	Start, End uint64 // linear
	Prot       string // as in /proc/PID/maps
	Name       string
}

// ProcessStates lists the processes of a Linux program, by number; none of
// kernel code.
func (r *Run) ProcessStates() []ProcessState {
	w, ok := r.world.(*userWorld)
	if !ok {
		return nil
	}
	var list []ProcessState
	for _, p := range w.kernel.Processes() {
		x := ProcessState{SlotState: SlotState{PID: p.PID}, Name: p.Name}
		x.Area, x.Taken, _ = w.uprobes.Area(p.MM())
		for _, t := range p.Threads() {
			x.Threads = append(x.Threads, ThreadActivity{w.threadState(t), t.Core().RIP, w.uprobes.Activity(t)})
		}
		for _, v := range p.MM().VMAs() {
			x.Maps = append(x.Maps, MapState{v.Start, v.End, protText(v), w.mappingName(v)})
		}
		list = append(list, x)
	}
	for _, p := range w.kernel.Zombies() {
		list = append(list, ProcessState{SlotState: SlotState{PID: p.PID}, Name: p.Name, Zombie: true})
	}
	return list
}

// SlotState is who has which slots of a process.
type SlotState struct {
	PID   int
	Area  uint64 // linear address of its page of slots; 0: it has none
	Taken []int  // numbers of the slots that threads have
}

// Slots lists the processes of a Linux program that have slots for copies.
func (r *Run) Slots() []SlotState {
	w, ok := r.world.(*userWorld)
	if !ok {
		return nil
	}
	var list []SlotState
	for _, p := range w.kernel.Processes() {
		if start, taken, ok := w.uprobes.Area(p.MM()); ok {
			list = append(list, SlotState{p.PID, start, taken})
		}
	}
	return list
}

// InPlace is the thread that steps a probed instruction in place, with the
// breakpoint out for all (K11); 0: none.
func (r *Run) InPlace() int {
	if w, ok := r.world.(*userWorld); ok {
		return w.uprobes.InPlace()
	}
	return 0
}

// Armed lists the processes in which a uprobe's breakpoint stands at an
// address now, and those that have mapped it without.
func (r *Run) Armed(addr uint64) (in, out []int) {
	w, ok := r.world.(*userWorld)
	if !ok {
		return nil, nil
	}
	for _, p := range w.kernel.Processes() {
		switch {
		case w.uprobes.Armed(p.MM(), addr):
			in = append(in, p.PID)
		case p.MM().Find(addr) != nil:
			out = append(out, p.PID)
		}
	}
	return in, out
}

// Image is a Linux program's file as it is mapped; nil of kernel code.
func (r *Run) Image() *loader.Image {
	if w, ok := r.world.(*userWorld); ok {
		return w.image
	}
	return nil
}

// ThreadOn is the thread of a Linux program on a vCPU and its process; zeros:
// none.
func (r *Run) ThreadOn(cpu int) (tid, pid int) {
	w, ok := r.world.(*userWorld)
	if !ok {
		return 0, 0
	}
	t := w.kernel.Current(cpu)
	if t == nil {
		return 0, 0
	}
	return t.TID, t.Process().PID
}

// KernelNext reports whether a vCPU's next step is the work of the kernel
// under a Linux program, of which there is no text.
func (r *Run) KernelNext(cpu int) bool {
	w, ok := r.world.(*userWorld)
	return ok && w.kernel.Place(r.Machine.CPUs[cpu])>>63 != 0
}

// OwnCode reports whether an address is in a file that the process on a vCPU
// has mapped, and not in a slot, a copy on the stack or the kernel's own pages.
func (r *Run) OwnCode(cpu int, addr uint64) bool {
	w, ok := r.world.(*userWorld)
	if !ok {
		return false
	}
	t := w.kernel.Current(cpu)
	if t == nil || t.Process().MM() == nil {
		return true
	}
	v := t.Process().MM().Find(addr)
	return v == nil || v.Inode != nil
}

// Peek reads memory as a vCPU sees it, without a trace in events, and returns
// how many bytes are there. Of a Linux program's file pages that were not
// touched yet are there too.
func (r *Run) Peek(cpu int, addr uint64, b []byte) int {
	n := r.world.peek(r.Machine.Look(), cpu, addr, b)
	w, ok := r.world.(*userWorld)
	if !ok || n > 0 {
		return n
	}
	for i := range w.image.Segments {
		s := &w.image.Segments[i]
		if addr >= s.Addr && addr-s.Addr < uint64(len(s.Data)) {
			return copy(b, s.Data[addr-s.Addr:])
		}
	}
	return 0
}

// Traced reports whether the run has trace events.
func (r *Run) Traced() bool {
	if w, ok := r.world.(*userWorld); ok {
		return w.registry != nil && len(w.registry.Probes()) > 0
	}
	return r.Tracing != nil
}
