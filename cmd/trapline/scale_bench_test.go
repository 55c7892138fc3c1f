//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spent is what a command took.
type spent struct {
	wall, cpu time.Duration
	resident  int // MiB, at most
	out       string
}

// measured runs trapline in a process of its own. Exit status 1 is a result.
func measured(b *testing.B, args ...string) spent {
	b.Helper()
	self, err := os.Executable()
	require.NoError(b, err)
	var out strings.Builder
	c := &exec.Cmd{Path: self, Args: append([]string{"trapline"}, args...), Stdout: &out, Stderr: &out} // TestMain goes by the name
	start := time.Now()
	if err := c.Run(); err != nil && c.ProcessState.ExitCode() != 1 {
		require.NoError(b, err, out.String())
	}
	s := c.ProcessState
	return spent{time.Since(start), s.UserTime() + s.SystemTime(), int(s.SysUsage().(*syscall.Rusage).Maxrss >> 10), out.String()}
}

// shared is a counter in a loop under one probe. With uneven, vCPU i
// counts i times more, so that no two are alike; unlocked, incl has no prefix.
func shared(cpus, loops int, engine string, uneven, unlocked bool) string {
	var s strings.Builder
	lock := "lock "
	if unlocked {
		lock = ""
	}
	fmt.Fprintf(&s, `vCPUs count in one place, through one probed function.
-- machine --
arch i386
cpus %d
engine %s
-- memory --
n at 0xc0800000 size 4096 prot rw--
	u32 0
-- text.S --
	.globl worker, target
worker:
1:	call target
	decl %%esi
	jnz 1b
	ret
target:
	%sincl n
	ret
-- probes --
p at target
-- tasks --
`, cpus, engine, lock)
	sum := 0
	for i := range cpus {
		n := loops
		if uneven {
			n += i
		}
		sum += n
		fmt.Fprintf(&s, "cpu %d at worker esi=%d\n", i, n)
	}
	fmt.Fprintf(&s, "-- check --\nno-missed-probe\nno-deadlock\nfinally sum: u32[n] == %d\n", sum)
	return s.String()
}

func writeScenario(b *testing.B, dir, name, text string) string {
	path := filepath.Join(dir, name+".txtar")
	require.NoError(b, os.WriteFile(path, []byte(text), 0o666))
	return path
}

// BenchmarkScale is the table of docs/performance.md: searches of every schedule
// of as many vCPUs as there can be. One that does not end in five minutes is not
// exhausted.
func BenchmarkScale(b *testing.B) {
	for _, x := range []struct {
		engine      string
		cpus, loops int
		uneven      bool
	}{
		{"modern", 8, 2, false}, {"none", 8, 4, false}, {"2005", 8, 1, false}, {"2005", 6, 4, false},
		{"modern", 6, 4, true}, {"2005", 4, 8, true}, {"modern", 8, 8, false},
	} {
		for _, unlocked := range []bool{false, true} {
			name := fmt.Sprintf("%s-%dx%d", x.engine, x.cpus, x.loops)
			if x.uneven {
				name += "-uneven"
			}
			if unlocked {
				name += "-unlocked"
			}
			b.Run(name, func(b *testing.B) {
				file := writeScenario(b, b.TempDir(), name, shared(x.cpus, x.loops, x.engine, x.uneven, unlocked))
				for b.Loop() {
					s := measured(b, "explore", file, "--jobs", "2", "--time", "5m")
					exhausted := 0.0
					if strings.Contains(s.out, "\nexhausted: every schedule (no bound") {
						exhausted = 1
					}
					b.ReportMetric(s.cpu.Seconds(), "cpu-s")
					b.ReportMetric(float64(s.resident), "MiB")
					b.ReportMetric(exhausted, "exhausted")
				}
			})
		}
	}
}

// BenchmarkParallel is how many times faster a search is with two workers than
// with one, by the clock, in turns.
func BenchmarkParallel(b *testing.B) {
	file := writeScenario(b, b.TempDir(), "counting", shared(5, 4, "modern", true, false))
	var one, two spent
	for b.Loop() {
		for jobs, sum := range map[string]*spent{"1": &one, "2": &two} {
			s := measured(b, "explore", file, "--jobs", jobs)
			sum.wall += s.wall
			sum.cpu += s.cpu
		}
	}
	b.ReportMetric(one.wall.Seconds()/two.wall.Seconds(), "times")
	b.ReportMetric(two.cpu.Seconds()/one.cpu.Seconds(), "of-the-cpu-time")
}

// BenchmarkSweep is what 600 searches, of 200 scenarios under three engines, take
// as one sweep, as a share of what 600 commands take, by the clock and in processor time.
func BenchmarkSweep(b *testing.B) {
	engines := []string{"2002", "2005", "modern"}
	for b.Loop() {
		dir := b.TempDir()
		var files []string
		for i := range 200 {
			files = append(files, writeScenario(b, dir, fmt.Sprint("s", i), shared(2+i%2, 1+i/2%3, "modern", i%4 < 2, i%8 < 4)+fmt.Sprintf("finally other: u32[n] != %d\n", 100+i)))
		}
		var alone spent
		for _, f := range files {
			for _, e := range engines {
				s := measured(b, "explore", f, "--engine", e, "--jobs", "1")
				alone.wall += s.wall
				alone.cpu += s.cpu
			}
		}
		s := measured(b, "sweep", dir, "--engines", strings.Join(engines, ","), "--jobs", "1", "-o", filepath.Join(b.TempDir(), "sweep.jsonl"))
		require.Contains(b, s.out, "600")
		b.ReportMetric(s.wall.Seconds()/alone.wall.Seconds(), "of-the-time")
		b.ReportMetric(s.cpu.Seconds()/alone.cpu.Seconds(), "of-the-cpu-time")
		b.ReportMetric(alone.wall.Seconds(), "s/600-commands")
	}
}
