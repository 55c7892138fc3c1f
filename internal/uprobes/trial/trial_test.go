package trial_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/audit"
	"trapline/internal/uprobes/places"
	"trapline/internal/uprobes/trial"
)

// rig is a program of testdata without a library.
type rig struct {
	trial.Trial
	path    string
	size    uint64
	auditor *audit.Auditor
	image   *loader.Image
}

func newRig(t *testing.T, source string, options ...string) *rig {
	path := filepath.Join(t.TempDir(), "program")
	args := append([]string{"-O1", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-fno-toplevel-reorder", "-o", path}, options...)
	if out, err := exec.Command("gcc", append(args, filepath.Join("testdata", source))...).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	fs, err := vfs.OpenFiles(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, fs.Close()) })
	f := places.NewFile(image, data)
	return &rig{trial.Trial{Config: linux.Config{Path: path, FS: fs}}, path, uint64(len(data)), audit.New(f, f.Program()), image}
}

func (r *rig) run(t *testing.T, probes []trial.Probe) *trial.Outcome {
	o, err := r.Run(context.Background(), probes)
	require.NoError(t, err)
	return &o
}

func (r *rig) offset(t *testing.T, symbol string) uint64 {
	s, ok := r.image.Symbols.Lookup(symbol)
	require.True(t, ok)
	offset, ok := r.image.OffsetOfAddr(s.Addr)
	require.True(t, ok)
	return offset
}

// U16: at every byte of a program's file the judgement is what enabling a probe there answers with the program mapped.
func TestU16JudgementsAreTheKernels(t *testing.T) {
	for _, width := range []string{"-m64", "-m32"} {
		r := newRig(t, "odd.S", width)
		var probes []trial.Probe
		verdicts := map[audit.Verdict]int{}
		want := map[uint64]events.Errno{}
		for offset := uint64(0); offset < r.size+64; offset++ {
			p := r.auditor.Judge(offset)
			verdicts[p.Verdict]++
			if p.Verdict == audit.NotCode { // in silence, wherever a mapping of the program has it
				continue
			}
			if errno := p.Errno(); errno != 0 {
				want[offset] = errno
			}
			probes = append(probes, trial.Probe{Path: r.path, Offset: offset})
		}
		require.Greater(t, verdicts[audit.Emulated], 5)
		require.Greater(t, verdicts[audit.Stepped], 10)
		require.Greater(t, verdicts[audit.Refused], 5)
		require.Greater(t, verdicts[audit.NotCode], 10)
		got := map[uint64]events.Errno{}
		for _, refused := range r.run(t, probes).Refused {
			got[refused.Offset] = refused.Err.(events.Errno)
		}
		// At the file's very end the kernel accepts a place and finds no byte to judge when a process maps it.
		delete(want, r.size)
		delete(got, r.size)
		require.Equal(t, want, got, width)
	}
}

// Each rule refuses something, and says which.
func TestU4RulesAreNamed(t *testing.T) {
	r := newRig(t, "odd.S", "-m64")
	for symbol, want := range map[string]uprobes.Rule{
		"at_int3": uprobes.IsBreakpoint, "at_unknown": uprobes.Undecodable, "at_lock": uprobes.BadPrefix, "at_ss": uprobes.LoadsSS,
		"at_hlt": uprobes.BadOpcode, "at_narrow": uprobes.NarrowBranch, "at_nop": uprobes.Accepted,
	} {
		p := r.auditor.Judge(r.offset(t, symbol))
		require.Equal(t, want, p.Rule, symbol)
		require.Equal(t, want != uprobes.Undecodable, p.Begins, symbol)
	}
	p := r.auditor.Judge(r.offset(t, "at_lock"))
	require.Equal(t, []uint64{p.Offset - 1, p.Offset + 3}, r.auditor.Nearest(p), "the nop ahead, and the one behind the instruction")
	require.False(t, r.auditor.Judge(p.Offset+1).Begins)
}

// A program that reads its own code differs, and the probes that it can see are found.
func TestPlantedDifferenceIsFound(t *testing.T) {
	r := newRig(t, "self.c")
	without := r.run(t, nil)
	require.Equal(t, "exit 0", without.Result.String())
	harmless := []trial.Probe{{Path: r.path, Offset: r.offset(t, "other")}, {Path: r.path, Offset: r.offset(t, "_start")}}
	require.Empty(t, trial.Compare(without, r.run(t, harmless)))
	seen := trial.Probe{Path: r.path, Offset: r.offset(t, "work")}
	all := append([]trial.Probe{seen}, harmless...)
	differences := trial.Compare(without, r.run(t, all))
	require.Len(t, differences, 2)
	require.Equal(t, "standard output", differences[1].What)
	culprits, err := r.Culprits(context.Background(), without, all)
	require.NoError(t, err)
	require.Equal(t, []trial.Probe{seen}, culprits)
	steady, err := r.Unsteady(context.Background(), without)
	require.NoError(t, err)
	require.Empty(t, steady)
}

// Uprobes that put less right than Linux 6.1's are caught: the RFC of 2005 leaves a branch's target at the copy's distance (O3).
func TestBrokenUprobesAreFound(t *testing.T) {
	r := newRig(t, "self.c")
	var probes []trial.Probe
	for _, offset := range r.auditor.Places() {
		if p := r.auditor.Judge(offset); p.Good() && p.Function.Name == "other" {
			probes = append(probes, trial.Probe{Path: r.path, Offset: offset})
		}
	}
	without := r.run(t, nil)
	require.Empty(t, trial.Compare(without, r.run(t, probes)))
	r.Engine = uprobes.Described2005
	require.NotEmpty(t, trial.Compare(without, r.run(t, probes)))
}
