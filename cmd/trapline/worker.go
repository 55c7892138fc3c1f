package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/urfave/cli/v3"

	"trapline/internal/explore"
	"trapline/internal/sweep"
	"trapline/internal/sweep/queue"
)

func workerCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "worker",
		Usage:     "make searches that lie in a queue",
		ArgsUsage: "URL",
		Description: `Takes the searches that trapline sweep --queue has put onto a Redis or Valkey server, and the parts of one that trapline
explore --queue divides, and hands the results in. Any number
of workers may come and go: what one that dies was at is made by another one. A worker makes only searches that the same
version of this program has begun. It reads no file of its own machine: scenarios come with the files that they name.

EXAMPLES:
   trapline worker redis://HOST:6379
   trapline worker redis://HOST:6379 --idle 1m      end when nothing has come for a minute`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "jobs", Value: runtime.NumCPU(), Usage: "`N` searches at a time"},
			&cli.IntFlag{Name: "memory", Value: explore.DefaultMemory >> 20, Usage: "end searches before the process takes more memory than `MIB`"},
			&cli.DurationFlag{Name: "idle", Usage: "end when nothing has come for `DURATION`"},
			&cli.DurationFlag{Name: "lease", Value: queue.DefaultLease, Usage: "take a search over when its worker has given no sign of life for `DURATION`"},
		},
		Action: func(ctx context.Context, c *cli.Command) error { return doWork(ctx, c, out) },
	}
}

func doWork(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "worker takes one URL, not %d", c.Args().Len())
	}
	jobs, memory := c.Int("jobs"), c.Int("memory")
	switch {
	case jobs < 1 || jobs > maxJobs:
		return usagef(c, "%d jobs: expected 1 to %d", jobs, maxJobs)
	case memory < 1 || memory > maxMemory:
		return usagef(c, "a memory of %d MiB: expected 1 to %d", memory, maxMemory)
	case c.Duration("idle") < 0:
		return usagef(c, "an idle time of %v: expected more than 0", c.Duration("idle"))
	case c.Duration("lease") < time.Second:
		return usagef(c, "a lease of %v: expected a second or more", c.Duration("lease"))
	}
	q, err := queue.Dial(ctx, c.Args().First(), version())
	if err != nil {
		return err
	}
	defer q.Close()
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	needed, release := boundMemory(memory << 20)
	defer release()
	return q.Work(ctx, jobs, queue.Worker{
		Name: fmt.Sprintf("%s-%d", host, os.Getpid()), Idle: c.Duration("idle"), Lease: c.Duration("lease"),
		Memory: memory << 20, Needed: needed, Clock: clock(),
		Tell: func(r sweep.Result) {
			fmt.Fprintf(out, "%s %v\n", r.Outcome, r.Key)
			out.Flush()
		},
	})
}

// queue lets workers make the searches.
func (t *sweeping) queue(ctx context.Context, url string, jobs []sweep.Job, done []sweep.Result, o sweep.Options) error {
	q, err := queue.Dial(ctx, url, version())
	if err != nil {
		return err
	}
	defer q.Close()
	said := false
	return q.Run(ctx, jobs, done, o, t.emit, func(workers int) {
		if workers == 0 && !said && t.clock() > progressAfter {
			said = true
			fmt.Fprintf(t.stderr, "sweep: there is no worker of this version; start some: trapline worker %s\n", url)
		}
	})
}
