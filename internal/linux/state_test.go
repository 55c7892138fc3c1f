package linux

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"
)

// startProgram loads a program with its own output.
func startProgram(t testing.TB, cpus int, path string, args ...string) (*Kernel, *bytes.Buffer) {
	t.Helper()
	fs, err := vfs.OpenFiles(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = fs.Close() })
	out := &bytes.Buffer{}
	k, err := New(Config{Path: path, Args: append([]string{path}, args...), FS: fs, CPUs: cpus, Stdout: out, Capture: 1 << 16, Limits: Limits{Memory: 64 << 20}})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k, out
}

// round makes up to n steps, whose turn it is, and gives some hashes on the way.
func (k *Kernel) round(n int) (hashes []uint64) {
	for i := range n {
		id, ok := k.Next()
		if !ok {
			break
		}
		k.Step(id)
		if i%997 == 0 {
			hashes = append(hashes, k.m.Hash(true))
		}
	}
	return append(hashes, k.m.Hash(true))
}

// Signals, threads, fork, pipes, memory, timers: run, stepped, and gone through
// with going back again and again, they end in the same state.
func TestProgramsGoBack(t *testing.T) {
	path := compile(t, "everything.c", "musl-gcc")
	fast, want := startProgram(t, 1, path)
	_, err := fast.Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, 9, fast.Result().Code)

	rng := rand.New(rand.NewPCG(1, 2))
	k, out := startProgram(t, 1, path)
	for !k.Done() {
		k.round(rng.IntN(100_000))
		s := k.m.Snapshot()
		before, n := k.m.Hash(true), rng.IntN(10_000)
		first := k.round(n)
		k.m.Restore(s)
		require.Equal(t, before, k.m.Hash(true))
		require.Equal(t, first, k.round(n))
	}
	require.NoError(t, k.m.Err())
	require.Equal(t, want.String(), out.String())
	require.Equal(t, fast.Result(), k.Result())
	// Without Machine.Seq, which Hash has once code has read a clock: Run gives
	// no steps to what the kernel does between two turns.
	require.Equal(t, fast.m.EndHash(), k.m.EndHash(), "Run and steps")
}

// The same on several vCPUs, whose turns Run orders otherwise.
func TestProgramsGoBackOnTwoCPUs(t *testing.T) {
	path := compile(t, "everything.c", "musl-gcc")
	k, out := startProgram(t, 2, path)
	const late = 600_000 // behind the arithmetic: threads, processes, pipes
	k.round(late)
	middle := k.m.Snapshot()
	first := k.round(1 << 30)
	require.Equal(t, 9, k.Result().Code)
	text := out.String()
	k.m.Restore(middle)
	require.False(t, k.Done())
	require.Equal(t, first, k.round(1<<30))
	require.Equal(t, text, out.String())
}

// BenchmarkLinuxSnapshot takes a snapshot, makes 256 steps and goes back, of a
// program that has run for a while.
func BenchmarkLinuxSnapshot(b *testing.B) {
	k, _ := startProgram(b, 1, linuxtest.Busybox(b, "amd64"), "ash", "-c", "while :; do i=$((i+1)); done")
	k.round(100_000)
	b.Run("step", func(b *testing.B) {
		for b.Loop() {
			if k.Step(0) == nil {
				b.Fatal("the program is over")
			}
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		bytes := 0
		for b.Loop() {
			for range 256 {
				k.Step(0)
			}
			bytes += k.m.Snapshot().Bytes()
		}
		b.ReportMetric(float64(bytes)/float64(b.N), "bytes/snapshot")
	})
	b.Run("back", func(b *testing.B) {
		s := k.m.Snapshot()
		for b.Loop() {
			for range 256 {
				k.Step(0)
			}
			k.m.Restore(s)
		}
	})
	b.Run("hash", func(b *testing.B) {
		for b.Loop() {
			k.m.Hash(true)
		}
	})
}
