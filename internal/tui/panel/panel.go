// Package panel has the panels of the terminal UI, one a file. A panel shows a
// walk.Moment in the cells that it was given and knows nothing of the others.
package panel

import (
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Panel is one panel.
type Panel interface {
	// Title is its name, with what it shows now.
	Title() string
	// SetSize gives it w by h cells, its title line not among them.
	SetSize(w, h int)
	// Size is what it was given.
	Size() (w, h int)
	// Show gives it the moment to show.
	Show(*walk.Moment)
	// Lines is its content: as many lines as it has, each at any width.
	Lines() []text.Line
	// Scroll moves the content by n lines.
	Scroll(n int)
	// Offset is how far it was scrolled.
	Offset() int
}

// base is what every panel has.
type base struct {
	w, h   int
	scroll int
	m      *walk.Moment
}

func (b *base) SetSize(w, h int)    { b.w, b.h = w, h }
func (b *base) Size() (int, int)    { return b.w, b.h }
func (b *base) Show(m *walk.Moment) { b.m = m }
func (b *base) Scroll(n int)        { b.scroll = max(0, b.scroll+n) }
func (b *base) Offset() int         { return b.scroll }

// View is a panel's content in exactly its size.
func View(p Panel) []text.Line {
	w, h := p.Size()
	lines := p.Lines()
	if over := p.Offset() - max(0, len(lines)-h); over > 0 {
		p.Scroll(-over)
	}
	return text.Block(lines[min(p.Offset(), len(lines)):], w, h)
}

func changed(yes bool) text.Role {
	if yes {
		return text.Changed
	}
	return text.Plain
}
