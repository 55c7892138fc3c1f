package walk

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
)

// fixtures are recorded once and committed, so that every other machine that
// runs the tests makes the same runs again.
var fixtures = []struct {
	name, scenario string
	options        scenario.Options
}{
	{"first-probe", "first-probe", scenario.Options{}},
	{"race-2005", "smp-missed-probe", scenario.Options{Engine: "2005"}},
	{"tick-direct", "timer-during-step", scenario.Options{Direct: true}},
	{"long-modern", "x86-64-first-probe", scenario.Options{Engine: "modern"}},
	{"threads-xol", "threads-xol", scenario.Options{}},
	{"stack-2005", "xol-slot", scenario.Options{Engine: "uprobes-2005"}},
}

// A recording made on another machine, an AMD EPYC or an Intel Xeon under Debian 12, replays here to its hashes.
func TestRecordingsOfAnotherMachineReplay(t *testing.T) {
	for _, x := range fixtures {
		t.Run(x.name, func(t *testing.T) {
			file := filepath.Join("testdata", x.name+".tlr")
			if testkit.Updating() {
				write(t, file, x.scenario, x.options)
			}
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			f, err := Decode(data)
			require.NoError(t, err)
			w, err := Replay(t.Context(), f, emu.DefaultProcessor)
			require.NoError(t, err, "where a step or the state of the machine was changed on purpose, go test ./internal/tui/walk -update records anew")
			defer w.Close()
			require.Equal(t, f.Steps(), w.End())
			require.Greater(t, len(f.Hashes), 1)
		})
	}
}

func write(t *testing.T, file, scenario string, o scenario.Options) {
	t.Helper()
	w := open(t, scenario, Options{Options: o, Record: DefaultRecord})
	f, err := w.Recording(t.Context(), "an earlier run of a test")
	require.NoError(t, err)
	data, err := f.Encode()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(file, data, 0o644))
}
