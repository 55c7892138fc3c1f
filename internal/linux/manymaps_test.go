package linux

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
)

// Memory that is filled costs about the same in many mappings as in few, and is zeroed when its frames come again. The factor leaves room
// for a busy machine: frames in the order in which they were asked for made it twelve.
func TestMemoryInManyMappings(t *testing.T) {
	prog := compile(t, "manymaps.c", "gcc")
	took := func(n, mb string) time.Duration {
		start := time.Now()
		o := runProgram(t, Config{Limits: Limits{Memory: 700 << 20}}, []string{prog, n, mb})
		require.Equal(t, NoBound, o.res.Bound)
		require.Zero(t, o.res.ExitStatus())
		return time.Since(start)
	}
	const factor = 4
	one, many := took("4", "64"), took("256", "1")
	t.Logf("256 MB in mappings of 64 MB: %v, of 1 MB: %v", one, many)
	require.Less(t, many, factor*one)
}

// Memory of which single pages far from each other are touched costs linearly too. The factor leaves room for a busy machine: a
// library that shows all of them took sixteen times as long for four times as many, and ended at 4096.
func TestMemoryInSinglePages(t *testing.T) {
	prog := compile(t, "sparse.c", "gcc")
	took := func(n int) time.Duration {
		start := time.Now()
		o := runProgram(t, Config{Limits: Limits{Memory: 700 << 20}}, []string{prog, fmt.Sprint(n)})
		require.Equal(t, NoBound, o.res.Bound)
		require.Zero(t, o.res.ExitStatus())
		return time.Since(start)
	}
	const pages, factor = 1500, 4
	few, many := took(pages), took(factor*pages)
	t.Logf("%d pages: %v, %d pages: %v", pages, few, factor*pages, many)
	require.Less(t, many, 2*factor*few)
}

// A page fault below memory that is filled brings in all up to it, if that much of it is filled; else as many pages as ever.
func TestFaultsBelowFilledMemory(t *testing.T) {
	for _, x := range []struct{ gap, filled, brought uint64 }{{256, 256, 256}, {257, 300, 257}, {20, 40, 20}, {256, 0, 16}, {256, 100, 16}, {1024, 1024, 1024}, {2000, 2000, 16}} {
		space := idleKernel(t).init.mm
		const start = uint64(0x10000000)
		space.Add(&mm.VMA{Start: start, End: start + (x.gap+x.filled)*emu.PageSize, Prot: mm.ProtRead | mm.ProtWrite})
		for n := x.gap; n < x.gap+x.filled; n++ {
			require.True(t, space.Write(start+n*emu.PageSize, []byte{1}))
		}
		space.DropPages(start, start+x.gap*emu.PageSize) // what the faults above have brought in
		_, before := space.Sizes()
		require.True(t, space.Write(start, []byte{1}))
		_, after := space.Sizes()
		require.Equal(t, x.brought, after-before, "%v", x)
	}
}

// The deadline of a run holds within a turn too, whose page faults may be slow.
func TestDeadlineHoldsWithinATurn(t *testing.T) {
	prog := compile(t, "sparse.c", "gcc")
	fs, err := vfs.OpenFiles(prog)
	require.NoError(t, err)
	defer fs.Close()
	k, err := New(Config{FS: fs, Path: prog, Args: []string{prog, "100000"}, Limits: Limits{Memory: 1 << 30}})
	require.NoError(t, err)
	defer k.Close()
	const limit, slack = time.Second, 3 * time.Second // a busy machine's; without looks within a turn it took a minute
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	start := time.Now()
	res, err := k.Run(ctx)
	require.NoError(t, err)
	if res.Bound == NoBound {
		t.Skip("the program was done in time")
	}
	require.Equal(t, BoundTime, res.Bound)
	require.Less(t, time.Since(start), limit+slack)
}
