package panel

import (
	"fmt"
	"strings"

	"trapline/tui/text"
)

// Stack is the words from the stack pointer up; those of a trap frame have the
// names of struct pt_regs.
type Stack struct{ base }

// Title implements Panel.
func (p *Stack) Title() string { return fmt.Sprintf("Stack · cpu%d", p.m.CPU) }

// trapped reports whether the last step was a trap of a program, whose kernel
// is Go and has no stack in guest memory.
func (p *Stack) trapped() bool {
	return p.m.Program != nil && p.m.Step != nil && p.m.Step.Delivery != nil && p.m.Step.CPU == p.m.CPU
}

// Lines implements Panel.
func (p *Stack) Lines() []text.Line {
	var lines []text.Line
	if p.trapped() {
		lines = append(lines, text.Of(text.Trap, "the trap's frame is not in guest memory"))
	}
	trap, signal := "", false
	for i, w := range p.m.Stack {
		if w.Trap != trap && w.Trap != "" {
			short, _, _ := strings.Cut(w.Trap, " ")
			lines = append(lines, text.Of(text.Trap, "┌ struct pt_regs of "+short))
		}
		if w.Signal && !signal {
			lines = append(lines, text.Of(text.Trap, "┌ struct rt_sigframe"))
		}
		trap, signal = w.Trap, w.Signal
		var l text.Line
		switch {
		case w.Top:
			l.Add(text.Alarm, "▸")
		case w.Field != "" || w.Signal:
			l.Add(text.Trap, "│")
		default:
			l.Add(text.Plain, " ")
		}
		if p.w < 2*len(w.Addr)+16 { // no room for addresses: the distance from the top
			l.Add(text.Dim, fmt.Sprintf("+%02x ", i*len(w.Value)/2))
		} else {
			l.Add(text.Dim, w.Addr+" ")
		}
		l.Add(changed(w.Changed), w.Value)
		l.Add(text.Plain, " ")
		if w.Field != "" {
			l.Pad(text.Work, w.Field, 9)
		}
		l.Add(text.Place, w.Means)
		lines = append(lines, l)
	}
	return lines
}
