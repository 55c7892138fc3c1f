package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

// server starts Debian's redis-server for one test.
func server(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("needs redis-server, which make test installs: ", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command(path, "--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	url := fmt.Sprintf("redis://127.0.0.1:%d", port)
	require.Eventually(t, func() bool {
		q, err := Dial(t.Context(), url, "test")
		if err == nil {
			q.Close()
		}
		return err == nil
	}, 30*time.Second, 20*time.Millisecond)
	return url
}

func dial(t *testing.T, url string) *Queue {
	t.Helper()
	q, err := Dial(t.Context(), url, "test")
	require.NoError(t, err)
	t.Cleanup(q.Close)
	return q
}

// plan is searches of a scenario, executions of the random ones each.
func plan(t *testing.T, executions int, seeds ...uint64) []sweep.Job {
	t.Helper()
	f, err := scenario.LoadFS(fstest.MapFS{"race.txtar": {Data: []byte(testkit.Race)}}, "race.txtar")
	require.NoError(t, err)
	jobs, err := sweep.Plan([]sweep.Scenario{{Name: "race.txtar", File: f}}, sweep.Axes{
		Engines: []string{"2002", "2005", "modern"}, Strategies: []scenario.Strategy{scenario.DFS, scenario.Random},
		Bounds: []int{scenario.NoBound, 0}, Seeds: seeds, Executions: executions,
	})
	require.NoError(t, err)
	return jobs
}

func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

// alone is what one process makes of the searches.
func alone(t *testing.T, jobs []sweep.Job) []byte {
	t.Helper()
	var list []sweep.Result
	require.NoError(t, sweep.Run(t.Context(), jobs, nil, sweep.Options{}, func(r sweep.Result) error {
		list = append(list, r)
		return nil
	}))
	return merged(t, jobs, list)
}

func merged(t *testing.T, jobs []sweep.Job, list []sweep.Result) []byte {
	t.Helper()
	m, err := sweep.Merge([]sweep.Head{sweep.HeadOf(jobs, sweep.Shard{})}, [][]sweep.Result{list})
	require.NoError(t, err)
	require.Zero(t, m.Missing())
	return m.Bytes()
}

func quiet(int) {}

// TestWorkersMakeTheSearches: three workers and a run that is ended in the
// middle and begun again give what one process gives, each result once.
func TestWorkersMakeTheSearches(t *testing.T) {
	jobs := plan(t, 20, 1, 2, 3)
	q := dial(t, server(t))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Work(ctx, 3, Worker{Name: "w", Clock: clock(), Lease: time.Second}) }()

	var list []sweep.Result
	enough := errors.New("enough")
	err := q.Run(t.Context(), jobs, nil, sweep.Options{}, func(r sweep.Result) error {
		if len(list) == 4 {
			return enough
		}
		list = append(list, r)
		return nil
	}, quiet)
	require.ErrorIs(t, err, enough)
	require.NoError(t, q.Run(t.Context(), jobs, list, sweep.Options{}, func(r sweep.Result) error {
		list = append(list, r)
		return nil
	}, quiet))
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	assert.Len(t, list, len(jobs))
	assert.Equal(t, string(alone(t, jobs)), string(merged(t, jobs, list)))

	left, err := q.db.Keys(t.Context(), prefix+"*").Result()
	require.NoError(t, err)
	slices.Sort(left)
	require.Len(t, left, 2, "a stream and a scenario: %v", left)
	n, err := q.db.XLen(t.Context(), q.jobs).Result()
	require.NoError(t, err)
	assert.Zero(t, n)
}

const workerURL = "TRAPLINE_TEST_WORKER"

// TestDeadWorkersLoseNothing kills one of two worker processes again and again.
func TestDeadWorkersLoseNothing(t *testing.T) {
	if url := os.Getenv(workerURL); url != "" {
		q := dial(t, url)
		q.Work(t.Context(), 1, Worker{Name: fmt.Sprint(os.Getpid()), Clock: clock(), Lease: time.Second})
		return
	}
	url := server(t)
	jobs := plan(t, 1500, 1, 2, 3, 4)
	q := dial(t, url)
	ctx, stop := context.WithCancel(t.Context())
	killed := make(chan int)
	for i := range 2 {
		go func() {
			n := 0
			for ctx.Err() == nil {
				life, end := context.WithCancel(ctx)
				if i == 0 { // the other one lives
					life, end = context.WithTimeout(ctx, 300*time.Millisecond*lived(n))
				}
				cmd := exec.CommandContext(life, os.Args[0], "-test.run=^TestDeadWorkersLoseNothing$")
				cmd.Env = append(os.Environ(), workerURL+"="+url)
				cmd.Run()
				end()
				n++
			}
			killed <- n
		}()
	}
	var list []sweep.Result
	require.NoError(t, q.Run(t.Context(), jobs, nil, sweep.Options{}, func(r sweep.Result) error {
		list = append(list, r)
		return nil
	}, quiet))
	stop()
	assert.Greater(t, <-killed+<-killed, 2)
	assert.Equal(t, string(alone(t, jobs)), string(merged(t, jobs, list)))
}

// TestASearchThatKillsIsGivenUp: what workers die over becomes a failure.
func TestASearchThatKillsIsGivenUp(t *testing.T) {
	jobs := plan(t, 1)[:1]
	q := dial(t, server(t))
	r := &run{Queue: q, id: runID(jobs, sweep.Options{}), files: map[*scenario.File]string{}}
	require.NoError(t, r.add(t.Context(), &jobs[0], sweep.Options{}))
	for range MaxDeliveries {
		_, err := q.db.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: group, Consumer: "dead", Streams: []string{q.jobs, ">"}, Count: 1, Block: -1}).Result()
		if !errors.Is(err, redis.Nil) {
			require.NoError(t, err)
		}
		_, _, err = q.db.XAutoClaim(t.Context(), &redis.XAutoClaimArgs{Stream: q.jobs, Group: group, Consumer: "dead", Start: "0-0", Count: 1}).Result()
		require.NoError(t, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go q.Work(ctx, 1, Worker{Name: "w", Clock: clock(), Lease: time.Millisecond * 10})
	var got sweep.Result
	require.NoError(t, q.Run(t.Context(), jobs, nil, sweep.Options{}, func(r sweep.Result) error {
		got = r
		return nil
	}, quiet))
	assert.Equal(t, sweep.Failed, got.Outcome)
	assert.Contains(t, got.Text, "5 workers died over it")
}

// TestOtherVersionsSeeNothing: a worker of another version takes no search.
func TestOtherVersionsSeeNothing(t *testing.T) {
	jobs := plan(t, 1)[:1]
	url := server(t)
	q := dial(t, url)
	r := &run{Queue: q, id: runID(jobs, sweep.Options{}), files: map[*scenario.File]string{}}
	require.NoError(t, r.add(t.Context(), &jobs[0], sweep.Options{}))
	other, err := Dial(t.Context(), url, "other")
	require.NoError(t, err)
	defer other.Close()
	require.NoError(t, other.Work(t.Context(), 1, Worker{Name: "w", Clock: clock(), Idle: 10 * time.Millisecond}))
	n, err := q.db.XLen(t.Context(), q.jobs).Result()
	require.NoError(t, err)
	assert.EqualValues(t, 1, n)
}

// A result that comes when nobody wants it any more is dropped, and its job is gone.
func TestLateResultsAreDropped(t *testing.T) {
	q := dial(t, server(t))
	ctx := t.Context()
	w := &working{Queue: q}
	for _, wanted := range []bool{true, false} {
		id, err := q.db.XAdd(ctx, entry(q.jobs, job{Run: "r"})).Result()
		require.NoError(t, err)
		if wanted {
			require.NoError(t, q.db.Set(ctx, prefix+"run:r", 1, 0).Err())
		}
		require.NoError(t, w.handIn(ctx, redis.XMessage{ID: id}, "r", []byte("{}")))
		n, err := q.db.XLen(ctx, prefix+"results:r").Result()
		require.NoError(t, err)
		require.Equal(t, wanted, n == 1)
		n, err = q.db.XLen(ctx, q.jobs).Result()
		require.NoError(t, err)
		require.Zero(t, n)
		require.NoError(t, q.db.Del(ctx, prefix+"run:r", prefix+"results:r").Err())
	}
}
