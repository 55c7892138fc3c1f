package props

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// End is how a run ended, as far as the probed code and its user can tell. Two
// runs ended alike if their Ends have the same Hash.
type End struct {
	Arch   x86.Arch
	Stop   Stop       // of a program; zero: each task has its own
	Output string     // of a program, both streams in the order of its writes
	Tasks  []TaskEnd  // by vCPU, or by thread
	Memory []Contents // ascending by address

	// ReadsClock: code has read a clock on the way, which the probes' own work
	// moves. It does not tell ends apart.
	ReadsClock bool
}

// Stop is how a task or a program came to its end.
type Stop struct {
	Kind   StopKind
	Number int    // Exited: the status; Killed: the signal; Oopsed: the vector
	Text   string // for people: it does not tell ends apart, but for StoppedElse
}

// StopKind classifies Stops.
type StopKind uint8

// Kinds of Stops.
const (
	StopNone    StopKind = iota // it still runs, or its end is told by its registers
	Exited                      // in good order
	Halted                      // hlt
	Killed                      // by a signal
	Oopsed                      // an exception in kernel mode that nobody claimed
	Waits                       // every thread waits for another
	StoppedElse                 // as Text says
)

// TaskEnd is what one task or thread left.
type TaskEnd struct {
	ID        int // of the vCPU or thread: ascending
	Who       string
	Stop      Stop
	Signals   uint64     // delivered to it: a bit for each number
	Registers *Registers // nil: nobody can look at them
}

// Registers are a task's at its own end.
type Registers struct {
	GPR     [16]uint64
	IP      uint64 // 0: in the kernel
	Flags   uint64 // those of flagsCompared
	Segment [6]Segment
	FPU     uint64 // hash of x87 and SSE state
}

// Segment is a segment register.
type Segment struct{ Selector, Base uint64 }

// Contents is memory from Addr on. Bytes that do not count are 0.
type Contents struct {
	Space int // the process whose memory it is; 0: the machine's
	Addr  uint64
	Bytes []byte
}

// flagsCompared leaves out RF and what no instruction reads.
const flagsCompared = x86.FlagsStatus | x86.TF | x86.IF | x86.DF | x86.NT | x86.AC

// NewRegisters takes what is compared of a vCPU's registers.
func NewRegisters(c *emu.Core, ip, fpu uint64) *Registers {
	r := &Registers{GPR: c.GPR, IP: ip, Flags: c.RFLAGS & flagsCompared, FPU: fpu}
	for i := range r.Segment {
		r.Segment[i] = Segment{uint64(c.Seg[i].Sel), c.Seg[i].Base}
	}
	return r
}

// Hash tells ends apart by all that counts.
func (e *End) Hash() uint64 {
	var h emu.Hasher
	e.Stop.hash(&h)
	h.String(e.Output)
	h.Uint64(uint64(len(e.Tasks)))
	for i := range e.Tasks {
		t := &e.Tasks[i]
		h.Uint64(uint64(t.ID))
		h.Uint64(t.Signals)
		t.Stop.hash(&h)
		t.Registers.Hash(&h)
	}
	for _, m := range e.Memory {
		h.Uint64(uint64(m.Space))
		h.Uint64(m.Addr)
		h.Bytes(m.Bytes)
	}
	return h.Sum()
}

func (s *Stop) hash(h *emu.Hasher) {
	h.Uint64(uint64(s.Kind)<<32 | uint64(uint32(s.Number)))
	if s.Kind == StoppedElse {
		h.String(s.Text)
	}
}

func (s *Stop) same(o *Stop) bool {
	return s.Kind == o.Kind && s.Number == o.Number && (s.Kind != StoppedElse || s.Text == o.Text)
}

// Hash feeds the registers to h; r may be nil.
func (r *Registers) Hash(h *emu.Hasher) {
	if h.Bool(r != nil); r == nil {
		return
	}
	for _, v := range r.GPR {
		h.Uint64(v)
	}
	h.Uint64(r.IP)
	h.Uint64(r.Flags)
	for _, s := range r.Segment {
		h.Uint64(s.Selector)
		h.Uint64(s.Base)
	}
	h.Uint64(r.FPU)
}

// Difference describes the first difference from an end without probes, or
// gives "". far grows with the part of the ends that is equal before it. name
// names an address.
func (e *End) Difference(plain *End, name func(uint64) string) (what string, far int) {
	aspects := []func(*End, func(uint64) string) string{
		e.stopDiffers, e.outputDiffers, e.tasksDiffer, e.signalsDiffer, e.registersDiffer, e.memoryDiffers,
	}
	for i, c := range aspects {
		if what = c(plain, name); what != "" {
			return what, i
		}
	}
	return "", len(aspects)
}

func (e *End) stopDiffers(plain *End, _ func(uint64) string) string {
	if !e.Stop.same(&plain.Stop) {
		return fmt.Sprintf("%s, without probes %s", e.Stop.Text, plain.Stop.Text)
	}
	return ""
}

func (e *End) outputDiffers(plain *End, _ func(uint64) string) string {
	if e.Output != plain.Output {
		return fmt.Sprintf("the output is %q, without probes %q", e.Output, plain.Output)
	}
	return ""
}

// tasksDiffer compares which tasks left something, and how they stopped.
func (e *End) tasksDiffer(plain *End, _ func(uint64) string) string {
	for i := range max(len(e.Tasks), len(plain.Tasks)) {
		switch {
		case i >= len(plain.Tasks), i < len(e.Tasks) && e.Tasks[i].ID < plain.Tasks[i].ID:
			return e.Tasks[i].Who + " came to its end, without probes it did not"
		case i >= len(e.Tasks), e.Tasks[i].ID > plain.Tasks[i].ID:
			return plain.Tasks[i].Who + " did not come to its end, without probes it did"
		}
		if a, b := &e.Tasks[i].Stop, &plain.Tasks[i].Stop; !a.same(b) {
			return fmt.Sprintf("%s: %s, without probes %s", e.Tasks[i].Who, a.Text, b.Text)
		}
	}
	return ""
}

func (e *End) signalsDiffer(plain *End, _ func(uint64) string) string {
	for i := range e.Tasks {
		if a, b := e.Tasks[i].Signals, plain.Tasks[i].Signals; a != b {
			return fmt.Sprintf("%s got %s, without probes %s", e.Tasks[i].Who, signalNames(a), signalNames(b))
		}
	}
	return ""
}

// registersDiffer compares the registers of all tasks.
func (e *End) registersDiffer(plain *End, name func(uint64) string) string {
	for i := range e.Tasks {
		t := &e.Tasks[i]
		d := t.Registers.difference(plain.Tasks[i].Registers, e.Arch, name)
		if d == "" {
			continue
		}
		if len(e.Tasks) > 1 || e.Stop.Kind == StopNone {
			return t.Who + ": " + d
		}
		return d
	}
	return ""
}

func (r *Registers) difference(plain *Registers, a x86.Arch, name func(uint64) string) string {
	switch {
	case r == nil && plain == nil:
		return ""
	case plain == nil:
		return "ended by itself, without probes another task ended it"
	case r == nil:
		return "was ended by another task, without probes it ended by itself"
	}
	for i := range a.Regs() {
		if x, y := r.GPR[i], plain.GPR[i]; x != y {
			return fmt.Sprintf("%s is %#x, without probes %#x", x86.Reg(i).Name(a), x, y)
		}
	}
	switch {
	case r.Flags != plain.Flags:
		return fmt.Sprintf("flags are %s, without probes %s", x86.FormatFlags(r.Flags), x86.FormatFlags(plain.Flags))
	case r.IP != plain.IP:
		return fmt.Sprintf("the end came at %s, without probes at %s", name(r.IP), name(plain.IP))
	case r.Segment != plain.Segment:
		return fmt.Sprintf("segment registers are %x, without probes %x", r.Segment, plain.Segment)
	case r.FPU != plain.FPU:
		return "x87 or SSE registers differ from those without probes"
	}
	return ""
}

// memoryDiffers names the first byte. Memory that one end does not have is 0.
func (e *End) memoryDiffers(plain *End, name func(uint64) string) string {
	a, b := e.Memory, plain.Memory
	for len(a) > 0 || len(b) > 0 {
		var x, y Contents
		var n int
		if n = before(a, b); n <= 0 {
			x, a = a[0], a[1:]
		}
		if n >= 0 {
			y, b = b[0], b[1:]
		}
		for i := range max(len(x.Bytes), len(y.Bytes)) {
			if p, q := byteOf(x.Bytes, i), byteOf(y.Bytes, i); p != q {
				of := ""
				if space := max(x.Space, y.Space); len(e.Memory) > 0 && space != e.Memory[0].Space {
					of = fmt.Sprintf(" of process %d", space)
				}
				return fmt.Sprintf("the byte at %s%s is %02x, without probes %02x", name(max(x.Addr, y.Addr)+uint64(i)), of, p, q)
			}
		}
	}
	return ""
}

// before compares the places of the first of a and of b; an empty list's is
// behind all.
func before(a, b []Contents) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return cmp.Or(cmp.Compare(a[0].Space, b[0].Space), cmp.Compare(a[0].Addr, b[0].Addr))
}

func byteOf(b []byte, i int) byte {
	if i < len(b) {
		return b[i]
	}
	return 0
}

// signalNames lists the signals of a set.
func signalNames(set uint64) string {
	var names []string
	for n := range 64 {
		if set>>n&1 != 0 {
			names = append(names, abi.SignalName(n))
		}
	}
	if names == nil {
		return "no signal"
	}
	return strings.Join(names, ", ")
}
