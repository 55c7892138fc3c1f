package explore

import (
	"context"

	"trapline/internal/sched"
)

// Enumerate is the rig enumerate, and Enumeration its result.
var Enumerate func(ctx context.Context, sys System, limit uint64) *Enumeration

type Enumeration struct {
	Complete   bool
	Executions uint64
	Steps      uint64
	Outcomes   map[uint64]uint64
	Violations map[string]uint64
	Found      *sched.Schedule
}

// What tests outside the package use of toys.
type Toy = toy

var (
	DrawToy   = drawToy
	DrawLoops = drawLoops
	NewToy    = newToy
	Incr      = incr
	Keepers   = keepers
)

func (t *toy) Factory() (System, error) { return t.factory() }
func (t *toy) SetScratch(on bool)       { t.scratch = on }

// EndsWrong makes an end with a value in the first variable violate something.
func (t *toy) EndsWrong(property string, value int) {
	t.ends, t.never = property, func(s *toyState) bool { return s.vars[0] == value }
}
