package emu

import (
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

// StepKind is what one step was (S1).
type StepKind uint8

// Kinds of steps.
const (
	StepIdle        StepKind = iota // the vCPU is halted or shut down: nothing happened
	StepInstruction                 // a guest instruction retired
	StepDelivery                    // a vector was delivered (or its delivery ended in a shutdown)
	StepMicro                       // a named micro-step of kernel-side work
	StepSpin                        // a micro-step that could not go on: the lock is held
	StepFlush                       // the oldest store in a vCPU's buffer reached memory
	StepRefetch                     // a byte of code that a vCPU had fetched ahead was fetched anew
)

func (k StepKind) String() string {
	return [...]string{"idle", "instruction", "delivery", "micro", "spin", "flush", "refetch"}[k]
}

// By says who wrote memory.
type By uint8

// Writers of guest memory.
const (
	ByInstruction By = iota
	ByDelivery       // the processor, pushing a frame
	ByMicro          // kernel-side work of a micro-step
	ByFlush          // a store of before that leaves its vCPU's buffer
)

// MemWrite is one write: Size bytes (1-8) at linear address Addr, little endian.
type MemWrite struct {
	Addr     uint64
	Old, New uint64
	Size     uint8
	By       By
	Buffered bool // in the vCPU's store buffer: only the vCPU itself sees it yet
	AtOnce   bool // it went through the store buffer within the step: see Machine.FlushAtOnce
}

// MemRead is one read of Size bytes (1-8).
type MemRead struct {
	Addr  uint64
	Value uint64
	Size  uint8
}

// FrameWord is one word pushed by a delivery.
type FrameWord struct {
	Addr  uint64
	Value uint64
	Is    x86.FrameWord
	Name  string // of Is, for people
}

// Delivery describes how a vector went through the IDT.
type Delivery struct {
	Trap     Trap
	GateAddr uint64
	Gate     x86.Gate // valid if HasGate
	HasGate  bool
	GateRaw  []byte
	From, To uint8  // CPL before and after
	Switched bool   // to the TSS's stack
	Task     uint16 // selector of the TSS that a task gate switched to; 0: no task switch
	Frame    []FrameWord
	Nested   []Trap // faults met on the way, in order, the delivered one last
	Shutdown string // why the vCPU stopped (triple fault), or ""
	Between  bool   // no instruction was begun: a pending trap was taken, or an interrupt
}

// Work is what a micro-step means, for those who follow a hit or a signal: its
// names are for people.
type Work uint8

// What micro-steps mean.
const (
	WorkOther       Work = iota
	WorkHit              // a hit begins: the handler comes next
	WorkHandler          // handlers run
	WorkReturn           // handlers of a function's return run
	WorkStep             // the instruction is about to be stepped
	WorkPost             // the step is over: the post-handler comes next
	WorkReenter          // a hit inside a hit
	WorkRewind           // the instruction pointer goes back to the probed instruction
	WorkEnd              // the innermost hit ends
	WorkLeave            // no hit is under way any more
	WorkEmulate          // the instruction's effect is made without running it
	WorkSwitch           // a vCPU changes its thread, or has none
	WorkSignal           // a signal is taken
	WorkSignalFrame      // and its handler's frame is made
)

// Micro describes a micro-step, or what an instruction of kernel text in C
// does for its line.
type Micro struct {
	Work  Work
	Name  string // such as "lock_kprobes"
	In    string // the kernel function it belongs to
	File  string // of C; "": a micro-step
	Line  int    // in File
	Code  string // the line's statement
	Reads int    // how many of the event's reads the line's instruction made: first ones
	Why   string // one plain sentence
	ID    string // SEMANTICS row, where one applies
	Holds string // a spin: what is waited for
	// Takes is the address of the lock's word that the step takes or, if it is
	// not free, waits for without any effect; 0: none.
	Takes uint64
	// Asks is the address of a word of which the step only asks whether it holds
	// the vCPU's own number, one of Machine.Numbers; 0: none.
	Asks uint64
	// Locked: of a micro-step, its C has a locked instruction or sends an interrupt,
	// which drains the store buffer (T2).
	Locked bool
	Waits  bool // of a Linux kernel's work: the thread waits
	// Alone: of a Linux kernel's work, it concerns the vCPU's thread only,
	// beside the memory and the values that the event names.
	Alone bool
}

// Event is what one step did: data from which everything shown is made.
// Slices are reused by the next step: Clone keeps one.
type Event struct {
	Seq    uint64
	CPU    int
	Kind   StepKind
	Insn   insn.Inst
	Bytes  []byte // of the instruction at PC, as they were in memory
	PC     uint64 // linear address before the step
	Before Core
	After  Core
	Writes []MemWrite
	Reads  []MemRead
	// Touched is what the step used beside the memory that Writes and Reads
	// name.
	Touched []Touch
	// Fetched is how many bytes of code from FetchedAt on this step tried to
	// fetch ahead (P13); 0 if the vCPU had them, or has no prefetch window.
	Fetched   int
	FetchedAt uint64
	Refetched Refetched // of StepRefetch
	// Raised is a trap that the instruction leaves pending (single step).
	Raised *Trap
	// Drains: the step empties the vCPU's store buffer first, if there is one (T2).
	Drains   bool
	Delivery *Delivery
	Micro    *Micro
	Notes    []Note

	weak  bool // a WRMSR that does not serialise
	deliv Delivery
	micro Micro
}

// Refetched is a byte of code at linear address At of which a vCPU had fetched
// an old value ahead.
type Refetched struct {
	At       uint64
	Old, New byte
}

// Note is something that happened beside the step's own effect, such as a
// signal that the kernel would send or a probe hit that was counted.
type Note struct {
	Kind NoteKind
	Text string
	ID   string // SEMANTICS row
	Addr uint64
}

// NoteKind classifies notes for those who count or filter.
type NoteKind string

// Clone copies an event so that it outlives the next step.
func (e *Event) Clone() *Event {
	c := *e
	c.Bytes = append([]byte(nil), e.Bytes...)
	c.Writes = append([]MemWrite(nil), e.Writes...)
	c.Reads = append([]MemRead(nil), e.Reads...)
	c.Touched = append([]Touch(nil), e.Touched...)
	c.Notes = append([]Note(nil), e.Notes...)
	if e.Raised != nil {
		t := *e.Raised
		c.Raised = &t
	}
	if e.Delivery != nil {
		d := *e.Delivery
		d.Frame = append([]FrameWord(nil), d.Frame...)
		d.Nested = append([]Trap(nil), d.Nested...)
		d.GateRaw = append([]byte(nil), d.GateRaw...)
		c.Delivery = &d
	}
	if e.Micro != nil {
		m := *e.Micro
		c.Micro = &m
	}
	return &c
}

// reset empties the event for the next step. Field by field: the whole struct
// at once would cost write barriers for all its pointers.
func (e *Event) reset(seq uint64, cpu int) {
	e.Seq, e.CPU, e.Kind = seq, cpu, StepIdle
	e.Insn = insn.Inst{}
	e.Bytes, e.Fetched, e.FetchedAt, e.Refetched, e.Drains, e.weak = nil, 0, 0, Refetched{}, false, false
	e.Writes, e.Reads, e.Touched, e.Notes = e.Writes[:0], e.Reads[:0], e.Touched[:0], e.Notes[:0]
	if e.Raised != nil {
		e.Raised = nil
	}
	if e.Delivery != nil {
		e.Delivery = nil
		e.deliv = Delivery{Frame: e.deliv.Frame[:0], Nested: e.deliv.Nested[:0], GateRaw: e.deliv.GateRaw[:0]}
	}
	if e.Micro != nil {
		e.Micro = nil
		e.micro = Micro{}
	}
}

// BeginDelivery gives the event's delivery record to fill in.
func (e *Event) BeginDelivery() *Delivery {
	e.Kind = StepDelivery
	e.Delivery = &e.deliv
	return e.Delivery
}

// BeginMicro gives the event's micro-step record to fill in.
func (e *Event) BeginMicro() *Micro {
	e.Kind = StepMicro
	e.Micro = &e.micro
	return e.Micro
}
