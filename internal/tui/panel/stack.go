package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
)

// Stack is the words from the stack pointer up; those of a trap frame have the
// names of struct pt_regs.
type Stack struct{ base }

// Title implements Panel.
func (p *Stack) Title() string { return fmt.Sprintf("Stack · cpu%d", p.m.CPU) }

// trapped reports whether the last step was a trap that went through no gate: a
// program's, whose kernel is Go and has no stack in guest memory.
func (p *Stack) trapped() bool {
	s := p.m.Step
	return s != nil && s.Delivery != nil && s.Delivery.Gate == nil && s.Delivery.Shutdown == "" && s.CPU == p.m.CPU
}

// short reports whether there is no room for addresses: their distance from the
// top stands for them.
func (p *Stack) short(addr string) bool { return p.w < 2*len(addr)+16 }

// fieldWidth is the room for the names of a frame's fields: less where a word's
// meaning would be cut for it.
func (p *Stack) fieldWidth() int {
	const most, least = 9, 7
	for _, w := range p.m.Stack {
		addr := len(w.Addr)
		if p.short(w.Addr) {
			addr = len("+00")
		}
		if w.Field != "" && addr+len(w.Value)+len(w.Means)+most+3 > p.w {
			return least
		}
	}
	return most
}

// Lines implements Panel.
func (p *Stack) Lines() []text.Line {
	var lines []text.Line
	if p.trapped() {
		lines = append(lines, text.Of(text.Trap, "the trap's frame is not in guest memory"))
	}
	trap, signal, fields := "", false, p.fieldWidth()
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
		if p.short(w.Addr) {
			l.Add(text.Dim, fmt.Sprintf("+%02x ", i*len(w.Value)/2))
		} else {
			l.Add(text.Dim, w.Addr+" ")
		}
		l.Add(changed(w.Changed), w.Value)
		l.Add(text.Plain, " ")
		if w.Field != "" {
			l.Pad(text.Work, w.Field, max(fields, len(w.Field)+1))
		}
		l.Add(text.Place, w.Means)
		lines = append(lines, l)
	}
	return lines
}
