package programworld

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/kprobes/props"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// What a program leaves, for transparency (S4): how it ended and what it has
// written; of every thread the signals that it took and, if it ended by itself,
// its registers at that moment; of every process that has ended its writable
// memory. Left out, each because no instruction of the program can look at it
// any more:
//
//   - the registers of a thread that another one's exit_group, execve or fatal
//     signal ended, wherever it was;
//   - rcx and r11 behind the SYSCALL that ended a thread, which has copied rip
//     and the flags there (SDM vol. 2, SYSCALL): those are compared themselves;
//   - dead stack: what lies below a thread's stack pointer at its end, where
//     that thread has used it as stack, its stack for signals among that, or in
//     a mapping that grows down; and where an engine has put copies below it,
//     for which the stack's unused part is meant (O1). What the program keeps
//     there all the same is seen to be lost if it reads it again.
//
// What Linux itself shows of a uprobe (row U16) counts as a difference, with
// one exception: the return address of a function whose return is awaited
// (U13), where uprobes have put it.

// threadLeft is what is kept of a thread, alive or not.
type threadLeft struct {
	tid, pid int
	sp       uint64        // after its last step
	stack    []props.Range // memory that its stack pointer went down over
	signals  uint64
	ended    bool
	regs     *props.Registers // nil: another one ended it
}

// processLeft is what a process left in memory.
type processLeft struct {
	pid    int
	memory []props.Contents
	hash   uint64
}

// spent is memory of a process that does not count as long as it stays as one
// of its threads left it.
type spent struct {
	pid  int
	at   uint64
	was  []byte
	now  []byte // what counts in its place; nil: 0
	hash uint64
}

// maxStackStep is the largest step down of a stack pointer that is taken for
// the making of a frame, rather than for a change of stacks.
const maxStackStep = 64 << 10

// leftOf is the entry of a thread, made if there is none.
func (w *World) leftOf(t *linux.Thread) *threadLeft {
	list := w.user.threads
	i, ok := slices.BinarySearchFunc(list, t.TID, func(x threadLeft, tid int) int { return cmp.Compare(x.tid, tid) })
	if !ok {
		w.user.threads = slices.Insert(list, i, threadLeft{tid: t.TID, pid: t.Process().PID, sp: t.Core().GPR[x86.RSP]})
	}
	return &w.user.threads[i]
}

// followStack notes what a thread's step has made its stack.
func (w *World) followStack(t *linux.Thread) {
	if !w.keeps || t == nil {
		return
	}
	l := w.leftOf(t)
	if at, size, ok := w.uprobes.StackCopy(t); ok {
		l.stack = widened(l.stack, props.Range{Low: at, High: at + uint64(size)})
	}
	sp := t.Core().GPR[x86.RSP]
	switch alt, size := t.AltStack(); {
	case sp != l.sp && sp-alt < size:
		l.stack = widened(l.stack, props.Range{Low: sp, High: alt + size})
	case sp < l.sp && l.sp-sp <= maxStackStep:
		l.stack = widened(l.stack, props.Range{Low: sp, High: l.sp})
	}
	l.sp = sp
}

// widened adds r to ranges of which those that touch are one. The list given
// stays as it is.
func widened(list []props.Range, r props.Range) []props.Range {
	for i, o := range list {
		if r.Low > o.High || r.High < o.Low {
			continue
		}
		if r.Low >= o.Low && r.High <= o.High {
			return list
		}
		rest := slices.Delete(slices.Clone(list), i, i+1)
		return widened(rest, props.Range{Low: min(r.Low, o.Low), High: max(r.High, o.High)})
	}
	return append(slices.Clip(list), r)
}

// gotSignal notes a signal that a thread takes.
func (w *World) gotSignal(t *linux.Thread, n int) {
	if w.keeps {
		w.leftOf(t).signals |= 1 << (n & 63)
	}
}

// hooks are the uprobes' with an eye on the ends of threads.
type hooks struct {
	*uprobes.System
	world *World
}

// ThreadExited follows the end of a thread.
func (h hooks) ThreadExited(t *linux.Thread) {
	h.world.exited(t)
	h.System.ThreadExited(t)
}

// Execed follows execve: the memory of before is gone, and its threads' stacks.
func (h hooks) Execed(t *linux.Thread) {
	w, pid := h.world, t.Process().PID
	w.user.spent = slices.DeleteFunc(slices.Clone(w.user.spent), func(s spent) bool { return s.pid == pid })
	if w.keeps && w.Kernel != nil {
		l := w.leftOf(t)
		l.stack, l.sp = nil, t.Core().GPR[x86.RSP]
	}
	h.System.Execed(t)
}

// exited keeps what t leaves: of the last thread of a process the memory too.
func (w *World) exited(t *linux.Thread) {
	p := t.Process()
	mm := p.MM()
	if w.Kernel == nil || mm == nil {
		return
	}
	if w.keeps {
		w.keepThread(t)
	}
	if len(p.Threads()) > 1 {
		return
	}
	pages := writablePages(mm)
	if p == w.Kernel.Init() {
		w.user.last = &lastMemory{pages}
	}
	if w.keeps {
		w.keepMemory(p, pages)
	}
}

// keepThread keeps the registers of a thread that ends by itself, and notes
// what of its stack does not count any more.
func (w *World) keepThread(t *linux.Thread) {
	l := w.leftOf(t)
	l.ended = true
	if c := t.CPU(); c != nil && c.ID == w.Machine.Event().CPU {
		core := w.uprobes.Own(t)
		if w.Machine.Event().Kind == emu.StepInstruction && w.Machine.Arch == x86.AMD64 { // SYSCALL
			core.GPR[x86.RCX], core.GPR[x86.R11] = 0, 0
		}
		l.regs = props.NewRegisters(&core, core.RIP, c.FPUHash())
	}
	mm, sp := t.Process().MM(), t.Core().GPR[x86.RSP]
	dead := l.stack
	if v := mm.Find(sp - 1); v != nil && v.GrowsDown { // an empty stack's pointer is its mapping's end
		dead = widened(dead, props.Range{Low: v.Start, High: sp})
	}
	for _, r := range dead {
		if sp >= r.Low && sp < r.High {
			r.High = sp
		}
		w.spend(t, mm, r)
	}
	for _, s := range w.uprobes.ReturnSlots(t) {
		n := mm.ABI().Word()
		w.addSpent(spent{pid: t.Process().PID, at: s.Addr, was: word(s.Trampoline, n), now: word(s.Return, n)})
	}
	l.stack = nil
}

// spend notes that what is in memory now does not count.
func (w *World) spend(t *linux.Thread, mm *mm.MM, r props.Range) {
	for at := r.Low; at < r.High; {
		n := min(r.High-at, emu.PageSize-at%emu.PageSize)
		b := make([]byte, n)
		if w.Machine.Door().PeekSpace(mm.Space(), at, b) == int(n) {
			w.addSpent(spent{pid: t.Process().PID, at: at, was: b})
		}
		at += n
	}
}

func (w *World) addSpent(s spent) {
	var h emu.Hasher
	h.Uint64(uint64(s.pid))
	h.Uint64(s.at)
	h.Bytes(s.was)
	h.Bytes(s.now)
	s.hash = h.Sum()
	w.user.spent = append(slices.Clip(w.user.spent), s)
}

func word(v uint64, n int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, v)
	return b[:n]
}

// writablePages copies a process's pages that it can write, by linear page
// number.
func writablePages(mem *mm.MM) map[uint64][]byte {
	pages := map[uint64][]byte{}
	for _, page := range mem.Space().Pages() {
		v := mem.Find(page * emu.PageSize)
		if v == nil || v.Prot&mm.ProtWrite == 0 {
			continue
		}
		b := make([]byte, emu.PageSize)
		mem.Space().Peek(page*emu.PageSize, b)
		pages[page] = b
	}
	return pages
}

// keepMemory keeps what of the memory of a process counts. Pages as they were
// when they came count as absent ones: a handler that reads brings pages in.
func (w *World) keepMemory(p *linux.Process, pages map[uint64][]byte) {
	l := processLeft{pid: p.PID}
	var h emu.Hasher
	for page, b := range pages {
		at := page * emu.PageSize
		b = w.counting(p.PID, at, bytes.Clone(b))
		fresh := make([]byte, emu.PageSize)
		if v := p.MM().Find(at); v.Inode != nil {
			w.Kernel.Files().ReadInode(v.Inode, v.Off+at-v.Start, fresh)
		}
		if !bytes.Equal(b, fresh) {
			l.memory = append(l.memory, props.Contents{Space: p.PID, Addr: at, Bytes: b})
		}
	}
	slices.SortFunc(l.memory, func(a, b props.Contents) int { return cmp.Compare(a.Addr, b.Addr) })
	for _, c := range l.memory {
		h.Uint64(c.Addr)
		h.Bytes(c.Bytes)
	}
	l.hash = h.Sum()
	w.user.spent = slices.DeleteFunc(slices.Clone(w.user.spent), func(s spent) bool { return s.pid == p.PID })
	i, _ := slices.BinarySearchFunc(w.user.left, p.PID, func(x processLeft, pid int) int { return cmp.Compare(x.pid, pid) })
	w.user.left = slices.Insert(slices.Clone(w.user.left), i, l)
}

// counting puts what counts in place of what is spent, in the page b at an
// address.
func (w *World) counting(pid int, page uint64, b []byte) []byte {
	for i := range w.user.spent {
		s := &w.user.spent[i]
		if s.pid != pid || s.at+uint64(len(s.was)) <= page || s.at >= page+emu.PageSize {
			continue
		}
		if s.now != nil {
			if at := s.at - page; at+uint64(len(s.was)) <= emu.PageSize && bytes.Equal(b[at:at+uint64(len(s.was))], s.was) {
				copy(b[at:], s.now)
			}
			continue
		}
		for j, was := range s.was { // within the page: see spend
			if at := s.at + uint64(j) - page; b[at] == was {
				b[at] = 0
			}
		}
	}
	return b
}

// hashLeft feeds what is kept to a state hash: two states that differ in what
// an ended thread left are two.
func (w *World) hashLeft(h *emu.Hasher) {
	if !w.keeps {
		return
	}
	for i := range w.user.threads {
		t := &w.user.threads[i]
		h.Uint64(uint64(t.tid))
		h.Uint64(t.signals)
		for _, r := range t.stack {
			h.Uint64(r.Low)
			h.Uint64(r.High)
		}
		if t.ended {
			t.regs.Hash(h)
		}
	}
	sum := uint64(0) // in any order
	for i := range w.user.spent {
		sum += w.user.spent[i].hash
	}
	h.Uint64(sum)
	for i := range w.user.left {
		h.Uint64(uint64(w.user.left[i].pid))
		h.Uint64(w.user.left[i].hash)
	}
}

// End is how the program ended.
func (w *World) End() *props.End {
	r := w.Kernel.Result()
	how, _ := w.Ending()
	e := &props.End{Arch: w.Machine.Arch, Output: w.Output(), Stop: props.Stop{Text: how}}
	switch {
	case r.Bound == linux.BoundDeadlock:
		e.Stop.Kind = props.Waits
	case r.Bound != linux.NoBound || !w.Kernel.Done():
		return nil
	case r.Signal != 0:
		e.Stop.Kind, e.Stop.Number = props.Killed, r.Signal
	default:
		e.Stop.Kind, e.Stop.Number = props.Exited, r.Code
	}
	for i := range w.user.threads {
		t := &w.user.threads[i]
		if t.ended || t.signals != 0 {
			e.Tasks = append(e.Tasks, props.TaskEnd{ID: t.tid, Who: fmt.Sprintf("thread %d", t.tid), Signals: t.signals, Registers: t.regs})
		}
	}
	for i := range w.user.left {
		e.Memory = append(e.Memory, w.user.left[i].memory...)
	}
	return e
}

// KeepEnds implements world.Judged.
func (w *World) KeepEnds() { w.keeps = true }

// ThreadCount counts the threads of all processes.
func (w *World) ThreadCount() int {
	n := 0
	for _, p := range w.Kernel.Processes() {
		n += len(p.Threads())
	}
	return n
}

// OneOrder reports whether there was nobody to take turns with.
func (w *World) OneOrder(threads int) bool { return threads < 2 }
