package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Code is the disassembly of what is in memory, around where the vCPU stands:
// a patched byte is shown as patched, the original below it.
type Code struct {
	base
	Breaks map[uint64]bool // addresses with a breakpoint of the viewer's
	rows   []uint64        // address of each line as last shown
}

// Title implements Panel.
func (p *Code) Title() string { return fmt.Sprintf("Code · cpu%d", p.m.CPU) }

// AddrAt is the address of the instruction in line y of the content.
func (p *Code) AddrAt(y int) (uint64, bool) {
	if y += p.scroll; y >= 0 && y < len(p.rows) && p.rows[y] != 0 {
		return p.rows[y], true
	}
	return 0, false
}

// Lines implements Panel: a window that holds the present instruction.
func (p *Code) Lines() []text.Line {
	var lines []text.Line
	p.rows = p.rows[:0]
	here := 0
	add := func(addr uint64, l text.Line) {
		lines = append(lines, l)
		p.rows = append(p.rows, addr)
	}
	for i := range p.m.Code {
		c := &p.m.Code[i]
		if c.Label != "" {
			label := text.Of(text.Place, c.Label+":")
			if c.Copy != "" {
				label.Add(text.Work, " copy of "+c.Copy)
			}
			add(0, label)
		}
		if c.Here {
			here = len(lines)
		}
		add(c.Addr, p.line(c))
		if c.Patched {
			add(0, p.original(c))
		}
	}
	if from := max(0, min(here-p.h/3, len(lines)-p.h)); from > 0 {
		lines, p.rows = lines[from:], p.rows[from:]
	}
	if len(lines) > p.h+p.scroll && p.h > 0 {
		lines, p.rows = lines[:p.h+p.scroll], p.rows[:p.h+p.scroll]
	}
	return lines
}

// textWidth is the least room for an instruction, in cells.
const textWidth = 26

// bytesWidth is the room for an instruction's bytes: five of them, or eight.
func (p *Code) bytesWidth() int {
	if p.w >= wideCode {
		return 23
	}
	return 14
}

// wideCode is the width from which there is room for all.
const wideCode = 60

func (p *Code) line(c *walk.Line) text.Line {
	var l text.Line
	mark, role := "  ", text.Code
	if c.Here {
		mark, role = "▶ ", text.Here
	}
	if p.Breaks[c.Addr] {
		mark = "●" + mark[len(mark)-1:]
		if c.Here {
			mark = "◉ "
		}
	}
	l.Add(text.Alarm, mark)
	l.Pad(text.Dim, offset(c.At), 8)
	l.Add(text.Plain, " ")
	if c.Patched {
		l.Add(text.Alarm, c.Bytes[:2])
		l = append(l, text.Of(text.Dim, c.Bytes[2:]).Fit(p.bytesWidth()-2)...)
		l[len(l)-1].Text += " "
	} else {
		w := p.bytesWidth()
		if c.Micro != "" && p.w < wideCode { // a long name needs the room more
			w = len(c.Bytes)
		}
		l = append(l, text.Of(text.Dim, c.Bytes).Fit(w)...)
		l[len(l)-1].Text += " "
	}
	if c.Patched {
		l.Pad(role, c.Text, 6)
		l.Add(text.Plain, " ")
		l.Add(text.Alarm, "⚑ "+c.Probe)
		return p.also(l, c)
	}
	if c.Micro != "" {
		if !c.Here {
			role = text.Work
		}
		l.Add(role, "* "+c.Micro)
	} else {
		l.Add(role, c.Text)
	}
	if c.Probe != "" {
		l.Add(text.Work, "  ⚐ "+c.Probe+" (out)")
	}
	return p.also(l, c)
}

// also tells which other vCPUs stand at the line.
func (p *Code) also(l text.Line, c *walk.Line) text.Line {
	for _, n := range c.CPUs {
		if n != p.m.CPU {
			l.Add(text.Work, fmt.Sprintf("  ◂cpu%d", n))
		}
	}
	if c.Source != "" {
		source := text.Line{}
		source.Pad(text.Plain, "", 11+p.bytesWidth()+textWidth-l.Width())
		source.Add(text.Dim, "  | "+strings.Join(strings.Fields(c.Source), " "))
		if l.Width()+source.Width() <= p.w { // whole or not at all
			l = append(l, source...)
		}
	}
	return l
}

func (p *Code) original(c *walk.Line) text.Line {
	var l text.Line
	l.Pad(text.Plain, "", 3)
	l.Pad(text.Dim, "was", 8)
	l = append(l, text.Of(text.Dim, c.Original).Fit(p.bytesWidth())...)
	l[len(l)-1].Text += " "
	l.Add(text.Dim, c.OrigText)
	return l
}

// offset is the part of symbol+offset behind the symbol, which a label tells.
func offset(at string) string {
	if i := strings.IndexByte(at, '+'); i >= 0 {
		return " " + at[i:]
	}
	if strings.HasPrefix(at, "0x") {
		return at
	}
	return " +0x0"
}
