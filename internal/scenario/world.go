package scenario

import (
	"trapline/internal/emu"
	"trapline/internal/events/tracedir"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
)

// world is what a scenario runs in: the modelled kernel with kprobes
// (*KernelRun), or a Linux program under uprobes (ProgramRun). A Run has one
// and asks it for all that differs.
type world interface {
	visit(kernel func(*KernelRun), program func(*ProgramRun))
	// members are those of the file that only such a world has and that decide how it
	// goes, for checksums.
	members() []string
	// kernelText is Run.KernelText.
	kernelText() string
	// engine is the name of the engine.
	engine() string
	// able reports whether a step of a vCPU would do something.
	able(cpu int) bool
	// outOfKernel reports, after an event, whether a vCPU is at the instruction
	// that its instruction pointer shows, not in kernel work that has no text.
	outOfKernel(cpu int, ev *emu.Event) bool
	// step makes one step of a vCPU and counts what it means.
	step(cpu int) *emu.Event
	// ending tells how the run ended, once no vCPU is able, and whether a bound
	// ended it.
	ending() (how string, cut bool)

	// count is a count of the probes with a name; false: there is none.
	count(d emu.Door, name string, c probeCount) (uint64, bool)
	// missed counts the executions of probed instructions without a hit.
	missed() uint64
	// ends lists the probes with what happened to them.
	ends() []ProbeEnd
	// hashCounts says what hashes have of what probes have counted.
	hashCounts(kprobes.Hashed)
	// breakpoint tells whose int3 is at an address, and what it hides.
	breakpoint(addr uint64) (name string, original []byte, ok bool)
	// aboutCPU answers a function of expressions that takes a vCPU.
	aboutCPU(d emu.Door, function string, cpu int) uint64
	// holder is the vCPU that holds a lock for itself alone, or -1.
	holder(lock string) int
	// peek reads memory as a vCPU sees it; it returns how many bytes are there.
	peek(d emu.Door, cpu int, addr uint64, b []byte) int

	// property makes a built-in property, nil if it has no such one.
	property(p format.Property) explore.Property
	// hiddenByMicroSteps says what of the scenario only the kernel's text can come
	// to, or "": direct mode would be wrong.
	hiddenByMicroSteps() string
	// setDirect switches direct mode on or off.
	setDirect(on bool) error
	// inKernelStack reports whether an address lies in a stack of kernel text.
	inKernelStack(addr uint64) bool
	// microStep is the micro-step that comes next on a vCPU, where that is one of
	// direct mode; else "".
	microStep(cpu int) string
	// probeLine is what is shown of a probe, in a line.
	probeLine(p ProbeEnd) string
	// placeName names an address, in C by its line.
	placeName(addr uint64) string
	// oneWorker reports whether only one worker can search the run.
	oneWorker() bool
	// end is how the run has ended, as transparency judges it; nil: that is not
	// known.
	end() *props.End
	// threads is how many threads a program has now; 0 for kernel code.
	threads() int
	// oneOrder reports whether a run with at most so many threads at once can
	// go in one order only.
	oneOrder(threads int) bool
	// show carries out a directive of its own.
	show(s *format.Step) (string, error)
	// control carries out a directive that changes its event files or modules.
	control(s *format.Step) (string, error)
	// output is what a program has written, exit how it ended.
	output() string
	exit() string
	// peekFile reads what a program's file has for memory that was not touched yet.
	peekFile(addr uint64, b []byte) int
	// hasEvents reports whether there are trace events, which eventRecords lists.
	hasEvents() bool
	eventRecords() []tracedir.Record
	// eventLines are the lines of the trace file without its header.
	eventLines() []string
	// system makes a system to search of the run as it is now.
	system() explore.System
	close()
}

// probeCount is what expressions can ask of a probe.
type probeCount uint8

// What they ask for; the last one is 1 if the breakpoint is in memory.
const (
	countHits probeCount = iota
	countPosts
	countFaults
	countMissed
	countArmed
)
