package fuzzsearch

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	scenariosFlag = flag.Int("scenarios", 50, "how many scenarios to try")
	startFlag     = flag.Uint64("start", 1, "seed of the first scenario")
	seedFlag      = flag.Uint64("seed", 0, "try the scenario of this seed alone")
	thoroughFlag  = flag.Int("thorough", 0, "how many scenarios get 10,000 random executions of each kind")
	wayFlag       = flag.String("way", "", fmt.Sprintf("%s, or one of %q, for each scenario; else another one each time", AllWays, Ways()))
	folderFlag    = flag.String("folder", "", "where to write scenarios that differ, made small")
)

// TestSearch compares the ways of searching on generated scenarios.
func TestSearch(t *testing.T) {
	require.Contains(t, append(Ways(), "", AllWays), *wayFlag)
	config := Small
	config.Way = *wayFlag
	if *seedFlag != 0 {
		s := Make(*seedFlag)
		t.Logf("features %q\n%s", s.All(), s.File())
		r := Compare(t.Context(), s, config)
		for _, d := range r.Differences {
			t.Logf("%s\n%s", d.Kind, d.Text)
			if *folderFlag != "" {
				small, why := Shrink(t.Context(), s, d, config)
				require.NoError(t, write(*folderFlag, small, why))
			}
		}
		t.Logf("%+v", r)
		require.Empty(t, r.Differences)
		return
	}
	c := Campaign{Config: config, First: *startFlag, Scenarios: *scenariosFlag, Thorough: *thoroughFlag, Many: 10_000,
		AtOnce: 2 * runtime.GOMAXPROCS(0), Folder: *folderFlag, Log: os.Stderr}
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt) // the table comes all the same
	defer stop()
	differ := c.Run(ctx)
	t.Log("\n" + c.Table())
	require.Zero(t, differ)
}
