package figure

import (
	"trapline/internal/engines"
	"trapline/internal/record"
	"trapline/internal/tui/walk"
)

// Words are what windows call the things of a world.
type Words struct {
	Locks  string // title of who has what others wait for
	NoLock string // instead of a list of them
	Lock   string // one of them
	Log    string // title of what was printed

	legend record.Kind // marks that its legend always names
}

// words are those of each world. Kernel code has no marks of programs, whose
// legend would be too long with all.
var words = map[engines.World]Words{
	engines.Kernel:  {"Locks", "no lock on this engine's hit path", "lock", "Log of the handlers", ^(walk.Signal | walk.Call | walk.Switch)},
	engines.Program: {"Slots", "no slot is taken", "slot", "Output of the program, log", 0},
}

// WordsOf are the words of a world.
func WordsOf(w engines.World) Words { return words[w] }
