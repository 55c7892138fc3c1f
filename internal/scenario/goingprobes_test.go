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

// V5: the same of the 66th probe at an address.
func TestV5OneOfManyProbesGoes(t *testing.T) {
	text := "Many probes.\n-- machine --\narch x86_64\ncpus 2\nengine modern\n-- text.S --\n\t.globl a, t\na:\tcall t\n\tret\nt:\taddl $5, %eax\n\tret\n-- probes --\n"
	for i := range 66 {
		text += fmt.Sprintf("p%d at t\n\tpre none\n", i)
	}
	text += "-- tasks --\ncpu 0 calls disable(p65)\ncpu 1 at a\n-- check --\nno-missed-probe\none-pre-one-post\n"
	found, err := scenario.Search{Options: explore.Options{Jobs: 1}}.Do(t.Context(), parse(t, text))
	require.NoError(t, err)
	require.Nil(t, found.Found, "%s", found.Violation)
	require.True(t, found.Exhausted)
}

// M5: of gathered probes one that is disabled or taken out between its two handlers does not get the second one called, and
// the violation says so. A probe that is alone at its address does.
func TestM5NoPostHandlerOfAProbeThatGoes(t *testing.T) {
	const text = "Gathered probes.\n-- machine --\narch x86_64\ncpus 2\nengine %s\n-- text.S --\n\t.globl a\na:\taddl $5, %%eax\n\tret\n" +
		"-- probes --\n%sp at a\n\tpre count\n\tpost count\n-- tasks --\ncpu 0 calls %s(p)\ncpu 1 at a\n-- check --\none-pre-one-post\n"
	const gathered = "o at a\n\tpre count\n"
	for _, x := range []struct{ engine, other, call string }{
		{"modern", "", "disable"}, {"modern", gathered, "disable"}, {"modern", gathered, "unregister"}, {"modern+boost", gathered, "unregister"},
	} {
		found, err := scenario.Search{Options: explore.Options{Jobs: 1}}.Do(t.Context(), parse(t, fmt.Sprintf(text, x.engine, x.other, x.call)))
		require.NoError(t, err)
		if x.other == "" {
			require.Nil(t, found.Found)
			continue
		}
		require.NotNil(t, found.Found, "%v", x)
		require.Equal(t, "M5", found.Violation.Row)
		require.Equal(t, "probe p: of 1 hits 1 ended without its post_handler: it was disabled or unregistered meanwhile", found.Violation.Text)
	}
}

// M5: a hit inside a hit counts as missed for each probe on the list, disabled or not.
func TestM5ADisabledProbeIsMissedToo(t *testing.T) {
	const text = "Inside.\n-- machine --\narch i386\nengine %s\n-- text.S --\n\t.globl main, target, inner, handler\nmain:\tcall target\n\tret\n" +
		"target:\tmovl $5, %%eax\n\tret\ninner:\tmovl $7, %%edx\n\tret\nhandler:\tcall inner\n\txorl %%eax, %%eax\n\tret\n" +
		"-- probes --\na at inner\n\tpre count\nb at inner\n\tpre count\nouter at target\n\tpre call handler\n" +
		"-- tasks --\ncpu 0 calls disable(b), main\n-- check --\nfinally both: missed(a) == 1 && missed(b) == 1\none-pre-one-post\n"
	for _, engine := range []string{"modern", "modern+boost"} {
		for _, kernelText := range []bool{false, true} {
			found, err := scenario.Search{KernelText: kernelText, Options: explore.Options{Jobs: 1}}.Do(t.Context(), parse(t, fmt.Sprintf(text, engine)))
			require.NoError(t, err)
			require.Nil(t, found.Found, "%s: %s", engine, found.Violation)
		}
	}
}
