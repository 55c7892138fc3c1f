package scenarios

import (
	"context"
	"fmt"
	"sync"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
)

// baseline holds every end that a scenario can have without probes: on one
// vCPU there is one, on several perhaps more. It is made when it is first
// asked and may be asked by several systems of a search.
type baseline struct {
	mu   sync.Mutex
	run  *Run
	ends []*emu.Snapshot
	err  error
	made bool
}

// MaxBaseline bounds the states in which the ends are looked for.
const MaxBaseline = 1 << 18

// compare describes how the end of r differs from the first end of the
// baseline, or gives "" if it is equal to any.
func (b *baseline) compare(r *Run) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.made {
		b.made = true
		b.err = b.make(r.File)
	}
	if b.err != nil {
		return "", b.err
	}
	first := ""
	for i, end := range b.ends {
		b.run.Machine.Restore(end)
		d := r.world.difference(b.run)
		if d == "" {
			return "", nil
		}
		if i == 0 {
			first = d
		}
	}
	return first, nil
}

// make opens the run without probes and finds its ends.
func (b *baseline) make(f *File) error {
	ctx := context.Background() // bounded by the file's steps, or by MaxBaseline
	var err error
	if b.run, err = Open(ctx, f, b.options()); err != nil {
		return err
	}
	return b.run.world.compareWith(ctx, b)
}

func (b *baseline) options() Options {
	return Options{Engine: kprobes.EngineNone, WithoutProbes: true, base: b}
}

// makeOne is for a run that has one end.
func (b *baseline) makeOne(ctx context.Context) error {
	err := b.run.Finish(ctx, nil)
	b.ends = append(b.ends, b.run.Machine.Snapshot())
	return err
}

// search finds the ends that the schedules have.
func (b *baseline) search(ctx context.Context, f *File) error {
	r, err := explore.Search(ctx, func() (explore.System, error) {
		r, err := Open(ctx, f, b.options())
		if err != nil {
			return nil, err
		}
		return r.world.system(), nil
	}, explore.Options{
		Bounds: explore.Bounds{States: MaxBaseline},
		AtEnd:  func(s explore.System) { b.ends = append(b.ends, s.(*explore.Machine).M.Snapshot()) },
	})
	if err != nil {
		return err
	}
	if !r.Exhausted || r.Found != nil {
		return fmt.Errorf("the ends without probes are too many to know: %v", r.Verdict())
	}
	return nil
}

func (b *baseline) close() {
	if b.run != nil {
		b.run.Close()
	}
}
