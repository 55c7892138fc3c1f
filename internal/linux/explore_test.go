package linux_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
)

// exitsWell is the property that the program ends with status 0.
type exitsWell struct{ k *linux.Kernel }

func (exitsWell) Name() string                       { return "exits-well" }
func (exitsWell) Step(*emu.Event) *explore.Violation { return nil }
func (p exitsWell) End() *explore.Violation {
	if r := p.k.Result(); r.Bound != linux.NoBound || r.ExitStatus() != 0 {
		return &explore.Violation{Property: p.Name(), What: r.String()}
	}
	return nil
}

// race makes systems of testdata/race.c, built with what defines says.
func race(t *testing.T, defines ...string) func() (explore.System, error) {
	path := filepath.Join(t.TempDir(), "race")
	args := append(defines, "-O1", "-static", "-nostdlib", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector", "-o", path, "testdata/race.c")
	if text, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Skipf("gcc: %v %s", err, text)
	}
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return func() (explore.System, error) {
		fs, err := vfs.OpenMem(map[string]vfs.MemFile{"/race": {Data: data, Exec: true}})
		if err != nil {
			return nil, err
		}
		k, err := linux.New(linux.Config{Path: "/race", FS: fs, CPUs: 2, Quantum: -1, Limits: linux.Limits{Memory: 1 << 20}})
		if err != nil {
			return nil, err
		}
		return explore.NewMachine(k.Machine(), explore.MachineConfig{
			Properties: []explore.Property{exitsWell{k}}, Close: k.Close,
		}), nil
	}
}

// A search finds the schedule in which two threads of a program lose an update.
func TestSearchFindsARace(t *testing.T) {
	r, err := explore.Search(t.Context(), race(t), explore.Options{Bounds: explore.Bounds{Preemptions: explore.AtMost(2)}})
	require.NoError(t, err)
	require.NotNil(t, r.Found)
	require.Equal(t, "exits-well", r.Found.Violation.Property)
	t.Logf("%v: %v", r.Found.Schedule, r.Verdict())
}

// With the lock prefix there is none, and leaving out the schedules that a search takes for equal loses no final state.
func TestSearchFindsNoRace(t *testing.T) {
	open := race(t, "-DLOCKED")
	var ends [2][]uint64
	for i, all := range []bool{false, true} {
		r, err := explore.Search(t.Context(), open, explore.Options{
			NoReduction: all, KeepOutcomes: true,
		})
		require.NoError(t, err)
		require.Nil(t, r.Found)
		require.True(t, r.Exhausted, "%v", r.Verdict())
		t.Log(r.Verdict())
		ends[i] = r.Outcomes
	}
	require.NotEmpty(t, ends[0])
	require.Equal(t, ends[1], ends[0])
}
