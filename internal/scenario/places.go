package scenario

import (
	"context"
	"fmt"
	"strings"

	"trapline/internal/sched"
)

// MaxPlaces bounds how many runs of a schedule are told by their places.
const MaxPlaces = 12

// Places tell a schedule of a run by where it leaves each vCPU.
type Places struct {
	List []Left
	More int // runs of the schedule that List has not
	Turn int // runs behind them that are repeated for ever
}

// Left is where a run of a schedule leaves an actor.
type Left struct {
	Actor string `json:"actor"`
	Steps uint64 `json:"steps"`
	// Function is that of kernel text or of the scenario's code where the actor
	// stands, or in direct mode the micro-step that comes next; "": it has no further
	// step, or it is an interrupt.
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"` // of C
	Line     int    `json:"line,omitempty"` // in File
	Code     string `json:"code,omitempty"` // of that line
}

// PlacesOf takes the steps of a schedule and says where they lead. There are
// none where no kernel text runs.
func PlacesOf(ctx context.Context, f *File, o Options, s sched.Schedule) (p Places, err error) {
	if !f.World().HasKernelText() {
		return p, nil
	}
	o.Scheduled = true
	r, err := Open(ctx, f, o)
	if err != nil {
		return p, err
	}
	defer r.Close()
	runs := s.Runs()
	p.Turn = len(s.Turn().Runs())
	p.More = max(0, len(runs)-MaxPlaces)
	for _, x := range runs[:len(runs)-p.More] {
		for range x.Steps {
			if !r.Can(x.Actor) {
				return p, nil // a run of the schedule says so
			}
			r.Step(x.Actor)
			if err := r.ended(ctx); err != nil {
				return p, err
			}
		}
		p.List = append(p.List, r.left(x))
	}
	return p, r.Machine.Err()
}

func (r *Run) left(x sched.Run) Left {
	l := Left{Actor: r.ActorName(x.Actor), Steps: x.Steps}
	if x.Actor >= len(r.Machine.CPUs) || !r.world.Able(x.Actor) {
		return l
	}
	if l.Function = r.world.MicroStep(x.Actor); l.Function != "" {
		return l
	}
	pc := r.Machine.CPUs[x.Actor].LinearPC()
	if line, ok := r.world.LineAt(pc); ok {
		l.Function, l.File, l.Line, l.Code = line.Func, line.File, line.Line, line.Code
		return l
	}
	l.Function = r.names.Addr(pc)
	return l
}

// String is one line: "cpu0 until kprobe_handler:189, cpu1 to its end".
func (p Places) String() string {
	var list []string
	for _, l := range p.List {
		list = append(list, l.text())
	}
	if p.More > 0 {
		list = append(list, fmt.Sprintf("and %d more", p.More))
	}
	if p.Turn > 0 {
		list = append(list, fmt.Sprintf("then %d over and over", p.Turn))
	}
	return strings.Join(list, ", ")
}

func (l Left) text() string {
	switch {
	case l.Line > 0:
		return fmt.Sprintf("%s until %s:%d", l.Actor, cut(l.Function), l.Line)
	case l.Function != "":
		return fmt.Sprintf("%s until %s", l.Actor, cut(l.Function))
	case strings.HasPrefix(l.Actor, "cpu"):
		return l.Actor + " to its end"
	}
	return l.Actor
}

// cut bounds a name in a line of places.
func cut(name string) string {
	const most = 48
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}
