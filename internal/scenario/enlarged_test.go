package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// enlarge gives a scenario eight vCPUs. Those of kernel code take its tasks in
// turn; programs keep their threads.
func enlarge(t testing.TB, f *format.File, text string) string {
	t.Helper()
	head, rest, ok := strings.Cut(text, "-- machine --\n")
	require.True(t, ok)
	machine, rest, ok := strings.Cut(rest, "\n-- ")
	require.True(t, ok)
	var lines []string
	for line := range strings.Lines(machine + "\n") {
		if !strings.HasPrefix(line, "cpus ") {
			lines = append(lines, line)
		}
	}
	text = head + "-- machine --\n" + strings.Join(lines, "") + fmt.Sprintf("cpus %d\n-- ", emu.MaxCPUs) + rest
	before, tasks, ok := strings.Cut(text, "-- tasks --\n")
	if !ok {
		return text
	}
	tasks, after, more := strings.Cut(tasks, "-- ")
	list := strings.Split(strings.TrimSpace(tasks), "\n")
	for cpu := len(list); cpu < emu.MaxCPUs; cpu++ {
		_, what, _ := strings.Cut(list[cpu%len(f.Tasks)], " at ")
		verb := " at "
		if what == "" {
			_, what, _ = strings.Cut(list[cpu%len(f.Tasks)], " calls ")
			verb = " calls "
		}
		list = append(list, fmt.Sprintf("cpu %d%s%s", cpu, verb, what))
	}
	text = before + "-- tasks --\n" + strings.Join(list, "\n") + "\n"
	if more {
		text += "-- " + after
	}
	return text
}

// enlarged are the built-in races in which dfs finds something, by name, on eight
// vCPUs.
func enlarged(t testing.TB) map[string]*scenario.File {
	files, err := filepath.Glob("../../scenarios/races/*.txtar")
	require.NoError(t, err)
	list := map[string]*scenario.File{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		f, err := format.Parse(name, data)
		require.NoError(t, err)
		small, err := scenario.Search{}.Do(t.Context(), &scenario.File{File: f})
		require.NoError(t, err)
		if small.Found == nil {
			continue
		}
		text := enlarge(t, f, string(data))
		large, err := format.Parse(name, []byte(text))
		require.NoError(t, err, text)
		list[strings.TrimSuffix(filepath.Base(name), ".txtar")] = &scenario.File{File: large}
	}
	return list
}

// The first violation of each built-in race that dfs finds is found on eight
// vCPUs too, by few steps: less than a second of them.
func TestRacesOnEightCPUsAreFoundSoon(t *testing.T) {
	list := enlarged(t)
	for name, f := range list {
		r, err := scenario.Search{}.Do(t.Context(), f)
		require.NoError(t, err)
		require.NotNil(t, r.Found, "%s: %v", name, r.Verdict())
		require.Less(t, r.Steps, uint64(150_000), name)
	}
	require.Greater(t, len(list), 10)
}

// BenchmarkRacesOnEightCPUs is how long that takes, until the schedule is shrunk
// and told.
func BenchmarkRacesOnEightCPUs(b *testing.B) {
	for name, f := range enlarged(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := scenario.Search{}.Do(b.Context(), f)
				require.NoError(b, err)
				require.NotNil(b, r.Found)
				b.ReportMetric(float64(r.States), "states")
			}
		})
	}
}
