package queue

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// A short test by default; "make divide" has longer searches.
var (
	searchesFlag = flag.Int("searches", 1, "how often each search is divided")
	membersFlag  = flag.Int("members", 4, "worker processes")
	killFlag     = flag.Duration("kill", 300*time.Millisecond, "how long until the next worker is killed; 0: none is")
	cpusFlag     = flag.Int("cpus", 4, "vCPUs of the scenario")
	loopsFlag    = flag.Int("loops", 5, "how often each counts, at least")
	turnsFlag    = flag.Int("turns", 1, "the same of the scenario in which something is violated")
	quotaFlag    = flag.Int("quota", 0, "edges of a task; 0: as many as a search has")
)

// counting is a probed function that every vCPU calls in a loop, another number
// of times each. Where ordered is set, a counter goes on only if the vCPUs take
// turns, and no schedule may bring it to that number.
func counting(t *testing.T, cpus, loops, ordered int) *scenario.File {
	var b strings.Builder
	fmt.Fprintf(&b, "vCPUs count in one place.\n-- machine --\narch i386\ncpus %d\nengine modern\n", cpus)
	b.WriteString("-- memory --\nn at 0xc0800000 size 4096 prot rw--\n\tu32 0\n\tu32 0\n-- text.S --\n")
	b.WriteString("\t.globl worker, target\nworker:\n1:\tcall target\n\tdecl %esi\n\tjnz 1b\n\tret\ntarget:\n\tlock incl n\n")
	if ordered > 0 { // a turn out of order begins anew
		b.WriteString("\tcmpl %edi, n+4\n\tje 2f\n\tmovl $0, n+4\n\tret\n2:\tmovl %ebx, n+4\n")
	}
	b.WriteString("\tret\n-- probes --\np at target\n-- tasks --\n")
	for i := range cpus {
		next := i + 1
		fmt.Fprintf(&b, "cpu %d at worker esi=%d edi=%d ebx=%d\n", i, loops+i, i, next)
	}
	b.WriteString("-- check --\nno-missed-probe\nno-deadlock\n")
	if ordered > 0 {
		fmt.Fprintf(&b, "finally order: u32[n+4] != %d\n", ordered)
	} else {
		fmt.Fprintf(&b, "finally sum: u32[n] == %d\n", cpus*loops+cpus*(cpus-1)/2)
	}
	f, err := format.Parse("counting.txtar", []byte(b.String()))
	require.NoError(t, err)
	return &scenario.File{File: f}
}

// hurdle is a crew whose tasks are small.
type hurdle struct{ *Divided }

func (h hurdle) Begin(ctx context.Context, s *explore.Setting) error {
	if *quotaFlag > 0 {
		s.Quota = *quotaFlag
	}
	return h.Divided.Begin(ctx, s)
}

// members keeps worker processes running and kills one after the other. Close
// ends them and gives how many were killed.
func members(t *testing.T, url string) (end func() int) {
	ctx, stop := context.WithCancel(t.Context())
	killed := make(chan int)
	for i := range *membersFlag {
		go func() {
			n := 0
			for ctx.Err() == nil {
				life, end := context.WithCancel(ctx)
				if *killFlag > 0 {
					turn := *membersFlag
					if n == 0 {
						turn = i + 1
					}
					life, end = context.WithTimeout(ctx, time.Duration(turn)**killFlag*lived(n))
				}
				cmd := exec.CommandContext(life, os.Args[0], "-test.run=^TestDeadWorkersLoseNothing$")
				cmd.Env = append(os.Environ(), workerURL+"="+url)
				cmd.Run()
				end()
				n++
			}
			killed <- n - 1
		}()
	}
	return func() int {
		stop()
		n := 0
		for range *membersFlag {
			n += <-killed
		}
		return n
	}
}

// lived makes the lives of those that are killed longer, lest on a busy machine
// no search fits into one.
func lived(killed int) time.Duration { return time.Duration(1 + killed/8) }

// TestDividedSearches: one search that several workers make, who die and come
// back, shows what one process does: verdict, violation, schedule, counts.
func TestDividedSearches(t *testing.T) {
	url := server(t)
	q := dial(t, url)
	for name, f := range map[string]*scenario.File{
		"holds":    counting(t, *cpusFlag, *loopsFlag, 0),
		"violated": counting(t, *cpusFlag, *turnsFlag, *cpusFlag),
	} {
		t.Run(name, func(t *testing.T) {
			search := func(crew explore.Crew) (*scenario.Searched, time.Duration) {
				start := time.Now()
				x, err := scenario.Search{Options: explore.Options{Crew: crew}}.Do(t.Context(), f)
				require.NoError(t, err)
				return x, time.Since(start)
			}
			one, alone := search(nil)
			require.Empty(t, one.Luck, "a random execution finds it: nothing is divided")
			t.Logf("one process: %v in %v, %.0f states a second", one.Verdict(), alone.Round(time.Millisecond), float64(one.States)/alone.Seconds())
			end := members(t, url)
			for range *searchesFlag {
				d, err := q.Divide(t.Context(), f, scenario.Search{})
				require.NoError(t, err)
				many, took := search(hurdle{d})
				d.Close(t.Context())
				assert.Equal(t, one.Verdict().String(), many.Verdict().String())
				assert.Equal(t, one.Violation, many.Violation)
				assert.Equal(t, one.States, many.States)
				if one.Found != nil {
					assert.Equal(t, one.Schedule(), many.Schedule())
				} else {
					assert.Equal(t, one.Schedules, many.Schedules)
					assert.Equal(t, one.Steps, many.Steps)
				}
				t.Logf("%d workers: %v, %.0f states a second", *membersFlag, took.Round(time.Millisecond), float64(many.States)/took.Seconds())
			}
			t.Logf("%d workers were killed", end())
		})
	}
	left, err := q.db.Keys(t.Context(), prefix+"*").Result()
	require.NoError(t, err)
	left = slices.DeleteFunc(left, func(key string) bool { return key == q.jobs || strings.HasPrefix(key, prefix+"file:") })
	require.Empty(t, left)
}

// TestRoundsNumberTheirTasksAlike: a worker that comes late to a task finds that of the next round in its place, and
// leaves it to who is asked to make it.
func TestRoundsNumberTheirTasksAlike(t *testing.T) {
	q := dial(t, server(t))
	b, err := encode(&explore.Task{Round: 2, ID: 5})
	require.NoError(t, err)
	require.NoError(t, q.db.Set(t.Context(), prefix+"run:r", 1, alive).Err())
	require.NoError(t, q.db.HSet(t.Context(), prefix+"tasks:r", 5, b).Err())
	w := &working{Queue: q, Worker: Worker{Lease: DefaultLease, Clock: clock()}, consumer: "late", files: &fileCache{q: q, files: map[string]*scenario.File{}}}
	y, err := w.yield(t.Context(), "1-1", job{Run: "r", Part: &part{Round: 1, ID: 5}})
	require.NoError(t, err)
	require.Nil(t, y)
}
