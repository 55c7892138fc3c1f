package scenario

import (
	"context"
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
)

// baseline finds the ends that a scenario can have without probes, for
// transparency: a props.Finder. It is shared by the systems of a search.
type baseline struct {
	ctx  context.Context
	file *File
	ref  *props.Reference
	// threads is how many threads a program had at once in the run of One.
	threads int
	// Bound on memory: see explore.Options.
	memory int
	needed func() int
}

// baselineShare is how much of a bound on memory the search for the ends without
// probes may take, so that the search that asks for them can go on.
const baselineShare = 0.6

func newBaseline(ctx context.Context, f *File) *baseline {
	b := &baseline{ctx: ctx, file: f}
	b.ref = props.NewReference(b)
	return b
}

// MaxBaseline bounds the states in which the ends are looked for. The
// scenario's own bound on time counts too.
const MaxBaseline = 1 << 18

// errCut is why an unprobed run gave no end.
var errCut = errors.New("the run without probes met a bound")

// One runs the scenario without probes, the vCPUs taking turns.
func (b *baseline) One(add func(*props.End)) (only bool, err error) {
	ctx, cancel := context.WithTimeout(b.ctx, b.file.Machine.Time)
	defer cancel()
	r, err := Open(ctx, b.file, b.options())
	if err != nil {
		return true, err
	}
	defer r.Close()
	err = r.Finish(ctx, func(*emu.Event) { b.threads = max(b.threads, r.world.ThreadCount()) })
	switch {
	case err != nil:
	case r.state.cut:
		err = fmt.Errorf("%w: %s", errCut, r.Done())
	default:
		if e := r.end(); e != nil {
			add(e)
		}
	}
	return r.world.OneOrder(b.threads), err
}

// All searches every schedule. A program gets a vCPU for each of its threads:
// a timer may take its vCPU from one at any time.
func (b *baseline) All(add func(*props.End)) error {
	ctx, cancel := context.WithTimeout(b.ctx, b.file.Machine.Time)
	defer cancel()
	o := b.options()
	o.Direct = true
	if b.threads > emu.MaxCPUs {
		return fmt.Errorf("the ends without probes of %d threads are not looked for: at most %d", b.threads, emu.MaxCPUs)
	}
	if b.threads > 0 {
		o.cpus = max(b.threads, b.file.Machine.CPUs)
	}
	runs := map[explore.System]*Run{}
	return props.FindEnds(ctx, func() (explore.System, error) {
		r, err := Open(ctx, b.file, o)
		if err != nil {
			return nil, err
		}
		s := r.system()
		runs[s] = r
		return s, nil
	}, explore.Options{Bounds: explore.Bounds{States: MaxBaseline, Memory: b.memory}, Needed: b.needed}, func(s explore.System) *props.End {
		return runs[s].end()
	}, add)
}

func (b *baseline) options() Options {
	return Options{Engine: engines.Without().Name, WithoutProbes: true, base: b}
}

// transparency is the property that a run ends as the same scenario can on a
// stock kernel without probes (S4).
func (r *Run) transparency() explore.Property {
	return props.NewTransparency(r.base.ref, r.end, r.names.Addr)
}

// end is how the run ended; nil: it did not come to an end that can be judged.
func (r *Run) end() *props.End {
	if d := r.state.done; d == endDeadlock || d == endLivelock || r.state.cut {
		return nil
	}
	e := r.world.End()
	if e != nil {
		e.ReadsClock = r.Machine.ReadClock()
	}
	return e
}
