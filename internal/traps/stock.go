package traps

import (
	"fmt"
	"maps"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// stockOps are the micro-steps of the kernel without any probe engine.
func stockOps() map[string]Op {
	return map[string]Op{
		"signal_pending":   signalPending,
		"deliver_signal":   deliverSignal,
		"preempt_schedule": preempted,
		"preempt_check":    preemptCheck,
		"die":              die,
		"fixup_exception":  fixupException,
		"handle_mm_fault":  handleMMFault,
		"restore_fpu":      Nothing, // the registers are the task's already
		"thread_debugreg7": threadDebugReg7,
		"save_debugreg6":   saveDebugReg6,
		"save_virtual_dr6": saveDebugReg6,
		"ptrace_dtrace":    ptraceDTrace,
		"task_exit":        taskExit,
		"direct_step":      directStep,
		"system_call":      systemCall,
		"nmi":              ackNMI,
	}
}

// Nothing is a micro-step that has no effect beside what its line of C means.
func Nothing(*Exec) Result { return Next }

// thread reads a field of the vCPU's thread_info, of size bytes.
func (x *Exec) thread(field uint64, size int) uint64 {
	v, _ := x.M.PeekWord(x.C.Space, x.K.Layout.ThreadInfo(x.C.ID)+field, size)
	return v
}

func (x *Exec) setThread(field uint64, size int, v uint64) {
	x.M.PokeWord(x.C.Space, x.K.Layout.ThreadInfo(x.C.ID)+field, size, v)
}

// DebugReg6 is what the kernel has kept of DR6 for the task of a vCPU.
func (k *Kernel) DebugReg6(d emu.Door, cpu int) uint64 {
	return k.threadField(d, cpu, threadDR6, k.M.Arch.Word())
}

func (x *Exec) task() *Task { return &x.K.Tasks[x.C.ID] }

// Signals are the signals that the task of a vCPU got, a bit each by number.
func (k *Kernel) Signals(d emu.Door, cpu int) uint64 {
	d.Touch(k.cells.Loc(cpu), emu.Reads)
	return k.Tasks[cpu].Got
}

func signalPending(x *Exec) Result {
	x.Return(emu.B2U(x.thread(threadPending, 4) != 0))
	return Next
}

// deliverSignal is the end of do_signal(): the signal in eax ends the task, or goes
// to the debugger that traces it.
func deliverSignal(x *Exec) Result {
	t, sig := x.task(), int(x.Arg())
	t.Got |= 1 << sig
	x.M.Touch(x.K.cells.Loc(x.C.ID), emu.Writes)
	if t.Ptraced {
		x.Sayf("K14", func() string { return abi.SignalName(sig) + " goes to the debugger, which lets the task go on" })
		return Next
	}
	t.Killed = sig
	x.C.Shutdown = "killed by " + abi.SignalName(sig)
	x.Sayf("K14", func() string { return "the task is killed by " + abi.SignalName(sig) })
	return Next
}

// seenSignal is for a line of C that calls a function (signal, regs) which
// sends the signal (K14).
func seenSignal(x *Exec) {
	regs := PtRegs{x.M, x.C, x.CallArg(1)}
	x.M.Note(emu.Note{Kind: NoteSignal, ID: "K14", Text: abi.SignalName(int(x.CallArg(0))), Addr: regs.Get(FieldIP)})
}

// Kinds of notes the stock path makes.
const (
	NoteSignal emu.NoteKind = "signal"
	NoteOops   emu.NoteKind = "oops"
)

// die is a kernel-mode trap that nobody claimed: an oops ends the run of
// this vCPU, registers as the frame has them.
func die(x *Exec) Result {
	vec := x86.Vector(x.C.Reg(x86.RBX))
	ip := x.Regs.Get(FieldIP)
	t := x.task()
	t.Oopsed, t.OopsVector = true, vec
	what := vectorName(vec) + " in kernel mode"
	x.C.Shutdown = "oops: " + what + " at " + x.K.Name(ip)
	x.M.Note(emu.Note{Kind: NoteOops, ID: "K14", Text: what, Addr: ip})
	x.Sayf("K14", func() string {
		return fmt.Sprintf("nobody claimed %s and the interrupted code is the kernel's: oops", vectorName(vec))
	})
	return Next
}

// fixupException looks for an exception-table entry; scenario code has none.
func fixupException(x *Exec) Result {
	x.Return(0)
	return Next
}

// lazyPage is a page that a scenario wants absent until it is touched.
type lazyPage struct {
	frame emu.Frame
	prot  emu.Prot
}

// lazyPages are the demand pages by linear page number; a value is not written
// again, so snapshots share it.
type lazyPages struct{ pages map[uint64]lazyPage }

func (l *lazyPages) with(vpn uint64, p lazyPage) *lazyPages {
	n := make(map[uint64]lazyPage, len(l.pages)+1)
	maps.Copy(n, l.pages)
	n[vpn] = p
	return &lazyPages{n}
}

// handleMMFault is the rest of do_page_fault for a fault that no engine took:
// the address in ebx, the error code in eax. A demand page is mapped; a page
// that is there by now and grants the access means that another vCPU was
// quicker, and the access is tried again. Else no mapping covers it.
func handleMMFault(x *Exec) Result {
	addr, code := x.C.Reg(x86.RBX), uint32(x.Arg())
	write, user := code&emu.PFWrite != 0, code&emu.PFUser != 0
	fetch := code&emu.PFFetch != 0 || x.M.Arch == x86.I386 && x.fetches(addr)
	pte, present := x.M.Entry(x.C.ID, addr)
	p, lazy := x.K.lazy.pages[addr/emu.PageSize]
	switch {
	case present && pte.Prot.Allows(write, fetch, user):
		x.Return(1)
		x.Sayf("", func() string { return fmt.Sprintf("the page of %#x is there by now: the instruction is retried", addr) })
	case !present && lazy && p.prot.Allows(write, fetch, user) && x.C.Space.Map(addr&^(emu.PageSize-1), p.frame, 1, p.prot) == nil:
		x.Return(1)
		x.Sayf("", func() string {
			return fmt.Sprintf("the page of %#x is brought in; the instruction will be retried", addr)
		})
	default:
		x.Return(0)
		x.Sayf("", func() string { return fmt.Sprintf("no mapping covers %#x", addr) })
	}
	return Next
}

// fetches tells whether addr is in the interrupted instruction: a 32-bit page
// fault's error code does not say that it was a fetch.
func (x *Exec) fetches(addr uint64) bool {
	var b [insn.MaxLen]byte
	n, off := x.M.Peek(x.C.ID, x.Regs.Get(FieldIP), b[:]), addr-x.Regs.Get(FieldIP)
	if in, err := insn.Decode(b[:n], insn.ModeOf(x.M.Arch)); err == nil {
		return off < uint64(in.Len)
	}
	return off < insn.MaxLen
}

func threadDebugReg7(x *Exec) Result {
	x.Return(x.thread(threadDR7, x.M.Arch.Word()))
	return Next
}

func saveDebugReg6(x *Exec) Result {
	x.setThread(threadDR6, x.M.Arch.Word(), x.C.Reg(x86.RBX))
	return Next
}

func ptraceDTrace(x *Exec) Result {
	x.Return(emu.B2U(x.thread(threadPtrace, 4) == ptDTrace))
	return Next
}

func taskExit(x *Exec) Result {
	x.task().Done = true
	x.C.Shutdown = TaskDone
	x.Say("", "the task is done")
	return Next
}

// TaskDone is CPU.Shutdown of a vCPU whose task finished in good order.
const TaskDone = "task finished"

// systemCall knows exit (i386 1, x86-64 60); every other call is -ENOSYS.
func systemCall(x *Exec) Result {
	nr := x.Regs.Get(FieldOrigAX)
	if x.M.Arch == x86.I386 && nr == 1 || x.M.Arch == x86.AMD64 && nr == 60 {
		return taskExit(x)
	}
	const enosys = 38
	x.Regs.Set(FieldAX, x.M.Arch.Mask(^uint64(enosys)+1))
	x.Sayf("", func() string { return fmt.Sprintf("system call %d is not implemented: -ENOSYS", nr) })
	return Next
}

func ackNMI(x *Exec) Result {
	x.Say("", "NMI")
	return Next
}

// preemptCheck is K0: a kernel that may be preempted schedules here if it is
// asked to and preempt_count is zero.
func preemptCheck(x *Exec) Result {
	if !x.K.NeedResched(x.M, x.C.ID) || x.K.PreemptCount(x.M, x.C.ID) != 0 {
		return Next
	}
	return preempted(x)
}

// preempted is the scheduler's work: others run, and the task comes back.
func preempted(x *Exec) Result {
	x.K.SetNeedResched(x.C, false)
	x.Say("K0", "preempt_count is 0: the task is preempted here and comes back")
	x.M.Note(emu.Note{Kind: NotePreempted, ID: "K0", Text: "preempted", Addr: x.Regs.Get(FieldIP)})
	return Next
}

// NotePreempted marks a point where the modelled scheduler switched away.
const NotePreempted emu.NoteKind = "preempted"

// thread_info lies at the bottom of the vCPU's kernel stack.
func (k *Kernel) threadField(d emu.Door, cpu int, off uint64, size int) uint64 {
	v, _ := d.Word(cpu, k.Layout.ThreadInfo(cpu)+off, size)
	return v
}

// PreemptCount is the vCPU's preempt_count.
func (k *Kernel) PreemptCount(d emu.Door, cpu int) uint64 {
	return k.threadField(d, cpu, threadPreemptCount, 4)
}

// AddPreemptCount changes preempt_count by d.
func (k *Kernel) AddPreemptCount(c *emu.CPU, d int) {
	k.M.PokeWord(c.Space, k.Layout.ThreadInfo(c.ID)+threadPreemptCount, 4,
		uint64(uint32(int(k.PreemptCount(k.M.Door(), c.ID))+d)))
}

// NeedResched reads TIF_NEED_RESCHED.
func (k *Kernel) NeedResched(d emu.Door, cpu int) bool {
	return k.threadField(d, cpu, threadNeedResched, 4) != 0
}

// SetNeedResched writes TIF_NEED_RESCHED.
func (k *Kernel) SetNeedResched(c *emu.CPU, on bool) {
	k.M.PokeWord(c.Space, k.Layout.ThreadInfo(c.ID)+threadNeedResched, 4, emu.B2U(on))
}
