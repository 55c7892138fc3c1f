package scenario_test

import (
	"os"
	"os/exec"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
)

// TestV6GoTests: a kept schedule, a search of the file and a search of the
// test pass where they show what they should. judgedWrong has those that fail.
func TestV6GoTests(t *testing.T) {
	scenario.Explore(t, fstest.MapFS{"later.txtar": {Data: []byte(testkit.Race)}},
		scenario.Search{Engine: "2005"}, scenario.Search{Engine: "modern"}, scenario.Search{Engine: "2005", Strategy: scenario.Random, Executions: 20})
	scenario.Explore(t, fstest.MapFS{"known.txtar": {Data: []byte(testkit.Race + "-- explore --\nviolates no-missed-probe K11\n")}})
	scenario.Test(t, fstest.MapFS{
		"pinned.txtar":   {Data: []byte(testkit.Race + "-- schedule --\n" + racing(t) + " violates no-missed-probe K11\n")},
		"searched.txtar": {Data: []byte(testkit.Race + "-- explore --\nviolates no-missed-probe\nengine 2005 holds\nbound 0 holds\n")},
	})
}

// racing is the schedule that a search finds.
func racing(t *testing.T) string {
	x, err := scenario.Search{}.Do(t.Context(), parse(t, testkit.Race))
	require.NoError(t, err)
	require.NotNil(t, x.Found)
	return x.Schedule()
}

const judgeWrong = "TRAPLINE_TEST_JUDGE_WRONG"

// TestV6WrongOnesFail runs judgedWrong in a process of its own.
func TestV6WrongOnesFail(t *testing.T) {
	if os.Getenv(judgeWrong) != "" {
		judgedWrong(t)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestV6WrongOnesFail$")
	cmd.Env = append(os.Environ(), judgeWrong+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "%s", out)
	for _, want := range []string{
		"found.txtar:1: violated: no-missed-probe", "again: trapline run found.txtar --engine 2002 --schedule t2.",
		"missing.txtar:17: no-missed-probe was to be violated, and held",
		"bounded.txtar: every schedule was to be covered: not exhausted",
		"pinned.txtar:17: violated: no-missed-probe",
	} {
		assert.Contains(t, string(out), want)
	}
	assert.NotContains(t, string(out), "--- PASS")
}

// judgedWrong fails in each of its files.
func judgedWrong(t *testing.T) {
	scenario.Explore(t, fstest.MapFS{"found.txtar": {Data: []byte(testkit.Race)}})
	scenario.Explore(t, fstest.MapFS{"missing.txtar": {Data: []byte(testkit.Race + "-- explore --\nengine 2005 violates no-missed-probe\n")}}, scenario.Search{Engine: "2005"})
	bounded := scenario.Search{Engine: "2005"}
	bounded.Bounds.States = 3
	scenario.Explore(t, fstest.MapFS{"bounded.txtar": {Data: []byte(testkit.Race)}}, bounded)
	scenario.Test(t, fstest.MapFS{"pinned.txtar": {Data: []byte(testkit.Race + "-- schedule --\n" + racing(t) + " holds\n")}})
}
