package linux

import (
	"context"
	"io"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"
)

// benchRun runs busybox once and gives the number of instructions.
func benchRun(b *testing.B, box string, args ...string) uint64 {
	fs, err := vfs.OpenFiles(append(args, box)...)
	require.NoError(b, err)
	defer fs.Close()
	k, err := New(Config{Path: box, Args: append([]string{box}, args...), FS: fs, Stdout: io.Discard, Stderr: io.Discard})
	require.NoError(b, err)
	defer k.Close()
	res, err := k.Run(context.Background())
	require.NoError(b, err)
	require.Zero(b, res.ExitStatus())
	return res.Steps
}

// BenchmarkStart is the whole life of `busybox echo`. Goal: under 50 ms.
func BenchmarkStart(b *testing.B) {
	box := linuxtest.Busybox(b, "amd64")
	for b.Loop() {
		benchRun(b, box, "echo", "hello")
	}
}

// BenchmarkSHA256 runs `busybox sha256sum` over 10 MB: in the machine, from
// file to exit; in the bare CPU library, the same instructions from the first
// read on; and natively. Goal: the machine within 1.5 times the bare time.
func BenchmarkSHA256(b *testing.B) {
	box := linuxtest.Busybox(b, "amd64")
	file := b.TempDir() + "/ten"
	require.NoError(b, exec.Command("dd", "if=/dev/zero", "of="+file, "bs=1M", "count=10").Run())
	b.Run("machine", func(b *testing.B) {
		var n uint64
		for b.Loop() {
			n += benchRun(b, box, "sha256sum", file)
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Minsns/s")
	})
	b.Run("bare", func(b *testing.B) { benchBare(b, box, "sha256sum", file) })
	b.Run("native", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, exec.Command(box, "sha256sum", file).Run())
		}
	})
}
