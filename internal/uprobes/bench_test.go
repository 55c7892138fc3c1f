package uprobes

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// BenchmarkHit runs testdata/bin/bench64 with one probe whose consumer counts: the time for a hit includes that of the
// loop around it, which is some nanoseconds. Beside it, in the same run and on the same binary, natively: gdb with a
// breakpoint that continues at once ("gdb-ns/hit", and how many times longer that takes, "x-gdb"), and where tracefs
// can be mounted the running kernel's uprobes, which write a trace ("kernel-ns/hit"). "cpu-ns/hit" is processor time.
func BenchmarkHit(b *testing.B) {
	p := readBenchProgram(b)
	kernel := openTracefs(b)
	for _, kind := range []string{"nop", "push", "step", "rip", "branch", "call", "return"} {
		symbol := "p_" + kind
		gdb := p.gdb(b, symbol)
		native := kernel.perHit(b, p, symbol)
		b.Run(kind, func(b *testing.B) {
			p.benchmark(b, symbol)
			own := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			if gdb > 0 {
				b.ReportMetric(gdb, "gdb-ns/hit")
				b.ReportMetric(gdb/own, "x-gdb")
			}
			if native > 0 {
				b.ReportMetric(native, "kernel-ns/hit")
			}
		})
	}
}

// benchmark makes b.N hits.
func (p *benchProgram) benchmark(b *testing.B, symbol string) {
	s := New(Options{})
	k := p.load(b, "", s, nil)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	hits := 0
	count := func() {
		if hits++; hits == b.N {
			cancel()
		}
	}
	c := counting(symbol)
	if c.Return != nil {
		c.Return = func(*Hit) { count() }
	} else {
		c.Handler = func(*Hit) bool { count(); return false }
	}
	require.Zero(b, s.Register(p.place(b, symbol), p.size, c))
	b.ReportAllocs()
	before := processorTime(b)
	b.ResetTimer()
	_, err := k.Run(ctx)
	b.StopTimer()
	require.NoError(b, err)
	b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/hit")
}

// processorTime is that of the whole process: other load disturbs it less than the clock.
func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perHit is the time for each of many runs less start-up, in nanoseconds: that of one turn is taken off.
func perHit(turns int, run func(turns int) time.Duration) float64 {
	start := run(1)
	return float64((run(turns) - start).Nanoseconds()) / float64(turns-1)
}

// gdb is the time of a hit of a breakpoint whose commands are to go on; 0 without gdb.
func (p *benchProgram) gdb(b *testing.B, symbol string) float64 {
	if _, err := exec.LookPath("gdb"); err != nil {
		b.Logf("without gdb: %v", err)
		return 0
	}
	sym, ok := p.image.Symbols.Lookup(symbol)
	require.True(b, ok)
	const turns = 3000
	script := filepath.Join(b.TempDir(), "commands")
	return perHit(turns, func(turns int) time.Duration {
		text := fmt.Sprintf("set confirm off\nset startup-with-shell off\nbreak *%#x\ncommands\nsilent\ncontinue\nend\nrun %d\n", sym.Addr, turns)
		require.NoError(b, os.WriteFile(script, []byte(text), 0o644))
		cmd := exec.Command("gdb", "-nx", "-q", "-batch", "-x", script, p.path)
		start := time.Now()
		out, err := cmd.CombinedOutput()
		spent := time.Since(start)
		require.NoError(b, err, "%s", out)
		require.Contains(b, string(out), "exited normally")
		return spent
	})
}

// native is the time of the program by itself.
func (p *benchProgram) native(b *testing.B, turns int) time.Duration {
	start := time.Now()
	require.NoError(b, exec.Command(p.path, strconv.Itoa(turns)).Run())
	return time.Since(start)
}
