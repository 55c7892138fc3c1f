package linux

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/linux/vfs"
)

// BenchmarkCommands runs Debian's commands from their files to their ends, in the machine and natively in turn:
// "native-ms" is the native run, "times" how many of it the machine takes.
func BenchmarkCommands(b *testing.B) {
	for _, c := range []struct{ name, before, line string }{
		{"python", "", "python3 -c pass"},
		{"git-log", "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m one && git -c user.name=n -c user.email=e commit -q --allow-empty -m two", "git --no-pager log"},
		{"sqlite", "", `sqlite3 rows.db "create table t(a,b); with recursive n(i) as (select 1 union all select i+1 from n where i<100000) insert into t select i, i*i%1000 from n; select sum(b) from t"`},
	} {
		b.Run(c.name, func(b *testing.B) {
			var native time.Duration
			for b.Loop() {
				b.StopTimer()
				here, inside := workFolder(b), workFolder(b)
				for _, dir := range []string{here, inside} {
					prepare := exec.Command("/bin/bash", "-c", "true; "+c.before)
					prepare.Dir = dir
					out, err := prepare.CombinedOutput()
					if err != nil {
						b.Skipf("%v: %s", err, out)
					}
				}
				args := []string{"/bin/bash", "-c", c.line}
				start := time.Now()
				want := nativeHere(b, here, args)
				native += time.Since(start)
				b.StartTimer()
				got, _ := runCommand(b, inside, args)
				require.True(b, same(want.res, got.res), got.stderr)
			}
			b.ReportMetric(float64(native.Milliseconds())/float64(b.N), "native-ms")
			b.ReportMetric(float64(b.Elapsed())/float64(native), "times")
		})
	}
}

// BenchmarkMappings fills 512 MB: "times" is what mappings of 1 MB take of processor time beside one mapping. Goal: under 1.2.
func BenchmarkMappings(b *testing.B) {
	const megabytes = 512
	prog := compile(b, "manymaps.c", "gcc")
	fill := func(n int) time.Duration {
		start := processorTime(b)
		fs, err := vfs.OpenFiles(prog)
		require.NoError(b, err)
		defer fs.Close()
		k, err := New(Config{FS: fs, Path: prog, Args: []string{prog, fmt.Sprint(n), fmt.Sprint(megabytes / n)}, Limits: Limits{Memory: 700 << 20}})
		require.NoError(b, err)
		defer k.Close()
		res, err := k.Run(b.Context())
		require.NoError(b, err)
		require.Equal(b, NoBound, res.Bound)
		return processorTime(b) - start
	}
	var one, many time.Duration
	for b.Loop() {
		one += fill(1)
		many += fill(megabytes)
	}
	b.ReportMetric(float64(many)/float64(one), "times")
}

// processorTime is that of the process, user and system.
func processorTime(b *testing.B) time.Duration {
	var u unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
