package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

// Run has the searches of jobs that done has not made by workers, and gives
// each result to emit once. A run that is ended, or killed, goes on where it
// was: what workers have found in the meantime lies on the server. idle is
// called now and then with the number of workers there are.
func (q *Queue) Run(ctx context.Context, jobs []sweep.Job, done []sweep.Result, o sweep.Options, emit func(sweep.Result) error, idle func(workers int)) error {
	missing := make(map[sweep.Key]bool, len(jobs))
	for _, j := range jobs {
		missing[j.Key] = true
	}
	for _, r := range done {
		delete(missing, r.Key)
	}
	r := &run{Queue: q, id: runID(jobs, o), files: map[*scenario.File]string{}}
	for i := range jobs {
		if !missing[jobs[i].Key] {
			continue
		}
		if err := r.add(ctx, &jobs[i], o); err != nil {
			return fmt.Errorf("queue: %w", err)
		}
	}
	last := "0"
	for len(missing) > 0 {
		list, err := q.db.XRead(ctx, &redis.XReadArgs{Streams: []string{r.key("results"), last}, Block: block, Count: 100}).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return fmt.Errorf("queue: %w", err)
		}
		idle(q.workers(ctx))
		for _, s := range list {
			for _, m := range s.Messages {
				last = m.ID
				var x sweep.Result
				if err := decode(m, &x); err != nil {
					return fmt.Errorf("queue: %w", err)
				}
				if !missing[x.Key] {
					continue // it was delivered twice
				}
				delete(missing, x.Key)
				if err := emit(x); err != nil {
					return err
				}
			}
		}
	}
	return q.db.Del(ctx, r.key("run"), r.key("added"), r.key("results")).Err()
}

// run is one sweep on the server.
type run struct {
	*Queue
	id    string
	files map[*scenario.File]string
}

// runID tells runs apart: the same searches made in the same way are one run,
// whoever asks for them.
func runID(jobs []sweep.Job, o sweep.Options) string {
	var b []byte
	for _, j := range jobs {
		b = append(b, j.ID()...)
	}
	return sumOf(fmt.Appendf(b, "%v %d", o.Time, o.Memory))[:32]
}

func (r *run) key(kind string) string { return prefix + kind + ":" + r.id }

// add puts a search into the stream, unless an earlier part of the run has.
func (r *run) add(ctx context.Context, j *sweep.Job, o sweep.Options) error {
	sum, err := r.file(ctx, j.File)
	if err != nil {
		return err
	}
	if err := r.db.Set(ctx, r.key("run"), 1, keep).Err(); err != nil {
		return err
	}
	member := string(j.ID())
	there, err := r.db.SIsMember(ctx, r.key("added"), member).Result()
	if err != nil || there {
		return err
	}
	// A kill between the two makes the search twice, never lost.
	pipe := r.db.Pipeline()
	pipe.XAdd(ctx, entry(r.jobs, job{Run: r.id, File: sum, Key: j.Key, Time: o.Time, Memory: o.Memory}))
	pipe.SAdd(ctx, r.key("added"), member)
	pipe.Expire(ctx, r.key("added"), keep)
	_, err = pipe.Exec(ctx)
	return err
}

// file puts a scenario onto the server, once.
func (r *run) file(ctx context.Context, f *scenario.File) (string, error) {
	if sum, ok := r.files[f]; ok {
		return sum, nil
	}
	data, err := pack(ctx, f)
	if err != nil {
		return "", err
	}
	sum := sumOf(data)
	r.files[f] = sum
	return sum, r.db.Set(ctx, prefix+"file:"+sum, data, keep).Err()
}

// workers counts those that have looked for work lately.
func (q *Queue) workers(ctx context.Context) int {
	list, err := q.db.XInfoConsumers(ctx, q.jobs, group).Result()
	if err != nil {
		return 0
	}
	n := 0
	for _, c := range list {
		if c.Idle < lately {
			n++
		}
	}
	return n
}

const lately = 10 * time.Second
