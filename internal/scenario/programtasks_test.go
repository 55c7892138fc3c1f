package scenario_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/loader"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// ownIDT is the example of docs/scenario-format.md, compiled as it says there.
func ownIDT(t *testing.T, change ...string) *scenario.File {
	t.Helper()
	source, err := os.ReadFile("testdata/program/own-idt.c")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(source), "gcc ")
	require.True(t, ok)
	line, _, _ := strings.Cut(rest, "\n")
	flags, _, ok := strings.Cut(line, " -o ")
	require.True(t, ok)
	out := filepath.Join(t.TempDir(), "own-idt.elf")
	cmd := exec.Command("gcc", append(strings.Fields(flags), "-o", out, "testdata/program/own-idt.c")...)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("%v: %v\n%s", cmd, err, b)
	}
	program, err := os.ReadFile(out)
	require.NoError(t, err)
	text, err := os.ReadFile("testdata/program/own-idt.txtar")
	require.NoError(t, err)
	f, err := scenario.LoadFS(fstest.MapFS{
		"own-idt.txtar": {Data: []byte(strings.NewReplacer(change...).Replace(string(text)))}, "own-idt.elf": {Data: program},
	}, "own-idt.txtar")
	require.NoError(t, err)
	return f
}

// Tasks of a compiled program: one has the traps that it takes by its own IDT, and
// a search finds what two of them do to a counter.
func TestProgramWithTasksAndItsOwnIDT(t *testing.T) {
	for _, text := range []bool{false, true} {
		s := scenario.Search{KernelText: text}
		found, err := s.Do(context.Background(), ownIDT(t))
		require.NoError(t, err)
		require.NotNil(t, found.Found)
		require.Equal(t, "both", found.Violation.Property)
		// What the lost update leaves holds in every schedule, and there is one int3.
		f := ownIDT(t, "finally both: u32[counter] == 2", "finally both: u32[counter] >= 1")
		held, err := s.Do(context.Background(), f)
		require.NoError(t, err)
		require.Nil(t, held.Found)
		require.True(t, held.Exhausted)
	}
	// Without the IDT of its own, the modelled kernel takes the int3: an oops.
	f := ownIDT(t, "cpu 0 at with_own_idt", "cpu 0 at my_int3")
	r, err := scenario.Open(context.Background(), f, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Finish(context.Background(), nil))
	require.NotEmpty(t, r.Violations())
}

// A segment below the kernel is programs' memory, one beyond it is the kernel's,
// whichever comes first.
func TestSegmentsAreWhereTheyLie(t *testing.T) {
	const low, high = 0x400000, 0xffffffffa0000000
	image := &loader.Image{Arch: x86.AMD64, Entry: low, Segments: []loader.Segment{
		{Addr: low, Data: []byte{0xc3}, MemSize: 1, Prot: loader.ProtR | loader.ProtX},
		{Addr: high, Data: []byte{0xc3}, MemSize: 1, Prot: loader.ProtR | loader.ProtX},
		{Addr: high + 0x1000, Data: []byte{1}, MemSize: 1, Prot: loader.ProtR | loader.ProtW},
	}, Symbols: loader.NewSymbols([]loader.Symbol{{Name: "start", Addr: low, Size: 1, Kind: loader.Function}})}
	program, err := loader.ELF(image)
	require.NoError(t, err)
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte("T\n-- machine --\narch x86_64\n-- program --\npath \"p.elf\"\n-- tasks --\ncpu 0 at start\n")}, "p.elf": {Data: program}}, "s.txtar")
	require.NoError(t, err)
	r, err := scenario.Open(context.Background(), f, scenario.Options{})
	require.NoError(t, err)
	defer r.Close()
	s := r.Machine.CPUs[0].Space
	for at, want := range map[uint64]emu.Prot{low: emu.User | emu.Exec | emu.Write, high: emu.Exec | emu.Write, high + 0x1000: emu.Write} {
		pte, ok := s.Lookup(at)
		require.True(t, ok)
		require.Equal(t, want, pte.Prot, "%#x", at)
	}
	require.NoError(t, r.Finish(context.Background(), nil))
	require.Contains(t, r.Done(), "task finished")
}
