package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

// Worker makes searches that lie in a queue.
type Worker struct {
	Name   string        // tells it from all others
	Idle   time.Duration // it ends when nothing has come for so long; 0: never
	Memory int           // bytes of the process; 0: as the run says
	Needed func() int    // see explore.Options
	Clock  func() time.Duration
	// Lease is how long a search stays with a worker that gives no sign of life;
	// 0: DefaultLease.
	Lease time.Duration
	// Tell is called with each result, if it is set.
	Tell func(sweep.Result)
}

// DefaultLease is the time after which a search of a dead worker is taken over.
const DefaultLease = 15 * time.Second

// MaxDeliveries bounds how many workers may die over one search.
const MaxDeliveries = 5

// Work makes searches, n at a time, until the context ends or nothing has come for w.Idle.
func (q *Queue) Work(ctx context.Context, n int, w Worker) error {
	if w.Lease == 0 {
		w.Lease = DefaultLease
	}
	files := &fileCache{q: q, files: map[string]*scenario.File{}}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			x := &working{Queue: q, Worker: w, consumer: fmt.Sprintf("%s-%d", w.Name, i), files: files}
			if err := x.loop(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// working is one consumer of the group.
type working struct {
	*Queue
	Worker
	consumer string
	files    *fileCache
	part     *membership // or nil
}

func (w *working) loop(ctx context.Context) error {
	defer w.db.XGroupDelConsumer(context.WithoutCancel(ctx), w.jobs, group, w.consumer)
	defer w.leave()
	last := w.Clock()
	for ctx.Err() == nil {
		m, err := w.next(ctx)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("queue: %w", err)
		}
		if m != nil {
			if err := w.take(ctx, *m); err != nil && ctx.Err() == nil {
				return err
			}
			last = w.Clock()
		} else if w.Idle > 0 && w.Clock()-last >= w.Idle {
			return nil
		}
	}
	return nil
}

// next is a search whose worker died, else a new one; nil: there is none.
func (w *working) next(ctx context.Context) (*redis.XMessage, error) {
	old, _, err := w.db.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: w.jobs, Group: group, Consumer: w.consumer, MinIdle: w.Lease, Start: "0-0", Count: 1,
	}).Result()
	if err != nil || len(old) > 0 {
		if len(old) > 0 {
			return &old[0], nil
		}
		return nil, err
	}
	list, err := w.db.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: w.consumer, Streams: []string{w.jobs, ">"}, Count: 1, Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil || len(list) == 0 || len(list[0].Messages) == 0 {
		return nil, err
	}
	return &list[0].Messages[0], nil
}

// take makes a search and hands its result in.
func (w *working) take(ctx context.Context, m redis.XMessage) error {
	var j job
	var result *sweep.Result
	if err := decode(m, &j); err == nil {
		if j.Part != nil {
			return w.task(ctx, m, j)
		}
		wanted, err := w.db.Exists(ctx, prefix+"run:"+j.Run).Result()
		if err != nil {
			return err
		}
		if wanted > 0 {
			if result, err = w.search(ctx, m.ID, j); err != nil {
				return err
			}
		}
	}
	var value []byte
	if result != nil {
		value = marshal(result)
	}
	err := w.handIn(ctx, m, j.Run, value)
	if err == nil && result != nil && w.Tell != nil {
		w.Tell(*result)
	}
	return err
}

// handingIn adds a value to a run's results while somebody wants them, and takes the entry out of the jobs.
var handingIn = redis.NewScript(`
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then
	redis.call('XADD', KEYS[2], '*', '` + field + `', ARGV[3])
	redis.call('EXPIRE', KEYS[2], ARGV[4])
end
redis.call('XACK', KEYS[3], ARGV[1], ARGV[2])
return redis.call('XDEL', KEYS[3], ARGV[2])
`)

// handIn gives what a job came to, nil for nothing, to those who want it. The job goes in the same moment, so that none is lost.
func (w *working) handIn(ctx context.Context, m redis.XMessage, run string, value []byte) error {
	keys := []string{prefix + "run:" + run, prefix + "results:" + run, w.jobs}
	return handingIn.Run(ctx, w.db, keys, group, m.ID, value, int(keep.Seconds())).Err()
}

// search makes it while the entry is kept from being taken over. Its own
// failure is a result; an error is this worker's.
func (w *working) search(ctx context.Context, id string, j job) (*sweep.Result, error) {
	failed := func(err error) *sweep.Result {
		return &sweep.Result{Type: "search", V: sweep.Version, Key: j.Key, Outcome: sweep.Failed, Text: err.Error()}
	}
	if n, err := w.deliveries(ctx, id); err != nil {
		return nil, err
	} else if n > MaxDeliveries {
		return failed(fmt.Errorf("%d workers died over it", MaxDeliveries)), nil
	}
	f, err := w.files.get(ctx, j)
	if err != nil {
		return failed(err), nil
	}
	alive, stop := context.WithCancel(ctx)
	defer stop()
	go w.beat(alive, id)
	o := sweep.Options{Time: j.Time, Memory: j.Memory, Needed: w.Needed, Clock: w.Clock}
	if w.Memory > 0 {
		o.Memory = w.Memory
	}
	r, err := (&sweep.Job{Key: j.Key, File: f}).Do(ctx, o)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return failed(err), nil
	}
	return &r, nil
}

// beat shows that the worker lives: the entry's idle time begins anew.
func (w *working) beat(ctx context.Context, id string) {
	t := time.NewTicker(w.Lease / 4)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			w.db.XClaimJustID(ctx, &redis.XClaimArgs{Stream: w.jobs, Group: group, Consumer: w.consumer, Messages: []string{id}})
		}
	}
}

// deliveries is how often an entry was given to a worker.
func (w *working) deliveries(ctx context.Context, id string) (int64, error) {
	list, err := w.db.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: w.jobs, Group: group, Start: id, End: id, Count: 1}).Result()
	if err != nil || len(list) == 0 {
		return 0, err
	}
	return list[0].RetryCount, nil
}

// fileCache keeps the scenarios of searches, for all consumers of a process.
type fileCache struct {
	q     *Queue
	mu    sync.Mutex
	files map[string]*scenario.File
}

// maxFiles bounds a fileCache.
const maxFiles = 256

func (c *fileCache) get(ctx context.Context, j job) (*scenario.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.files[j.File]; ok {
		return f, nil
	}
	data, err := c.q.db.Get(ctx, prefix+"file:"+j.File).Bytes()
	if err == nil && sumOf(data) != j.File {
		err = errors.New("its checksum is another one")
	}
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", j.Key.Scenario, err)
	}
	f, err := unpack(j.Key.Scenario, data)
	if err != nil {
		return nil, err
	}
	if len(c.files) >= maxFiles {
		clear(c.files)
	}
	c.files[j.File] = f
	return f, nil
}
