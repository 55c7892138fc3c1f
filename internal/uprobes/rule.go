package uprobes

import "trapline/internal/events"

// Rule is why uprobes refuse an instruction (U4).
type Rule uint8

// Rules, in the order in which the kernel comes to them.
const (
	Accepted     Rule = iota // none: it can be probed
	IsBreakpoint             // an int3 stands there
	Undecodable              // the kernel's decoder knows no such instruction
	BadPrefix                // a segment override of es, cs, ss or ds, or lock
	LoadsSS                  // mov to ss, behind which traps wait for an instruction (P7)
	BadOpcode                // its first opcode byte is not in the table of the program's width (U15)
	NarrowBranch             // a branch with an operand-size prefix, on which Intel and AMD differ (U10)
	rules
)

var ruleTexts = [rules]struct {
	errno     events.Errno
	row, text string
}{
	Accepted:     {0, "", "accepted"},
	IsBreakpoint: {events.ENOTSUPP, "U4", "a breakpoint instruction (int3) stands there already"},
	Undecodable:  {events.ENOEXEC, "U4", "the bytes are no instruction that the kernel's decoder knows"},
	BadPrefix:    {events.ENOTSUPP, "U4", "it has a prefix that uprobes do not take: lock, or a segment override other than fs and gs"},
	LoadsSS:      {events.ENOTSUPP, "U4", "it loads ss, which holds off the trap behind the copy"},
	BadOpcode:    {events.ENOTSUPP, "U4", "its first opcode byte is not among those that uprobes take"},
	NarrowBranch: {events.ENOTSUPP, "U10", "it is a branch with an operand-size prefix, on which Intel and AMD differ"},
}

// Errno is the kernel's answer when a process maps the place: 0, ENOEXEC or ENOTSUPP (U16).
func (r Rule) Errno() events.Errno { return ruleTexts[r].errno }

// Row is the rule's row of the semantics checklist; "" of Accepted.
func (r Rule) Row() string { return ruleTexts[r].row }

// String is the rule as a clause of a sentence on the instruction.
func (r Rule) String() string { return ruleTexts[r].text }
