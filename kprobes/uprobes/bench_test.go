package uprobes

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu/linux"
	"trapline/emu/loader"
)

// BenchmarkHit runs testdata/bin/bench64 with one uprobe whose consumer counts: the time for a hit includes that of
// the loop around it, which is some nanoseconds.
func BenchmarkHit(b *testing.B) {
	for _, kind := range []string{"nop", "push", "step", "branch", "return"} {
		b.Run(kind, func(b *testing.B) { benchmarkHit(b, "p_"+kind, kind == "return") })
	}
}

func benchmarkHit(b *testing.B, symbol string, returns bool) {
	path, err := filepath.Abs("testdata/bin/bench64")
	require.NoError(b, err)
	data, err := os.ReadFile(path)
	require.NoError(b, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(b, err)
	sym, ok := image.Symbols.Lookup(symbol)
	require.True(b, ok)
	st, err := os.Stat(path)
	require.NoError(b, err)
	sys := st.Sys().(*syscall.Stat_t)

	fs, err := linux.OpenFiles(path)
	require.NoError(b, err)
	defer func() { _ = fs.Close() }()
	s := New(Options{})
	k, err := linux.New(linux.Config{Path: path, FS: fs, Hooks: s, Limits: linux.Limits{Steps: 1 << 62}})
	require.NoError(b, err)
	defer k.Close()
	text := image.Segments[len(image.Segments)-1]
	place := Place{File: FileID{sys.Dev, sys.Ino}, Offset: sym.Addr - text.Addr + text.Offset}

	ctx, cancel := context.WithCancel(context.Background())
	hits := 0
	count := func(*Hit) bool {
		if hits++; hits == b.N {
			cancel()
		}
		return false
	}
	c := &Consumer{Handler: count}
	if returns {
		c = &Consumer{Return: func(h *Hit) { count(h) }}
	}
	require.Zero(b, s.Register(place, uint64(len(data)), c))
	b.ReportAllocs()
	b.ResetTimer()
	_, err = k.Run(ctx)
	require.NoError(b, err)
	b.StopTimer()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(hits), "ns/hit")
}
