// Package world is what a scenario runs in, as its run sees it: World says what a
// run asks of it, Shared is what every world has. There are two, kernelworld and
// programworld.
package world

import (
	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/events/tracedir"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/story"
)

// World is what a scenario runs in. A run asks it for all that differs between
// kernel code and Linux programs. What a world does not have is 0, "" or nil.
type World interface {
	// Common is what every world has.
	Common() *Shared
	// AddParts makes what the world keeps a part of the machine's state, behind what
	// the properties keep.
	AddParts()
	// Close frees the machine.
	Close()

	Steps
	Text
	Probed
	Judged
	Shown
}

// Steps is how a world goes on.
type Steps interface {
	// Able reports whether a step of a vCPU would do something.
	Able(cpu int) bool
	// OutOfKernel reports, after an event, whether a vCPU is at the instruction
	// that its instruction pointer shows, not in kernel work that has no text.
	OutOfKernel(cpu int, ev *emu.Event) bool
	// Observe counts what a step means.
	Observe(ev *emu.Event)
	// Ending tells how the run ended, once no vCPU is able, and whether a bound
	// ended it.
	Ending() (how string, cut bool)
	// ThreadCount is how many threads there are now that any vCPU can run; 0: a task
	// never leaves its vCPU.
	ThreadCount() int
	// OneOrder reports whether a run with at most so many threads at once can
	// go in one order only.
	OneOrder(threads int) bool
	// OneWorker reports whether only one worker can search the run.
	OneWorker() bool
	// System makes a system to search of the run as it is now, which the system owns
	// from then on. The world adds to c what it knows better.
	System(c explore.MachineConfig) explore.System
}

// Text is about the code that runs: the scenario's, and the text of the kernel, where
// that is guest code.
type Text interface {
	story.Image
	// KernelText names the text, or what stands for it in direct mode; "": there is
	// none.
	KernelText() string
	// SetDirect switches direct mode on or off. hidden, unless nil, is told what a run
	// in direct mode comes upon that only the text shows.
	SetDirect(on bool, hidden func(why string)) error
	// HiddenByMicroSteps says what of the probes only the text can come to, or "":
	// direct mode would be wrong.
	HiddenByMicroSteps() string
	// InKernelStack reports whether an address lies in a stack of the text.
	InKernelStack(addr uint64) bool
	// MicroStep is the micro-step of direct mode that comes next on a vCPU.
	MicroStep(cpu int) string
	// PlaceName names an address, in C by its line.
	PlaceName(addr uint64) string
	// Owns reports whether an instruction is the scenario's, not the kernel's or a
	// probe's.
	Owns(pc uint64) bool
	// Members are those of the file that only such a world has and that decide how
	// it goes, for checksums.
	Members() []string
}

// Probed is about the probes and the events.
type Probed interface {
	// Count is a count of the probes with a name; false: there is none.
	Count(d emu.Door, name string, c Count) (uint64, bool)
	// Missed counts the executions of probed instructions without a hit.
	Missed() uint64
	// Ends lists the probes with what happened to them.
	Ends() []ProbeEnd
	// HashCounts says what hashes have of what probes have counted.
	HashCounts(kprobes.Hashed)
	// Act carries out an action of a handler that only such a world has.
	Act(*Hit, *format.Action)
	// Control carries out a directive that changes event files or modules; the result is
	// what the kernel says.
	Control(*format.Step) (string, error)
	// HasEvents reports whether there are trace events, which EventRecords lists.
	HasEvents() bool
	EventRecords() []tracedir.Record
	// EventLines are the lines of the trace file without its header.
	EventLines() []string
}

// Judged is what properties and conditions ask.
type Judged interface {
	// Property makes a built-in property, nil if it has no such one. Transparency is
	// the run's.
	Property(format.Property) explore.Property
	// KeepEnds makes the world keep from now on what End needs.
	KeepEnds()
	// End is how the run has ended, as transparency judges it; nil: that is not
	// known.
	End() *props.End
	// AboutCPU answers a function of expressions that takes a vCPU.
	AboutCPU(d emu.Door, function string, cpu int) uint64
	// Holder is the vCPU that holds a lock for itself alone, or -1.
	Holder(lock string) int
	// Mode is of what mode the code is that a vCPU runs.
	Mode(cpu int) insn.Mode
	// Peek reads memory as a vCPU sees it; it returns how many bytes are there.
	Peek(d emu.Door, cpu int, addr uint64, b []byte) int
}

// Shown is what is only shown.
type Shown interface {
	// Show carries out a directive of its own.
	Show(*format.Step) (string, error)
	// ProbeLine shows a probe in a line.
	ProbeLine(ProbeEnd) string
	// Results are what the calls of a member program returned so far.
	Results() []uint64
	// Output is what a program has written, Exit how it ended, "" before.
	Output() string
	Exit() string
	// Streams are what it has written to descriptors 1 and 2, Status its exit status
	// as a shell has it, 0 before.
	Streams() (stdout, stderr []byte)
	Status() int
	// PeekFile reads what a program's file has for memory that was not touched yet.
	PeekFile(addr uint64, b []byte) int
}

// Count is what expressions can ask of a probe.
type Count uint8

// What they ask for; the last one is 1 if the breakpoint is in memory.
const (
	CountHits Count = iota
	CountPosts
	CountFaults
	CountMissed
	CountArmed
)

// CountNames are the functions of expressions that take a probe.
var CountNames = map[string]Count{
	"hits": CountHits, "pre": CountHits, "post": CountPosts, "faults": CountFaults, "missed": CountMissed, "armed": CountArmed,
}

// ProbeEnd is what happened to one probe.
type ProbeEnd struct {
	Name      string `json:"name"`
	At        string `json:"at"`
	State     string `json:"state"` // armed, disarmed, lost, not registered, refused, disabled, removed, not mapped, unused (engine none)
	Hits      uint64 `json:"hits"`
	Posts     uint64 `json:"posts"`
	Faults    uint64 `json:"faults"`
	Missed    uint64 `json:"missed"`
	Reentrant uint64 `json:"reentrant"`
	Errno     int    `json:"errno,omitempty"` // why a uprobe was refused

	Addr uint64 `json:"-"` // linear
}
