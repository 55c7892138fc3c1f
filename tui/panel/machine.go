package panel

import (
	"fmt"
	"strings"

	"trapline/tui/text"
	"trapline/tui/walk"
)

// Diagram is the state machine of a hit, as the engine has it, with the
// present state of each vCPU lit.
type Diagram struct{ base }

// Title implements Panel.
func (p *Diagram) Title() string { return "A hit, engine " + p.m.Engine }

// State is a box of a diagram.
type State struct {
	Phase walk.Phase
	Name  string
	Does  string
	Side  bool // beside the usual way
}

// States are the boxes of an engine's diagram in the order of a hit.
func States(engine string) []State {
	switch engine {
	case "none":
		return nil
	case "2002":
		return []State{
			{walk.Away, "ARMED", "cc in place", false}, {walk.Trapped, "TRAP", "int3, lock", false},
			{walk.HitActive, "HIT_ACTIVE", "pre_handler", false}, {walk.HitSS, "HIT_SS", "cc out, TF", false},
			{walk.HitSSDone, "REARM", "post, cc in", false}, {walk.Reenter, "REENTERED", "disarmed, lost", true},
		}
	case "2005":
		return []State{
			{walk.Away, "ARMED", "cc stays", false}, {walk.Trapped, "TRAP", "int3, lock", false},
			{walk.HitActive, "HIT_ACTIVE", "pre_handler", false}, {walk.HitSS, "HIT_SS", "steps copy", false},
			{walk.HitSSDone, "RESUME", "fix up, post", false}, {walk.Reenter, "REENTERED", "given up", true},
		}
	}
	return []State{
		{walk.Away, "ARMED", "cc stays", false}, {walk.Trapped, "TRAP", "int3", false},
		{walk.HitActive, "HIT_ACTIVE", "pre_handler", false}, {walk.HitSS, "HIT_SS", "steps copy", false},
		{walk.HitSSDone, "HIT_SSDONE", "post_handler", false}, {walk.Reenter, "REENTER", "nmissed++", true},
	}
}

// stateName is what an engine's diagram calls a phase.
func stateName(engine string, f walk.Phase) string {
	for _, s := range States(engine) {
		if s.Phase == f {
			return s.Name
		}
	}
	return ""
}

// Lines implements Panel.
func (p *Diagram) Lines() []text.Line {
	states := States(p.m.Engine)
	if len(states) == 0 {
		return []text.Line{text.Of(text.Dim, "engine none: no probes, the stock trap handlers")}
	}
	shown := states
	if !p.inside(walk.Reenter) {
		shown = states[:5] // the side state is drawn when it matters
	}
	for _, does := range []bool{true, false} {
		if d := p.boxes(shown, does && (p.h == 0 || p.h >= 4)); d[0].Width() <= p.w {
			if p.h == 0 || p.h > len(d) {
				d = append(d, p.wayBack(d[0].Width()))
			}
			return d
		}
	}
	return p.upright(shown)
}

// inside reports whether some vCPU is in a phase.
func (p *Diagram) inside(f walk.Phase) bool { return len(p.who(f)) > 0 }

// who are the vCPUs in a phase. The box of Away is lit only when nobody is in
// a hit.
func (p *Diagram) who(f walk.Phase) []int {
	var l []int
	for _, c := range p.m.CPUs {
		if c.Phase == f {
			l = append(l, c.ID)
		}
	}
	if f == walk.Away && len(l) < len(p.m.CPUs) {
		return nil
	}
	return l
}

// boxes draws the states side by side, with arrows.
func (p *Diagram) boxes(states []State, does bool) []text.Line {
	rows := 3
	if does {
		rows = 4
	}
	lines := make([]text.Line, rows)
	for i, s := range states {
		if i > 0 {
			arrow(lines, s.Side)
		}
		p.box(lines, s, does)
	}
	return lines
}

func arrow(lines []text.Line, side bool) {
	for j := range lines {
		switch {
		case j == 1 && side:
			lines[j].Add(text.Alarm, "╌▸")
		case j == 1:
			lines[j].Add(text.Dim, "─▸")
		default:
			lines[j].Add(text.Plain, "  ")
		}
	}
}

func (p *Diagram) box(lines []text.Line, s State, does bool) {
	name := s.Name
	who := p.who(s.Phase)
	lit := len(who) > 0
	if lit && len(p.m.CPUs) > 1 && s.Phase != walk.Away {
		for _, c := range who {
			name += fmt.Sprintf(" %d", c)
		}
	}
	w := len(name)
	if does {
		w = max(w, len(s.Does))
	}
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
	lines[1].Add(role, edge[3])
	lines[1].Add(nameRole, center(name, w))
	lines[1].Add(role, edge[3])
	if does {
		lines[2].Add(role, edge[3])
		lines[2].Add(text.Dim, center(s.Does, w))
		lines[2].Add(role, edge[3])
	}
	last := len(lines) - 1
	lines[last].Add(role, edge[4]+bar+edge[5])
}

func center(s string, w int) string {
	left := (w - len(s)) / 2
	return strings.Repeat(" ", left) + s + strings.Repeat(" ", w-len(s)-left)
}

// wayBack is the arrow from the last state to the first.
func (p *Diagram) wayBack(w int) text.Line {
	const label = " the next hit "
	if w < len(label)+8 {
		return nil
	}
	fill := w - len(label) - 6
	return text.Of(text.Dim, "   ▲"+strings.Repeat("─", fill/2)+label+strings.Repeat("─", fill-fill/2-1)+"╯")
}

// upright lists the states one below the other, for narrow panels.
func (p *Diagram) upright(states []State) []text.Line {
	var lines []text.Line
	for _, s := range states {
		var l text.Line
		who := p.who(s.Phase)
		role, mark := text.Plain, " ▾ "
		if len(who) > 0 {
			role, mark = text.Lit, " ▶ "
		}
		l.Add(text.Dim, mark)
		l.Pad(role, s.Name, 11)
		l.Add(text.Dim, " "+s.Does)
		lines = append(lines, l)
	}
	return lines
}
