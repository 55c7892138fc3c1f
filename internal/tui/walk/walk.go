// Package walk is a scenario on a timeline, and what a viewer shows of each
// moment as plain data: the terminal UI, the exported page and the quizzes are
// all made from it. It prints nothing.
package walk

import (
	"context"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/scenario/programworld"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// Walk is an open scenario. Not safe for several goroutines.
type Walk struct {
	*record.Timeline
	Run *scenario.Run

	names  story.Names // a copy: which frames are on the stacks is trail's
	trail  trail
	runner *runner
	world  world
	source []string // lines of text.S
	lines  loader.LineMap
	micros map[uint64]string // micro-steps by address, as far as they have run
	texts  map[codeText]string
}

// Options of a walk.
type Options struct {
	scenario.Options
	// Record is how many steps are recorded ahead, so that the timeline shows
	// what is to come.
	Record uint64
	// Marks bounds the marks of a line; 0: record.MaxMarks.
	Marks int
}

// DefaultRecord is a second's worth of steps.
const DefaultRecord = 500_000

// Open puts a scenario at its first moment.
func Open(ctx context.Context, f *scenario.File, o Options) (*Walk, error) {
	so := o.Options
	so.Scheduled = true // interrupts can be moved about
	r, err := scenario.Open(ctx, f, so)
	if err != nil {
		return nil, err
	}
	w := &Walk{Run: r, runner: &runner{Run: r}, names: *r.Names(), micros: map[uint64]string{}, texts: map[codeText]string{}}
	w.trail = trail{w: w}
	r.Visit(
		func(k *kernelworld.World) { w.world = newKernelSide(w, k) },
		func(p *programworld.World) { w.world = newProgramSide(w, p) },
	)
	w.readSource()
	r.Machine.AddPart(&w.trail)
	w.Timeline = record.New(r.Machine, w.runner, record.Options{Observe: w.trail.observe, Mark: w.kindOf, Actors: r.Actors(), Changes: MaxChanges, Marks: o.Marks})
	if err := w.Record(ctx, o.Record); err != nil {
		r.Close()
		return nil, err
	}
	return w, nil
}

// Close frees the machine.
func (w *Walk) Close() { w.Run.Close() }

// readSource pairs addresses with lines of text.S, where the scenario has a
// listing of it.
func (w *Walk) readSource() {
	f := w.Run.File
	if f.Source == nil || f.Listing == nil {
		return
	}
	img, _, err := loader.ReadListing([]byte(f.Listing.Text))
	if err != nil {
		return
	}
	w.source, w.lines = strings.Split(f.Source.Text, "\n"), img.Lines
}

// Kinds of steps that a timeline marks.
const (
	Trap      record.Kind = 1 << iota // a vector was delivered
	Hit                               // a probe's hit begins
	Stepped                           // the delivery was a single step's #DB
	Wait                              // a vCPU spins
	LockMoved                         // a lock was taken or released
	Patched                           // a breakpoint was written or taken out
	Missed                            // a probed instruction ran unseen
	Violated                          // a property is violated from here on
	Noted                             // anything else with a note: signal, oops, log
	Handler                           // a probe's handler runs
	Fired                             // an event of the trace
	Signal                            // a signal is sent or taken
	Switch                            // a vCPU gets another thread, or none
	Call                              // a system call
)

// noteHit is the note of a probe's hit.
const noteHit = "hit"

// maxMicros bounds the places of micro-steps that are remembered.
const maxMicros = 1024

// kindOf judges a step that was just made, after trail has seen it.
func (w *Walk) kindOf(ev *emu.Event) record.Kind {
	k := w.world.kind(ev)
	if ev.Delivery != nil {
		k |= Trap
		if t := ev.Delivery.Trap; t.Vector == x86.VecDB && t.DR6&emu.DR6BS != 0 {
			k |= Stepped
		}
	}
	if ev.Kind == emu.StepSpin {
		k |= Wait
	}
	if ev.Micro != nil && (ev.Micro.Work == emu.WorkHandler || ev.Micro.Work == emu.WorkReturn) {
		k |= Handler
	}
	for _, n := range ev.Notes {
		switch n.Kind {
		case noteHit:
			k |= Hit
		case tracekprobe.NoteEvent:
			k |= Fired
		default:
			k |= noteKind(n.Kind)
		}
	}
	for i := range ev.Writes {
		if w.patches(ev, &ev.Writes[i]) {
			k |= Patched
		}
	}
	if w.trail.missed {
		k |= Missed
	}
	if v := w.Run.Violations(); len(v) > 0 && v[len(v)-1].Step == w.Run.Steps() {
		k |= Violated
	}
	return k
}

// patches reports whether a store put a breakpoint somewhere, or took one out.
func (w *Walk) patches(ev *emu.Event, x *emu.MemWrite) bool {
	return ev.Micro != nil && x.Size == 1 && x.Old != x.New && (x.New == x86.Int3 || x.Old == x86.Int3) && w.world.probed(x.Addr)
}
