// Package figure is what pictures of a run are made of, whatever draws them: the
// states and edges of a hit's diagram, the glyphs of a timeline's marks.
package figure

import (
	"strings"

	"trapline/tui/walk"
)

// State is a box of a diagram.
type State struct {
	Phase walk.Phase
	Name  string
	Does  string
	Side  bool // beside the usual way
}

// States are the boxes of an engine's diagram in the order of a hit.
func States(engine string) []State {
	engine, _, _ = strings.Cut(engine, "+") // a variant has the same states
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
	if l := userStates(engine); l != nil {
		return l
	}
	return []State{
		{walk.Away, "ARMED", "cc stays", false}, {walk.Trapped, "TRAP", "int3", false},
		{walk.HitActive, "HIT_ACTIVE", "pre_handler", false}, {walk.HitSS, "HIT_SS", "steps copy", false},
		{walk.HitSSDone, "HIT_SSDONE", "post_handler", false}, {walk.Reenter, "REENTER", "nmissed++", true},
	}
}

// userStates are the boxes of a user probe's hit: enum uprobe_task_state with
// the kernel functions between its states, or what the patches of 2005 do.
func userStates(engine string) []State {
	engine, _, _ = strings.Cut(engine, "+") // a variant has the same states
	switch {
	case engine == "uprobes":
		return []State{
			{walk.Away, "RUNNING", "cc stays", false}, {walk.Trapped, "SWBP", "#BP", false},
			{walk.HitActive, "HANDLERS", "consumers", false}, {walk.Preparing, "SSOUT", "take slot", false},
			{walk.HitSS, "SSTEP", "in slot", false}, {walk.HitSSDone, "SSTEP_ACK", "fix up", false},
			{walk.Emulating, "EMULATE", "no step", true}, {walk.Waiting, "NO SLOT", "waits", true},
			{walk.Faulted, "TRAPPED", "step undone", true}, {walk.Trampoline, "TRAMPOLINE", "returned", true},
		}
	case engine == "uprobes-inline":
		return []State{
			{walk.Away, "ARMED", "cc in", false}, {walk.Trapped, "TRAP", "int3", false},
			{walk.HitActive, "HIT_ACTIVE", "handler", false}, {walk.Preparing, "PREPARE", "cc out", false},
			{walk.HitSS, "HIT_SS", "in place", false}, {walk.HitSSDone, "REARM", "cc in", false},
			{walk.Waiting, "WAITS", "one steps", true}, {walk.Faulted, "FAULT", "step undone", true},
		}
	case strings.HasPrefix(engine, "uprobes-2005"):
		return []State{
			{walk.Away, "ARMED", "cc stays", false}, {walk.Trapped, "TRAP", "int3", false},
			{walk.HitActive, "HIT_ACTIVE", "handler", false}, {walk.Preparing, "PREPARE", "copy", false},
			{walk.HitSS, "HIT_SS", "on stack", false}, {walk.HitSSDone, "RESUME", "eip back", false},
			{walk.Waiting, "WAITS", "one steps", true}, {walk.Faulted, "FAULT", "eip back", true},
		}
	}
	return nil
}
