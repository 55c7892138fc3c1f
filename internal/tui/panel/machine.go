package panel

import (
	"fmt"
	"strings"

	"trapline/internal/engines"
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Diagram is the state machine of a hit, as the engine has it, with the
// present state of each vCPU lit.
type Diagram struct{ base }

// Title implements Panel.
func (p *Diagram) Title() string { return "A hit, engine " + p.m.Engine + p.awaited() }

// awaited tells how many instances of return probes are out: calls that come back
// through the trampoline. Of a program's threads the probes have no bound of their own.
func (p *Diagram) awaited() string {
	s := ""
	for _, x := range p.m.Awaited {
		if len(x.To) > 0 {
			s += fmt.Sprintf(" · %s awaits %d of %d", x.Probe, len(x.To), x.Most)
		}
	}
	for _, x := range p.m.InHits {
		if x.Await > 0 {
			s += fmt.Sprintf(" · %d awaits %d", x.ID, x.Await)
		}
	}
	return s
}

// instances draws the instances of each return probe, those that are out with where
// their calls return to.
func (p *Diagram) instances() []text.Line {
	var lines []text.Line
	for _, x := range p.m.Awaited {
		l := text.Of(text.Dim, "    returns of ")
		l.Add(text.Code, x.Probe+" ")
		l.Add(text.Work, strings.Repeat("▣", len(x.To)))
		l.Add(text.Dim, strings.Repeat("□", min(max(x.Most-len(x.To), 0), maxFree)))
		for _, to := range x.To {
			l.Add(text.Place, "  to "+to)
		}
		lines = append(lines, l)
	}
	return lines
}

// maxFree bounds the free instances that are drawn.
const maxFree = 16

// stateName is what an engine's diagram calls a phase.
func stateName(engine string, f walk.Phase) string {
	for _, s := range engines.Of(engine).States {
		if s.Phase == f {
			return s.Name
		}
	}
	return ""
}

// Lines implements Panel: boxes side by side as large as there is room for,
// else all names in one line, else one below the other.
func (p *Diagram) Lines() []text.Line {
	states := engines.Of(p.m.Engine).States
	if len(states) == 0 {
		return []text.Line{text.Of(text.Dim, "engine "+p.m.Engine+": no probes, the stock trap handlers")}
	}
	shown := p.shown(states)
	for _, does := range []bool{true, false} {
		if least := 3 + bit(does); p.h > 0 && p.h < least {
			continue
		}
		if d, _ := p.boxes(shown, does, 0); d[0].Width() <= p.w {
			d, middles := p.boxes(shown, does, p.spread(len(shown), d[0].Width()))
			if p.h == 0 || p.h > len(d) {
				d = append(d, p.wayBack(shown, middles))
			}
			for _, l := range p.instances() {
				if p.h == 0 || p.h > len(d) {
					d = append(d, l)
				}
			}
			return d
		}
	}
	if p.h >= len(shown) {
		return p.upright(shown)
	}
	return p.inALine(shown)
}

// shown leaves out the side states that nobody is in.
func (p *Diagram) shown(states []engines.State) []engines.State {
	var l []engines.State
	for _, s := range states {
		if !s.Side || p.inside(s.Phase) {
			l = append(l, s)
		}
	}
	return l
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// maxSpread is how much wider than its words a box gets, in cells.
const maxSpread = 10

// spread is how much wider each of n boxes may be than in a diagram of w cells.
func (p *Diagram) spread(n, w int) int { return min(max((p.w-w)/n, 0), maxSpread) }

// inside reports whether some vCPU is in a phase.
func (p *Diagram) inside(f walk.Phase) bool { return len(p.who(f)) > 0 }

// who are the vCPUs, or of a program the threads, in a phase: also that of the
// hit which another one is inside of. The box of Away is lit only when nobody
// is in a hit.
func (p *Diagram) who(f walk.Phase) []int {
	var l []int
	for i := range p.m.InHits {
		if x := &p.m.InHits[i]; x.Phase == f || nested(x) && x.Outer == f {
			l = append(l, x.ID)
		}
	}
	if f == walk.Away && len(l) < len(p.m.InHits) {
		return nil
	}
	return l
}

// nested reports whether x is in a hit inside a hit.
func nested(x *walk.InHit) bool { return x.Phase == walk.Reenter }

// boxes draws the states side by side, with arrows, each by some cells wider
// than its words, and tells in which column the middle of each box is.
func (p *Diagram) boxes(states []engines.State, does bool, wider int) (lines []text.Line, middles []int) {
	rows := 3
	switch {
	case does && p.h >= 7: // room enough to be seen from afar
		rows = 6
	case does:
		rows = 4
	}
	lines = make([]text.Line, rows)
	for i, s := range states {
		if i > 0 {
			p.arrow(lines, states[i-1], s)
		}
		from := lines[0].Width()
		p.box(lines, s, does, wider)
		middles = append(middles, (from+lines[0].Width()-1)/2)
		if out := p.onward(s); out != "" {
			between(lines, text.Alarm, out)
		}
	}
	return lines, middles
}

// arrow leads to a state: from the one before it, or, beside the usual way,
// from those that it is named after.
func (p *Diagram) arrow(lines []text.Line, before, s engines.State) {
	switch {
	case s.Side:
		between(lines, text.Alarm, "  "+p.from(s))
	case before.Phase != walk.Away && p.has(s.Phase, before.Phase):
		between(lines, text.Dim, "◂▸")
	default:
		between(lines, text.Dim, "─▸")
	}
}

// between writes beside the names.
func between(lines []text.Line, role text.Role, s string) {
	gap := strings.Repeat(" ", text.Of(role, s).Width())
	for j := range lines {
		if j == nameRow(lines) {
			lines[j].Add(role, s)
		} else {
			lines[j].Add(text.Plain, gap)
		}
	}
}

func (p *Diagram) box(lines []text.Line, s engines.State, does bool, wider int) {
	name, lit := p.named(s)
	w := len(name)
	if does {
		w = max(w, len(s.Does))
	}
	w += wider
	edge, role := [6]string{"╭", "─", "╮", "│", "╰", "╯"}, text.Dim
	if lit {
		edge, role = [6]string{"┏", "━", "┓", "┃", "┗", "┛"}, text.Work
	}
	nameRole := text.Code
	if lit {
		nameRole = text.Lit
	}
	bar := strings.Repeat(edge[1], w)
	lines[0].Add(role, edge[0]+bar+edge[2])
	for i := 1; i < len(lines)-1; i++ {
		lines[i].Add(role, edge[3])
		switch at := nameRow(lines); {
		case i == at:
			lines[i].Add(nameRole, center(name, w))
		case i == at+1 && does:
			lines[i].Add(text.Dim, center(s.Does, w))
		default:
			lines[i].Add(text.Plain, center("", w))
		}
		lines[i].Add(role, edge[3])
	}
	last := len(lines) - 1
	lines[last].Add(role, edge[4]+bar+edge[5])
}

// named is a state's name with the vCPUs that are in it, where there are
// several, and whether there is any.
func (p *Diagram) named(s engines.State) (name string, lit bool) {
	name = s.Name
	who := p.who(s.Phase)
	if len(p.m.InHits) > 1 && s.Phase != walk.Away {
		for _, c := range who {
			name += fmt.Sprintf(" %d", c)
		}
	}
	return name, len(who) > 0
}

// nameRow is where the names stand in boxes of so many lines.
func nameRow(box []text.Line) int { return (len(box) - 1) / 2 }

func center(s string, w int) string {
	left := (w - len(s)) / 2
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", w-len(s)-left)
}

// wayBack is the line to the first state from all that lead there.
func (p *Diagram) wayBack(states []engines.State, middles []int) text.Line {
	const label = " the next hit "
	var from []int
	for i, s := range states {
		if i > 0 && p.has(s.Phase, states[0].Phase) {
			from = append(from, middles[i])
		}
	}
	if len(from) == 0 {
		return nil
	}
	cells := []rune(strings.Repeat(" ", middles[0]) + "▲")
	at, longest, end := middles[0], 0, 0 // the longest part without a joint, and its last column
	for _, next := range from {
		if next-at > longest {
			longest, end = next-at, next
		}
		cells = append(cells, []rune(strings.Repeat("─", next-at-1)+"┴")...)
		at = next
	}
	cells[len(cells)-1] = '╯'
	if room := longest - 1 - len(label); room >= 2 {
		copy(cells[end-longest+1+room/2:], []rune(label))
	}
	return text.Of(text.Dim, string(cells))
}

// upright lists the states one below the other, for narrow panels.
func (p *Diagram) upright(states []engines.State) []text.Line {
	var lines []text.Line
	w := 0
	for _, s := range states {
		name, _ := p.named(s)
		w = max(w, len(name))
	}
	for _, s := range states {
		var l text.Line
		name, lit := p.named(s)
		role, mark := text.Plain, " ▾ "
		if lit {
			role, mark = text.Lit, " ▶ "
		}
		l.Add(text.Dim, mark)
		l.Pad(role, name, w)
		if s.Side {
			l.Add(text.Alarm, "  "+p.from(s))
		}
		l.Add(text.Dim, "  "+s.Does)
		lines = append(lines, l)
	}
	return lines
}

// inALine has the names in one line, those at the start left out where there
// is no room, and below it what the states with a vCPU do.
func (p *Diagram) inALine(states []engines.State) []text.Line {
	var does text.Line
	for _, s := range states {
		if name, lit := p.named(s); lit {
			does.Add(text.Work, name)
			does.Add(text.Dim, ": "+s.Does+"  ")
		}
	}
	for from := range states {
		var l text.Line
		for i, s := range states[from:] {
			switch {
			case s.Side:
				l.Add(text.Alarm, "  "+p.from(s))
			case i > 0:
				l.Add(text.Dim, "▸")
			case from > 0:
				l.Add(text.Dim, text.Cut+"▸")
			}
			name, lit := p.named(s)
			role := text.Plain
			if lit {
				role = text.Lit
			}
			l.Add(role, name)
		}
		if l.Width() <= p.w {
			return []text.Line{l, does}
		}
	}
	return []text.Line{does}
}
