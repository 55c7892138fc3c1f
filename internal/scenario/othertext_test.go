package scenario

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/sched"
)

// A schedule that smp-missed-probe had while engine 2002's text was assembly (by
// the version before "kprobes: engine 2002's text is C") is refused with the
// reason: on the C text it would run, and show nothing.
func TestSchedulesOfAnotherTextAreRefused(t *testing.T) {
	f, err := Load("smp-missed-probe")
	require.NoError(t, err)
	for _, old := range []string{"t2.b9a768.0x86,1", "t2.ff55de.0x11,1"} { // through the text, and direct
		_, _, err = OpenScheduled(context.Background(), f, Options{}, old)
		require.ErrorIs(t, err, ErrOtherText)
		require.ErrorIs(t, err, ErrBadSchedule)
		require.ErrorContains(t, err, "search again")
	}
	_, _, err = OpenScheduled(context.Background(), f, Options{}, "t2.123456.0x86,1")
	require.ErrorIs(t, err, sched.ErrOtherScenario)
	require.NotErrorIs(t, err, ErrOtherText)

	text := strings.Replace(string(f.Bytes()), "-- check --", "-- schedule --\nt2.b9a768.0x86,1 violates no-missed-probe\n-- check --", 1)
	kept, err := format.Parse("kept.txtar", []byte(text))
	require.NoError(t, err)
	err = CheckSchedules(context.Background(), &File{File: kept}, func(Shown) {})
	var flaw *format.Error
	require.ErrorAs(t, err, &flaw)
	require.ErrorContains(t, err, "another text of the kernel")
}

// The sum of a text is that of its bytes: the engines' differ, by architecture and
// from direct mode's.
func TestEveryTextHasItsSum(t *testing.T) {
	seen := map[string]string{}
	for _, engine := range []string{"none", "2002", "2005", "modern"} {
		for _, name := range []string{"first-probe", "x86-64-first-probe"} {
			for _, direct := range []bool{false, true} {
				f, err := Load(name)
				require.NoError(t, err)
				r, err := Open(context.Background(), f, Options{Engine: engine, Direct: direct})
				require.NoError(t, err)
				sum := r.KernelText()
				r.Close()
				if direct && name != "first-probe" {
					continue // the flow is the same
				}
				require.Empty(t, seen[sum], "%s %s", engine, name)
				seen[sum] = engine
			}
		}
	}
}
