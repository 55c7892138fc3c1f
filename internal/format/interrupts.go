package format

import "trapline/internal/x86"

// Interrupt is an external interrupt that one vCPU gets once.
//
//	( "timer" | "reschedule" | "call_function" | "nmi" ) "cpu" N [ "at" EXPR ]
//
// With a place it is raised when that vCPU is first about to run the
// instruction there. Without one the schedule says when: an actor of its own,
// numbered behind the vCPUs in the file's order; a run without a schedule
// raises it after its first step.
type Interrupt struct {
	Kind string
	CPU  int
	At   *Expr // nil: anywhere
	Pos  Pos
}

// Vectors are the interrupts by name, as the kernel's IDT has them.
var Vectors = map[string]x86.Vector{"timer": 0x20, "call_function": 0xfb, "reschedule": 0xfc, "nmi": x86.VecNMI}

var interruptKinds = []string{"timer", "reschedule", "call_function", "nmi"}

// MaxInterrupts bounds the interrupts of a scenario.
const MaxInterrupts = 8

func (f *File) parseInterrupts(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		in, err := parseInterrupt(&words{line: l})
		if err != nil {
			return err
		}
		if len(f.Interrupts) == MaxInterrupts {
			return in.Pos.errorAt("at most 8", "too many interrupts")
		}
		f.Interrupts = append(f.Interrupts, in)
	}
	return nil
}

func parseInterrupt(w *words) (in Interrupt, err error) {
	in.Pos = w.line.at(0)
	if in.Kind, err = w.choice("interrupt", interruptKinds); err != nil {
		return in, err
	}
	if err = w.keyword("cpu"); err != nil {
		return in, err
	}
	if in.CPU, err = w.integer("a cpu", 0, 7); err != nil {
		return in, err
	}
	if _, more := w.peek(); !more {
		return in, nil
	}
	if err = w.keyword("at"); err != nil {
		return in, err
	}
	at, err := w.rest("an address")
	in.At = &at
	return in, err
}
