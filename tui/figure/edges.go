package figure

import (
	"slices"
	"strings"

	"trapline/tui/walk"
)

// Edge is a way from one state of a diagram to another.
type Edge struct {
	From walk.Phase `json:"from"`
	To   walk.Phase `json:"to"`
}

func ways(from walk.Phase, to ...walk.Phase) []Edge {
	var l []Edge
	for _, t := range to {
		l = append(l, Edge{from, t})
	}
	return l
}

// edges are the ways that runs take, by engine: a test compares them with the
// runs.
var edges = map[string][]Edge{
	"2002": slices.Concat(
		ways(walk.Away, walk.Trapped),
		ways(walk.Trapped, walk.HitActive, walk.Away), // no probe's
		ways(walk.HitActive, walk.HitSS, walk.Reenter),
		ways(walk.HitSS, walk.HitSSDone, walk.Reenter,
			walk.HitActive, // a hit while the lock that another gave back is free
			walk.Away),     // the step faulted
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Reenter, walk.HitActive, walk.HitSS),
	),
	"2005": slices.Concat(
		ways(walk.Away, walk.Trapped),
		ways(walk.Trapped, walk.HitActive, walk.Away),
		ways(walk.HitActive, walk.HitSS, walk.Reenter, walk.Away), // the trampoline's handler
		ways(walk.HitSS, walk.HitSSDone, walk.Reenter, walk.Away),
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Reenter, walk.HitActive, walk.Away),
	),
	"modern": slices.Concat(
		ways(walk.Away, walk.Trapped),
		ways(walk.Trapped, walk.HitActive, walk.Away),
		ways(walk.HitActive, walk.HitSS, walk.Reenter, walk.Away), // boosted
		ways(walk.HitSS, walk.HitSSDone, walk.Reenter, walk.Away),
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Reenter, walk.HitActive),
	),
	"uprobes": slices.Concat(
		ways(walk.Away, walk.Trapped, walk.Trampoline),
		ways(walk.Trapped, walk.HitActive),
		ways(walk.HitActive, walk.Preparing, walk.Emulating),
		ways(walk.Preparing, walk.HitSS),
		ways(walk.HitSS, walk.HitSSDone, walk.Faulted),
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Emulating, walk.Away, walk.Waiting), // a push that faults is stepped
		ways(walk.Waiting, walk.HitSS),
		ways(walk.Faulted, walk.Away),
		ways(walk.Trampoline, walk.Away),
	),
	"uprobes-inline": slices.Concat(
		ways(walk.Away, walk.Trapped),
		ways(walk.Trapped, walk.HitActive),
		ways(walk.HitActive, walk.Preparing, walk.Waiting),
		ways(walk.Preparing, walk.HitSS, walk.Waiting),
		ways(walk.Waiting, walk.Preparing),
		ways(walk.HitSS, walk.HitSSDone, walk.Faulted),
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Faulted, walk.Away),
	),
	"uprobes-2005": slices.Concat(
		ways(walk.Away, walk.Trapped),
		ways(walk.Trapped, walk.HitActive),
		ways(walk.HitActive, walk.Preparing, walk.Waiting),
		ways(walk.Preparing, walk.HitSS, walk.Waiting, walk.Away), // no room on the stack
		ways(walk.Waiting, walk.Preparing),
		ways(walk.HitSS, walk.HitSSDone, walk.Faulted),
		ways(walk.HitSSDone, walk.Away),
		ways(walk.Faulted, walk.Away),
	),
}

// Edges are the ways of an engine's diagram; those of its variants are among
// them.
func Edges(engine string) []Edge {
	engine, _, _ = strings.Cut(engine, "+")
	if engine == "uprobes-2005-coded" {
		engine = "uprobes-2005"
	}
	return edges[engine]
}
