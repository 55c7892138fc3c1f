package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"trapline/internal/emu"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// Options are how searches are made.
type Options struct {
	Jobs   int           // searches at a time; each has one worker
	Time   time.Duration // of each search; 0: the file's
	Memory int           // bytes of the process; 0: explore.DefaultMemory
	Needed func() int    // see explore.Options
	Clock  func() time.Duration
}

// HeadOf is the first line of the file of a part of a sweep.
func HeadOf(jobs []Job, s Shard) Head {
	keys := make([]Key, len(jobs))
	for i := range jobs {
		keys[i] = jobs[i].Key
	}
	h := Head{Type: "sweep", V: Version, Searches: len(jobs), Plan: planSum(keys)}
	if s.N > 1 {
		h.Shard, h.Shards = s.K, s.N
	}
	return h
}

// planSum is the checksum of a plan's keys, in their order.
func planSum(keys []Key) string {
	parts := make([][]byte, len(keys))
	for i, k := range keys {
		parts[i] = k.ID()
	}
	return sched.ChecksumOf(parts...).String()
}

// Run makes the searches of jobs that done has not, and gives each result to
// emit, one at a time, as it comes. It ends at the first error of a search or of emit.
func Run(ctx context.Context, jobs []Job, done []Result, o Options, emit func(Result) error) error {
	have := make(map[Key]bool, len(done))
	for _, r := range done {
		have[r.Key] = true
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *Job)
	var wg sync.WaitGroup
	var one sync.Mutex
	for range max(o.Jobs, 1) {
		wg.Go(func() {
			for j := range queue {
				r, err := j.Do(ctx, o)
				if err == nil {
					one.Lock()
					err = emit(r)
					one.Unlock()
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	files := map[*scenario.File]*scenario.File{}
	for _, j := range jobs {
		if have[j.Key] {
			continue
		}
		if files[j.File] == nil {
			files[j.File] = j.File.Assembled(ctx)
		}
		j.File = files[j.File]
		select {
		case queue <- &j:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}

// Do makes the search.
func (j *Job) Do(ctx context.Context, o Options) (Result, error) {
	r := Result{Type: "search", V: Version, Key: j.Key}
	s, err := j.search()
	if err != nil {
		return r, fmt.Errorf("%v: %w", j.Key, err)
	}
	if s.Time = o.Time; s.Time == 0 {
		s.Time = j.File.Machine.Time
	}
	s.Bounds.Memory, s.Needed = o.Memory, o.Needed
	var start time.Duration
	if o.Clock != nil {
		start = o.Clock()
	}
	x, err := s.Do(ctx, j.File)
	if errors.Is(err, scenario.ErrNotPossible) {
		r.Outcome, r.Text = Impossible, err.Error()
		return r, nil
	}
	if err == nil {
		err = emu.Ended(ctx) // what is known is not all
	}
	if err != nil {
		return r, fmt.Errorf("%v: %w", j.Key, err)
	}
	if o.Clock != nil {
		r.Seconds = (o.Clock() - start).Seconds()
	}
	v := x.Verdict()
	r.Verdict, r.Schedules, r.States, r.Steps = v.String(), x.Schedules, x.States, x.Steps
	switch {
	case x.Found != nil:
		r.Outcome, r.Property, r.Row, r.Text, r.Schedule = Violated, x.Violation.Property, x.Violation.Row, x.Violation.Text, x.Schedule()
		r.Places = x.Places.String()
		r.Expected = j.File.Expects(j.Engine, x)
	case v.Exhausted:
		r.Outcome = Holds
	default:
		r.Outcome = Undecided
	}
	return r, nil
}
