package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/picture"
	"trapline/internal/sched"
	"trapline/internal/story"
)

// MaxDrawn bounds the lines of a sequence diagram.
const MaxDrawn = 200

// Drawing collects a run's events for a sequence diagram: traps, hits and
// notes, and an arrow wherever a vCPU uses what another one wrote last.
type Drawing struct {
	run     *Run
	teller  story.Teller
	written map[cell]int // by whom last: an index of steps
	steps   []drawnStep
	arrows  map[arrow]bool
	told    int // violations
}

// cell is a byte of physical memory.
type cell struct {
	frame  emu.Frame
	offset uint64
}

// drawnStep is what the diagram may say of a step.
type drawnStep struct {
	cpu   int
	text  string // of the step itself
	tells []picture.Item
	from  []source
}

// source is what a step uses of another vCPU's earlier one.
type source struct {
	step int
	text string
}

// arrow is a step and a vCPU that has used what it wrote: drawn once.
type arrow struct{ step, cpu int }

// Draw begins a drawing of a run that has not begun.
func (r *Run) Draw() *Drawing {
	return &Drawing{run: r, teller: story.Teller{Level: story.Quiet}, written: map[cell]int{}, arrows: map[arrow]bool{}}
}

// See takes the run's next event.
func (d *Drawing) See(ev *emu.Event) {
	rec := d.run.Names().Describe(ev)
	n := len(d.steps)
	step := drawnStep{cpu: ev.CPU, text: stepText(rec)}
	space := d.run.Machine.CPUs[ev.CPU].Space
	for i := range ev.Reads {
		d.uses(&step, space, ev.Reads[i].Addr, int(ev.Reads[i].Size))
	}
	if ev.Kind == emu.StepInstruction {
		d.uses(&step, space, ev.PC, len(ev.Bytes))
	}
	for i := range ev.Writes { // each comes behind another's
		d.uses(&step, space, ev.Writes[i].Addr, int(ev.Writes[i].Size))
	}
	for i := range ev.Writes {
		w := &ev.Writes[i]
		for k := range uint64(w.Size) {
			if c, ok := cellAt(space, w.Addr+k); ok && byte(w.Old>>(8*k)) != byte(w.New>>(8*k)) {
				d.written[c] = n
			}
		}
	}
	for _, l := range d.teller.Tell(rec) {
		if text := strings.TrimSpace(strings.TrimPrefix(l.String(), fmt.Sprintf("cpu%d", ev.CPU))); text != "" {
			step.tells = append(step.tells, picture.Item{From: ev.CPU, To: ev.CPU, Text: text})
		}
	}
	for _, v := range d.run.Violations()[d.told:] {
		step.tells = append(step.tells, picture.Item{From: ev.CPU, To: ev.CPU, Text: "VIOLATED " + v.String(), Alarm: true})
		d.told++
	}
	d.steps = append(d.steps, step)
}

func cellAt(space *emu.Space, addr uint64) (cell, bool) {
	e, ok := space.Lookup(addr)
	return cell{e.Frame, addr % emu.PageSize}, ok
}

// uses notes the step of another vCPU that wrote a byte of some last.
func (d *Drawing) uses(step *drawnStep, space *emu.Space, addr uint64, size int) {
	for k := range uint64(size) {
		c, ok := cellAt(space, addr+k)
		if !ok {
			continue
		}
		by, ok := d.written[c]
		if !ok || d.steps[by].cpu == step.cpu || d.arrows[arrow{by, step.cpu}] {
			continue
		}
		d.arrows[arrow{by, step.cpu}] = true
		step.from = append(step.from, source{by, d.run.Names().Addr(addr)})
	}
}

// stepText is a step in a few words.
func stepText(r *story.Record) string {
	switch {
	case r.Micro != nil:
		return r.Micro.In + ": " + r.Micro.Name
	case r.Kind == "instruction":
		return r.Text + " at " + r.At
	}
	return ""
}

// Sequence is the diagram of what was seen, and reports whether MaxDrawn left
// something out of it, which the diagram then says.
func (d *Drawing) Sequence(title string) *picture.Sequence {
	s := &picture.Sequence{Title: title}
	for _, c := range d.run.Machine.CPUs {
		s.Actors = append(s.Actors, fmt.Sprintf("cpu%d", c.ID))
	}
	matters := make([]bool, len(d.steps))
	for i := range d.steps {
		for _, f := range d.steps[i].from {
			matters[i], matters[f.step] = true, true
		}
	}
	for i := range d.steps {
		step := &d.steps[i]
		for _, f := range step.from {
			s.Items = append(s.Items, picture.Item{From: d.steps[f.step].cpu, To: step.cpu, Text: f.text})
		}
		if matters[i] && len(step.tells) == 0 && step.text != "" {
			s.Items = append(s.Items, picture.Item{From: step.cpu, To: step.cpu, Text: step.text})
		}
		s.Items = append(s.Items, step.tells...)
	}
	if n := len(s.Items); n > MaxDrawn {
		s.Items = append(s.Items[:MaxDrawn:MaxDrawn], picture.Item{Text: fmt.Sprintf("%d more lines are not drawn", n-MaxDrawn)})
	}
	return s
}

// Choices runs, for each switch of a schedule, what would come of another
// actor's going on there, in turns behind it, and gives the tree of them.
func Choices(ctx context.Context, f *File, o Options, schedule sched.Schedule) (*picture.Tree, error) {
	t := &picture.Tree{Title: f.Title()}
	var before sched.Schedule
	for _, run := range schedule.Runs() {
		list, r, err := runnableAfter(ctx, f, o, before)
		if err != nil {
			return nil, err
		}
		b := picture.Branch{Text: fmt.Sprintf("%s: %s", r.ActorName(run.Actor), steps(run.Steps))}
		for _, actor := range list {
			if actor == run.Actor {
				continue
			}
			other := before.Clone()
			other.Append(actor, 1)
			end, alarm, err := endOf(ctx, f, o, other)
			if err != nil {
				r.Close()
				return nil, err
			}
			b.Otherwise = append(b.Otherwise, picture.Other{Text: r.ActorName(actor) + " instead", End: end, Alarm: alarm})
		}
		r.Close()
		t.Runs = append(t.Runs, b)
		before.Append(run.Actor, run.Steps)
	}
	end, _, err := endOf(ctx, f, o, schedule)
	t.End = end
	return t, err
}

func steps(n uint64) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// runnableAfter lists who can go on behind a schedule.
func runnableAfter(ctx context.Context, f *File, o Options, s sched.Schedule) ([]int, *Run, error) {
	r, err := Open(ctx, f, o)
	if err != nil {
		return nil, nil, err
	}
	replay := sched.NewReplay(s)
	replay.Strict = true
	if err := r.Follow(ctx, replay, nil); err != nil && !errors.Is(err, ErrSchedule) {
		r.Close()
		return nil, nil, err
	}
	return r.runnable(false), r, nil
}

// endOf is what a run of a schedule comes to.
func endOf(ctx context.Context, f *File, o Options, s sched.Schedule) (text string, violated bool, err error) {
	r, err := Open(ctx, f, o)
	if err != nil {
		return "", false, err
	}
	defer r.Close()
	if err := r.Follow(ctx, sched.NewReplay(s), nil); err != nil {
		return "", false, err
	}
	if list := r.Violations(); len(list) > 0 {
		return "violates " + violationsText(list), true, nil
	}
	return "then in turns: holds", false, nil
}
