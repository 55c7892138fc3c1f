package explore

import "context"

// Crew has parts of a search made elsewhere, by others' Members: a search that is
// divided. It may lose tasks, and give a yield twice or late.
type Crew interface {
	// Begin announces the setting of all tasks that follow.
	Begin(context.Context, *Setting) error
	// Put hands a task out.
	Put(context.Context, *Task) error
	// Tell tells which steps need not be taken any more.
	Tell(context.Context, []Claim) error
	// Next waits a moment for a yield; nil: none came.
	Next(context.Context) (*Yield, error)
	// Workers is about how many tasks are made at a time.
	Workers() int
}

// Setting is what the tasks of one round of a search have in common.
type Setting struct {
	Round   int
	Root    Fingerprint // of the state in which the search starts
	Lessons []Lesson    // what is known when the round begins
	Sum     uint64      // of what follows from them
	Told    Asked
	Without Reduction
	Equal   bool   // equal actors are taken for one another
	Depth   uint64 // Bounds.Depth
	Ends    bool   // Options.KeepOutcomes
	// Quota is how many edges a task takes, about; the rest is handed back.
	Quota int
}

// Task is a part of a round: states with actors to run from them, by the
// prefixes of schedules that lead there, which are a tree.
type Task struct {
	Round, ID int
	Level     int  // preemptions
	Judging   bool // see round.beyond
	States    []TaskState
}

// TaskState is a state on the way to others, or one to go on from.
type TaskState struct {
	Parent int // among the task's; the first state is the start
	Actor  int // whose steps lead here from Parent; -1: it is the start
	Steps  uint32
	Hash   Fingerprint
	Names  Renaming // that actors get behind these steps
	// Sets of actors, a bit each.
	Live, Claimed, Waiting, Blocked uint32
	Run                             uint32 // to run from here
}

// Claim says that steps of actors from a state are taken already, or by somebody.
type Claim struct {
	Hash   Fingerprint
	Actors uint32
}

// Yield is what came of a task.
type Yield struct {
	Round, ID  int
	States     []YieldState // the task's own, then new ones
	Edges      []Edge
	Undone     []Rest // of what was to be run
	Now, Next  []Rest // for this level, and for the next one
	Violations []Violated
	Ends       []uint64 // hashes of final states
	Lessons    []Lesson
	Cut        Cut
	Err        string // why the task could not be made
	Unjudged   string // see Summary.Unjudged; the search does not fill it in
}

// YieldState is a state that was reached.
type YieldState struct {
	Hash          Fingerprint
	Live, Blocked uint32
}

// Edge is steps of an actor from one state to another, by their numbers.
type Edge struct {
	From, To uint32
	Actor    int8
	Steps    uint32
	Names    Renaming // that actors get behind them
}

// Rest is actors that were not run from a state.
type Rest struct {
	State  uint32
	Actors uint32
}

// Violated is a violation by steps of an actor from a state.
type Violated struct {
	Violation Violation
	State     uint32
	Actor     int
	Steps     uint32
}
