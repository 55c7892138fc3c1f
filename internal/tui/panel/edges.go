package panel

import (
	"slices"
	"strings"

	"trapline/internal/engines"
	"trapline/internal/tui/walk"
)

// has reports whether the engine has a way from one state to another.
func (p *Diagram) has(from, to walk.Phase) bool {
	return slices.Contains(engines.Of(p.m.Engine).Edges(), engines.Edge{From: from, To: to})
}

// from is the arrow to a state beside the usual way, with the names of the
// states that it comes from: of a hit inside a hit, where the outer one is.
// It has two heads if the way back is there too.
func (p *Diagram) from(s engines.State) string {
	var names []string
	back := true
	for _, x := range engines.Of(p.m.Engine).States {
		if !p.has(x.Phase, s.Phase) || s.Phase == walk.Reenter && !p.outside(x.Phase) {
			continue
		}
		names = append(names, x.Name)
		back = back && x.Phase != walk.Away && p.has(s.Phase, x.Phase)
	}
	arrow := "╌▸"
	if back {
		arrow = "◂╌▸"
	}
	return strings.Join(names, "/") + arrow
}

// outside reports whether a hit in a phase has another one inside.
func (p *Diagram) outside(f walk.Phase) bool {
	return slices.ContainsFunc(p.m.InHits, func(x walk.InHit) bool { return nested(&x) && x.Outer == f })
}

// onward is the arrow from a state beside the usual way to those that it does
// not come from; the line below leads to the first one.
func (p *Diagram) onward(s engines.State) string {
	if !s.Side {
		return ""
	}
	var names []string
	for _, x := range engines.Of(p.m.Engine).States {
		if x.Phase != walk.Away && x.Phase != walk.Reenter && s.Phase != walk.Reenter && p.has(s.Phase, x.Phase) && !p.has(x.Phase, s.Phase) {
			names = append(names, x.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "╌▸" + strings.Join(names, "/")
}
