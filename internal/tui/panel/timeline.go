package panel

import (
	"fmt"
	"strings"

	"trapline/internal/record"
	"trapline/internal/tui/figure"
	"trapline/internal/tui/text"
)

// Timeline shows all vCPUs over the run: what each did as marks, the present
// moment as a column. It can be scrubbed: see Moment.
type Timeline struct {
	base
	Marks []record.Mark
	Books []uint64 // bookmarks
	Zoom  int      // the span shown is the run's length / 2^Zoom
	// Unmarked is the first step that has no mark for want of room, or 0.
	Unmarked uint64

	key  timelineKey // of cells
	rows [][]record.Kind
}

type timelineKey struct {
	branch, marks, w, zoom int
	end, from              uint64
}

// MaxZoom bounds Zoom.
const MaxZoom = 24

// Title implements Panel.
func (p *Timeline) Title() string {
	s := fmt.Sprintf("Timeline · step %d of %d", p.m.At, p.m.End)
	if p.m.Branch > 0 {
		s += fmt.Sprintf(" · branch %d", p.m.Branch)
	}
	if p.Zoom > 0 {
		s += fmt.Sprintf(" · zoom %d×", 1<<p.Zoom)
	}
	if p.Unmarked > 0 {
		s += fmt.Sprintf(" · no marks from step %d on", p.Unmarked)
	}
	return s
}

// Roles are those of the classes of glyphs.
var Roles = map[string]text.Role{
	"alarm": text.Alarm, "changed": text.Changed, "work": text.Work, "trap": text.Trap, "place": text.Place, "row": text.Row, "code": text.Code,
}

// nameWidth is where the cells begin.
const nameWidth = 5

// window is the span of moments that is shown.
func (p *Timeline) window() (from, span uint64) {
	span = max(p.m.End>>p.Zoom, 8)
	if p.Zoom == 0 || span >= p.m.End {
		return 0, max(p.m.End, 1)
	}
	from = p.m.At - min(p.m.At, span/2)
	return min(from, p.m.End-span), span
}

func (p *Timeline) cells() int { return max(p.w-nameWidth, 1) }

func (p *Timeline) cell(at uint64) int {
	from, span := p.window()
	if at < from || at > from+span {
		return -1
	}
	return int((at - from) * uint64(p.cells()-1) / span)
}

// Moment is the moment at column x of the panel.
func (p *Timeline) Moment(x int) uint64 {
	from, span := p.window()
	x = min(max(x-nameWidth, 0), p.cells()-1)
	n := uint64(max(p.cells()-1, 1))
	return min(from+(uint64(x)*span+n/2)/n, p.m.End)
}

// Lines implements Panel: a line for each vCPU, then the ruler.
func (p *Timeline) Lines() []text.Line {
	p.fill()
	now := p.cell(p.m.At)
	var lines []text.Line
	for i := range p.m.CPUs {
		var l text.Line
		role := text.Dim
		if i == p.m.CPU {
			role = text.Code
		}
		l.Pad(role, fmt.Sprintf("cpu%d", i), nameWidth)
		for x, k := range p.rows[i] {
			g, role := glyph(k)
			if x == now {
				if g == "─" {
					g = "┃"
				}
				role = text.Here
			}
			l.Add(role, g)
		}
		lines = append(lines, join(l))
	}
	lines = append(lines, p.ruler(now))
	if p.h > len(lines) {
		lines = append(lines, p.legend())
	}
	return lines
}

func glyph(k record.Kind) (string, text.Role) {
	for _, g := range figure.Glyphs {
		if k&g.Kind != 0 {
			return g.Glyph, Roles[g.Class]
		}
	}
	return "─", text.Dim
}

// join puts neighbouring spans of a role together, so that a row is few spans.
func join(l text.Line) text.Line {
	var out text.Line
	for _, s := range l {
		if n := len(out); n > 0 && out[n-1].Role == s.Role {
			out[n-1].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

// legend names the glyphs.
func (p *Timeline) legend() text.Line {
	var l text.Line
	l.Pad(text.Plain, "", nameWidth)
	for _, g := range figure.GlyphsOf(p.Marks, p.m.World) {
		l.Add(Roles[g.Class], g.Glyph)
		l.Add(text.Dim, " "+g.Name+"  ")
	}
	return l
}

// fill sorts the marks into cells, unless that was done already.
func (p *Timeline) fill() {
	from, _ := p.window()
	k := timelineKey{p.m.Branch, len(p.Marks), p.w, p.Zoom, p.m.End, from}
	if k == p.key && len(p.rows) == len(p.m.CPUs) {
		return
	}
	p.key = k
	p.rows = make([][]record.Kind, len(p.m.CPUs))
	for i := range p.rows {
		p.rows[i] = make([]record.Kind, p.cells())
	}
	for _, m := range p.Marks {
		if x := p.cell(m.At); x >= 0 && int(m.CPU) < len(p.rows) {
			p.rows[m.CPU][x] |= m.Kind
		}
	}
}

// ruler has the ends of the window, the bookmarks and the present moment.
func (p *Timeline) ruler(now int) text.Line {
	from, span := p.window()
	cells := []rune(strings.Repeat(" ", p.cells()))
	put := func(x int, s string) {
		for i, r := range s {
			if x+i >= 0 && x+i < len(cells) {
				cells[x+i] = r
			}
		}
	}
	start, end := fmt.Sprint(from), fmt.Sprint(from+span)
	put(0, start)
	put(len(cells)-len(end), end)
	for _, b := range p.Books {
		if x := p.cell(b); x >= 0 {
			cells[x] = '▴'
		}
	}
	if now >= 0 {
		s := fmt.Sprint(p.m.At)
		x := min(max(now-len(s)/2, 0), len(cells)-len(s))
		// A number that is half covered would be another one.
		if x <= len(start) {
			put(0, strings.Repeat(" ", len(start)))
		}
		if x+len(s) >= len(cells)-len(end) {
			put(len(cells)-len(end), strings.Repeat(" ", len(end)))
		}
		put(x-1, " "+s+" ")
	}
	var l text.Line
	l.Pad(text.Plain, "", nameWidth)
	l.Add(text.Dim, string(cells))
	return l
}
