package walk

import (
	"fmt"

	"trapline/internal/engines"
	"trapline/internal/scenario"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// Moment is what a viewer shows of one moment: plain data, never changed once
// made. Addresses and values are hexadecimal text at the width of the code that CPU runs.
type Moment struct {
	At     uint64        `json:"at"`
	End    uint64        `json:"end"`
	Over   string        `json:"over,omitempty"` // why the run is over, at its end
	Branch int           `json:"branch,omitempty"`
	Engine string        `json:"engine"`
	World  engines.World `json:"world"`
	Arch   string        `json:"arch"`
	Bits   int           `json:"bits"` // of the code that CPU runs: 16, 32 or 64
	CPU    int           `json:"cpu"`  // whose registers, code and stack these are
	Turn   int           `json:"turn"` // the actor that takes the next step; -1: nobody

	Step  *story.Record `json:"step,omitempty"` // that led here; nil at the start
	Head  string        `json:"head"`           // what the step was, in a line
	Why   []Reason      `json:"why,omitempty"`
	Notes []string      `json:"notes,omitempty"`

	CPUs     []CPU     `json:"cpus"`
	Raisable []Actor   `json:"raisable,omitempty"` // actors behind the vCPUs
	Regs     []Reg     `json:"regs"`
	Flags    []Flag    `json:"flags"`
	Code     []Line    `json:"code"`
	Source   *Source   `json:"source,omitempty"` // nil: the kernel's text is no C
	Stack    []Word    `json:"stack"`
	Chain    []Called  `json:"chain,omitempty"` // of calls and traps, the innermost first
	Memory   []Row     `json:"memory"`
	InHits   []InHit   `json:"in_hits"` // where the vCPUs, or of a program the threads, are in a hit
	Gates    []Gate    `json:"gates"`   // of kernel code
	Probes   []Probe   `json:"probes"`
	Locks    []Lock    `json:"locks"`
	Awaited  []Awaited `json:"awaited,omitempty"` // returns, of kernel code

	// What a Linux program has; nothing of kernel code.
	Processes []Process `json:"processes,omitempty"`
	Output    string    `json:"output,omitempty"` // the last MaxOutput bytes of it
	Vectors   []Vector  `json:"vectors,omitempty"`

	Log      []string             `json:"log,omitempty"`
	Trace    []string             `json:"trace,omitempty"` // events that fired, the last MaxEvents
	Fired    uint64               `json:"fired,omitempty"` // events that fired in all
	Violated []scenario.Violation `json:"violated,omitempty"`
}

// Machine is the machine's architecture, with the width of the code where that is another one.
func (m *Moment) Machine() string {
	if a, err := x86.ParseArch(m.Arch); err == nil && m.Bits != 8*a.Word() {
		return fmt.Sprintf("%s, %d-bit code", m.Arch, m.Bits)
	}
	return m.Arch
}

// Reason is a sentence with the row of the semantics checklist behind it.
type Reason struct {
	Row  string `json:"row,omitempty"`
	Text string `json:"text"`
}

// CPU is a vCPU at a glance.
type CPU struct {
	ID    int    `json:"id"`
	At    string `json:"at"`   // of the next instruction
	Ring  int    `json:"ring"` // -1: no thread is on it
	Phase Phase  `json:"phase"`
	Outer Phase  `json:"outer,omitempty"` // of the hit that a hit in Reenter is inside of
	State string `json:"state"`           // "runs", "spins on kprobe_lock", "halted", …
	Able  bool   `json:"able"`            // it can take a step
	Text  string `json:"text"`            // the next instruction
	// Thread is the number of a Linux program's thread that is on it; 0: none.
	Thread int `json:"thread,omitempty"`
}

// Actor is an interrupt that can be raised at a moment of the viewer's choice, or
// a part of a vCPU that works by itself.
type Actor struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Able bool   `json:"able"` // not raised yet; a part of a vCPU: it has something to do
	// Unit: it is a part of a vCPU. Holds is what it has to do, the next first: of a
	// store buffer the stores that wait in it.
	Unit  bool     `json:"unit,omitempty"`
	Holds []string `json:"holds,omitempty"`
}

// Reg is a register.
type Reg struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Old     string `json:"old,omitempty"` // before the step, if that changed it
	Means   string `json:"means,omitempty"`
	Changed bool   `json:"changed,omitempty"`
}

// Flag is a bit of EFLAGS.
type Flag struct {
	Name    string `json:"name"`
	Set     bool   `json:"set"`
	Changed bool   `json:"changed,omitempty"`
}

// Line is an instruction as it is in memory.
type Line struct {
	Addr     uint64 `json:"addr"`
	Label    string `json:"label,omitempty"` // a symbol begins here
	At       string `json:"at"`
	Bytes    string `json:"bytes"`
	Text     string `json:"text"`
	Here     bool   `json:"here,omitempty"`    // the next instruction
	Probe    string `json:"probe,omitempty"`   // a probe is on it
	Patched  bool   `json:"patched,omitempty"` // its first byte is the probe's breakpoint
	Original string `json:"original,omitempty"`
	OrigText string `json:"orig_text,omitempty"`
	Copy     string `json:"copy,omitempty"`      // the probed instruction that it is a copy of
	Source   string `json:"source,omitempty"`    // line of text.S, or FILE:LINE
	FileLine string `json:"file_line,omitempty"` // FILE:LINE where debug information has one
	Micro    string `json:"micro,omitempty"`     // the micro-step that it is (INT 0x81), once seen
	CPUs     []int  `json:"cpus,omitempty"`      // that stand here
}

// InHit is a vCPU, or a thread of a program, with where it is in a hit.
type InHit struct {
	ID    int    `json:"id"`
	Name  string `json:"name"` // "cpu0", "101"
	CPU   int    `json:"cpu"`  // that it is on, -1: none
	Phase Phase  `json:"phase"`
	Outer Phase  `json:"outer,omitempty"`  // of the hit that a hit in Reenter is inside of
	Await int    `json:"awaits,omitempty"` // returns of a thread, which have no bound of their probes'
}

// Process is a process of a Linux program.
type Process struct {
	PID     int      `json:"pid"`
	Name    string   `json:"name"`
	Zombie  bool     `json:"zombie,omitempty"`
	Threads []Thread `json:"threads,omitempty"`
	Maps    []Map    `json:"maps,omitempty"`
	Slots   int      `json:"slots"` // that threads have
}

// Thread is a thread of a process.
type Thread struct {
	TID     int    `json:"tid"`
	CPU     int    `json:"cpu"` // -1: none
	At      string `json:"at"`
	State   string `json:"state"` // "runs", "ready", "waits: futex", …
	Phase   Phase  `json:"phase"` // of its hit
	Probe   string `json:"probe,omitempty"`
	Copy    string `json:"copy,omitempty"` // where it steps the probed instruction
	Returns int    `json:"returns,omitempty"`
}

// Map is a mapping of a process.
type Map struct {
	Range string `json:"range"`
	Prot  string `json:"prot"`
	Name  string `json:"name"`
	Here  bool   `json:"here,omitempty"` // the thread's instruction lies in it
}

// Vector is an exception of a program and who takes it.
type Vector struct {
	Vector x86.Vector `json:"vector"`
	Name   string     `json:"name"`
	To     string     `json:"to"`
	Used   bool       `json:"used,omitempty"` // by the last step
}

// Word is a machine word of the stack.
type Word struct {
	Addr    string `json:"addr"`
	Value   string `json:"value"`
	Field   string `json:"field,omitempty"`  // of struct pt_regs, or of rt_sigframe
	Trap    string `json:"trap,omitempty"`   // whose frame it is
	Signal  bool   `json:"signal,omitempty"` // of a signal frame
	Means   string `json:"means,omitempty"`
	Top     bool   `json:"top,omitempty"`
	Changed bool   `json:"changed,omitempty"`
}

// Row is up to 16 bytes of memory.
type Row struct {
	Title   string `json:"title,omitempty"` // what begins here
	Addr    string `json:"addr"`
	Bytes   []byte `json:"bytes"`
	Changed []bool `json:"changed"`
}

// Gate is an entry of the IDT.
type Gate struct {
	Vector int    `json:"vector"`
	Name   string `json:"name"`
	Addr   string `json:"addr"`
	Raw    string `json:"raw"` // bytes in memory order
	Type   string `json:"type"`
	DPL    int    `json:"dpl"`
	To     string `json:"to"`
	Used   bool   `json:"used,omitempty"` // by the last step
}

// Probe is a probe with its counts.
type Probe struct {
	scenario.ProbeEnd
	Phase   Phase `json:"phase"` // of the vCPU that is in its hit
	Changed bool  `json:"changed,omitempty"`
	In      []int `json:"in,omitempty"`  // processes in which a uprobe's breakpoint stands
	Out     []int `json:"out,omitempty"` // processes that have mapped the place without
}

// Awaited is what a return probe's instances are out for.
type Awaited struct {
	Probe string   `json:"probe"`
	Most  int      `json:"most"`         // instances that it has
	To    []string `json:"to,omitempty"` // where the calls return to, one for each that is out
}

// Lock is a lock word, or a slot for copies of probed instructions.
type Lock struct {
	Name    string   `json:"name"`
	Owner   string   `json:"owner"`             // "free", "cpu0", "thread 100", …
	Waiting []string `json:"waiting,omitempty"` // "cpu1", "thread 101"
	Changed bool     `json:"changed,omitempty"`
}
