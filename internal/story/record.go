// Package story turns what a machine did into what a person or a program reads. Describe makes a Record, plain
// data with names resolved, of an event; a Teller makes lines of text of records; a Record's JSON is the
// documented output of --json (docs/json.md). Nothing here prints or looks at a clock.
package story

import (
	"strconv"
)

// Version is the version of Record's JSON. It changes only when a field goes
// or changes its meaning; new fields may come any time.
const Version = 1

// Hex is a number that prints as "0x…" in JSON, where numbers of 64 bits are
// not safe.
type Hex uint64

// MarshalText implements encoding.TextMarshaler.
func (h Hex) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hex) UnmarshalText(b []byte) error {
	v, err := strconv.ParseUint(string(b), 0, 64)
	*h = Hex(v)
	return err
}

func (h Hex) String() string { return "0x" + strconv.FormatUint(uint64(h), 16) }

// Record is one step of the machine (S1).
type Record struct {
	Type  string `json:"type"` // "step"
	V     int    `json:"v"`    // Version
	Step  uint64 `json:"step"` // from 0
	CPU   int    `json:"cpu"`
	Kind  string `json:"kind"` // "instruction", "delivery", "micro", "spin", "idle"
	Ring  int    `json:"ring"` // before the step
	PC    Hex    `json:"pc"`   // linear address before the step
	At    string `json:"at"`   // PC as symbol+offset
	Bytes string `json:"bytes,omitempty"`
	Text  string `json:"text,omitempty"` // disassembly
	Bits  int    `json:"bits,omitempty"` // of the instruction's code, 16 or 32, if those are not the machine's
	Line  string `json:"line,omitempty"` // FILE:LINE of a Linux program's code
	// Kernel tells that PC lies in the modelled kernel's own text.
	Kernel bool `json:"kernel,omitempty"`

	Probe     *ProbeByte `json:"probe,omitempty"`
	Registers []Change   `json:"registers,omitempty"`
	Flags     []Flag     `json:"flags,omitempty"`
	RFLAGS    Hex        `json:"eflags"` // after the step
	NextPC    Hex        `json:"next_pc"`
	NextAt    string     `json:"next_at"`
	Writes    []Write    `json:"writes,omitempty"`
	Reads     []Read     `json:"reads,omitempty"`
	Refetched *Refetched `json:"refetched,omitempty"`
	Raised    *Trap      `json:"raised,omitempty"` // left pending: single step, debug register
	Delivery  *Delivery  `json:"delivery,omitempty"`
	Micro     *Micro     `json:"micro,omitempty"`
	Source    *Source    `json:"source,omitempty"` // of kernel text in C
	Notes     []Note     `json:"notes,omitempty"`
	Why       []Reason   `json:"why,omitempty"`
}

// ProbeByte tells that the instruction was a probe's breakpoint.
type ProbeByte struct {
	Name     string `json:"name"`
	Original string `json:"original"` // bytes of the original instruction
	Text     string `json:"text"`     // its disassembly
}

// Change is a register that the step changed.
type Change struct {
	Name string `json:"name"`
	Old  Hex    `json:"old"`
	New  Hex    `json:"new"`
	At   string `json:"at,omitempty"` // the new value as an address with a name
}

// Flag is a flag that the step changed.
type Flag struct {
	Name string `json:"name"`
	Set  bool   `json:"set"`
}

// Write is a store of 1 to 8 bytes, little endian.
type Write struct {
	Addr     Hex    `json:"addr"`
	At       string `json:"at"` // symbol+offset, "regs->eip" for a saved register, or the address
	Size     int    `json:"size"`
	Old      Hex    `json:"old"`
	New      Hex    `json:"new"`
	By       string `json:"by"`                 // "instruction", "delivery", "micro", "flush"
	Name     string `json:"name,omitempty"`     // the new value as an address with a name
	Buffered bool   `json:"buffered,omitempty"` // in the vCPU's store buffer: nobody else sees it yet
	Push     bool   `json:"push,omitempty"`     // the new top of the stack
	Code     string `json:"code,omitempty"`     // a breakpoint byte: "armed" or "disarmed"
}

// Refetched is a byte of code that a vCPU had fetched ahead and fetched anew.
type Refetched struct {
	Addr Hex    `json:"addr"`
	At   string `json:"at"`
	Old  Hex    `json:"old"`
	New  Hex    `json:"new"`
}

// Read is a load of 1 to 8 bytes.
type Read struct {
	Addr  Hex    `json:"addr"`
	At    string `json:"at"`
	Size  int    `json:"size"`
	Value Hex    `json:"value"`
}

// Trap is a vector with what comes with it.
type Trap struct {
	Vector    int    `json:"vector"`
	Name      string `json:"name"`
	Kind      string `json:"kind"` // "software interrupt", "int1", "exception", "external interrupt", "nmi"
	ErrorCode *Hex   `json:"error_code,omitempty"`
	CR2       *Hex   `json:"cr2,omitempty"`
	DR6       Hex    `json:"dr6,omitempty"` // the condition bits
}

// Delivery is the way of a vector through the IDT.
type Delivery struct {
	Trap
	Gate     *Gate       `json:"gate,omitempty"`
	From     int         `json:"from"` // ring before
	To       int         `json:"to"`
	Switched bool        `json:"stack_switched"`
	Frame    []FrameWord `json:"frame,omitempty"` // in the order of pushing
	Nested   []Trap      `json:"nested,omitempty"`
	Shutdown string      `json:"shutdown,omitempty"`
}

// Gate is the IDT entry that a delivery used.
type Gate struct {
	Addr Hex    `json:"addr"`
	At   string `json:"at"`
	Raw  string `json:"raw"` // its bytes, in memory order
	Type string `json:"type"`
	DPL  int    `json:"dpl"`
	CS   Hex    `json:"selector"`
	To   string `json:"to"` // the handler
}

// FrameWord is one pushed word.
type FrameWord struct {
	Addr  Hex    `json:"addr"`
	Name  string `json:"name"`
	Value Hex    `json:"value"`
	Means string `json:"means,omitempty"` // flags by name, or the address by symbol
}

// Micro is a named piece of kernel-side work, or what a line of kernel text in C
// is for: then its instruction is the one that does it.
type Micro struct {
	Name  string `json:"name"`
	In    string `json:"in"`
	Why   string `json:"why"`
	Row   string `json:"row,omitempty"`
	Holds string `json:"waits_for,omitempty"`
}

// Source is the line of C that the instruction is of.
type Source struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
	Code string `json:"code"` // without its comment
}

// Note is something that happened beside the step's own effect.
type Note struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	Row  string `json:"row,omitempty"`
	Addr Hex    `json:"addr,omitempty"`
	Name string `json:"at,omitempty"` // Addr as symbol+offset
}

// Reason says in plain words why the step did what it did.
type Reason struct {
	Text string `json:"text"`
	Row  string `json:"row,omitempty"` // of the semantics checklist
}
