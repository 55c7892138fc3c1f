package live

import (
	"cmp"
	"context"
	"time"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// DefaultSeconds bounds a search that names no time.
const DefaultSeconds = 60

// maxMemory bounds what a search keeps: a page has 4 GB at most, and a phone less.
const maxMemory = 512 << 20

// search looks for a schedule that violates something.
func (m *Machine) search(ctx context.Context, q *Request, a *Answer) error {
	o := explore.Options{Bounds: explore.Bounds{Memory: maxMemory}, Progress: func(p explore.Progress) {
		rest()
		m.answer(&Answer{ID: a.ID, Progress: &Progress{Schedules: p.Schedules, States: p.States, Steps: p.Steps, Done: p.Done}})
	}}
	if q.Preemptions > 0 {
		o.Bounds.Preemptions = explore.AtMost(q.Preemptions)
	}
	x, err := scenario.Search{
		Engine: m.Walk.Run.Engine(), Strategy: scenario.Strategy(q.Strategy), Time: time.Duration(cmp.Or(q.Seconds, DefaultSeconds)) * time.Second, Options: o,
	}.Do(ctx, m.File)
	if err != nil {
		return err
	}
	d := &SearchDone{Verdict: x.Verdict().String(), Exhausted: x.Exhausted}
	if x.Found != nil {
		d.Found, d.Violated = true, x.Violations
		if !x.Untold() {
			d.Schedule = x.Schedule()
		}
	}
	a.Search = d
	return nil
}

// rest lets messages in and progress out, where nothing else does.
func rest() { time.Sleep(time.Millisecond) }
