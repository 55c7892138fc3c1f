package scenario_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// V5: a probe that is taken out or disabled while another vCPU runs through it is not
// missed, and a hit that has begun counts for the probes that it began with.
func TestV5ProbesThatGo(t *testing.T) {
	const text = "Probes that go.\n-- machine --\narch x86_64\ncpus 2\nengine %s\n-- text.S --\n\t.globl a, t\na:\tcall t\n\tret\nt:\taddl $5, %%eax\n\tret\n" +
		"-- probes --\np1 at t\n\tpre count\n%s-- tasks --\ncpu 0 calls %s\ncpu 1 at a\n-- check --\nno-missed-probe\none-pre-one-post\nno-lost-rearm\nno-unhandled-trap\n"
	others := []string{"", "p2 at t\n\tpre count\n", "p2 at t\n\tpre count\n\tpost count\np3 at t\n\tpre none\n"}
	for _, x := range []struct {
		engine string
		calls  []string
		others int
	}{
		{"2005", []string{"unregister(p1)"}, 1},
		{"modern", []string{"unregister(p1)", "disable(p1)", "disable(p1), enable(p1)"}, 3},
		{"modern+boost", []string{"unregister(p1)", "disable(p1)"}, 2},
	} {
		for _, calls := range x.calls {
			for _, more := range others[:x.others] {
				f := parse(t, fmt.Sprintf(text, x.engine, more, calls))
				found, err := scenario.Search{Options: explore.Options{Jobs: 1}}.Do(t.Context(), f)
				require.NoError(t, err)
				require.Nil(t, found.Found, "%s, %s\n%s: %s", x.engine, calls, more, found.Violation)
				require.True(t, found.Exhausted)
			}
		}
	}
}
