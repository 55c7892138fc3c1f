package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
)

// Registers are the general registers and EFLAGS by name, with what the last
// step changed.
type Registers struct{ base }

// Title implements Panel.
func (p *Registers) Title() string {
	s := fmt.Sprintf("Registers · cpu%d", p.m.CPU)
	if c := p.m.CPU; c < len(p.m.CPUs) && p.m.CPUs[c].Ring < 0 {
		s += ", no thread"
	}
	return s
}

// Lines implements Panel.
func (p *Registers) Lines() []text.Line {
	var lines []text.Line
	var flags text.Line
	flags.Add(text.Dim, "flags ")
	for _, f := range p.m.Flags {
		switch {
		case f.Changed && f.Set:
			flags.Add(text.Changed, "+"+f.Name)
		case f.Changed:
			flags.Add(text.Changed, "-"+f.Name)
		case f.Set:
			flags.Add(text.Code, f.Name)
		case p.w > 46:
			flags.Add(text.Dim, lower(f.Name))
		default:
			continue
		}
		flags.Add(text.Plain, " ")
	}
	columns := 1
	if len(p.m.Regs) > 9 && p.w >= 44 || p.h > 0 && len(p.m.Regs)+2 > p.h && p.w >= 30 {
		columns = 2
	}
	width := p.w / columns
	rows := (len(p.m.Regs) + columns - 1) / columns
	for i := range rows {
		var l text.Line
		for j := range columns {
			if k := i + j*rows; k < len(p.m.Regs) {
				l = append(l, p.reg(k, width-1).Fit(width-1)...)
				l.Add(text.Plain, " ")
			}
		}
		lines = append(lines, l)
	}
	lines = append(lines, flags)
	if c := p.m.CPU; c < len(p.m.CPUs) && p.m.CPUs[c].Ring >= 0 {
		lines = append(lines, text.Of(text.Dim, fmt.Sprintf("ring  %d", p.m.CPUs[c].Ring)))
	}
	return lines
}

// reg is a register in w cells: what it points to, or what it was, where that
// fits.
func (p *Registers) reg(i, w int) text.Line {
	r := p.m.Regs[i]
	var l text.Line
	l.Pad(text.Dim, r.Name, 4)
	l.Add(changed(r.Changed), short64(r.Value, w-4))
	switch {
	case r.Means != "" && w-l.Width() > 2:
		l.Add(text.Place, " "+r.Means)
	case r.Changed && l.Width()+len(" was ")+len(trim(r.Old)) <= w:
		l.Add(text.Dim, " was "+trim(r.Old))
	}
	return l
}

// short64 is a value in w cells: without leading zeros where it has too many
// digits, then without its first ones.
func short64(hex string, w int) string {
	if len(hex) <= w || w < 2 {
		return hex
	}
	if hex = trim(hex); len(hex) > w {
		return text.Cut + hex[len(hex)-w+1:]
	}
	return strings.Repeat(" ", w-len(hex)) + hex
}

// trim drops leading zeros.
func trim(hex string) string {
	for len(hex) > 1 && hex[0] == '0' {
		hex = hex[1:]
	}
	return hex
}

func lower(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] |= 0x20
	}
	return string(b)
}
