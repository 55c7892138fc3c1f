package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/rigs/crewtest"
	"trapline/internal/scenario"
)

// falseAtTheStart has a condition that the first step of vCPU 0 makes true. A
// step of vCPU 1 that comes before it shows that it is false.
const falseAtTheStart = `A condition that is false until one of two vCPUs begins.
-- machine --
arch i386
cpus 2
engine none
-- text.S --
	.globl first, other
first:	movl $7, %ebx
	movl %ebx, x
	ret
other:	ret
	.data
x:	.long 0
-- tasks --
cpu 0 at first
cpu 1 at other
-- check --
always set: %ebx == 7
`

// V1: who goes first is tried where a property is false at the start, though
// nothing that the vCPUs do depends on each other.
func TestV1AConditionFalseAtTheStart(t *testing.T) {
	f := parse(t, falseAtTheStart)
	for i, o := range []explore.Options{{}, {NoReduction: true}, {Without: explore.LocalStarts}, {Jobs: 2}, {}} {
		systems, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
		require.NoError(t, err)
		if i == 4 { // divided
			crew := crewtest.New(1, 3, systems.New)
			defer crew.Close()
			o.Crew = crew
		}
		r, err := explore.Search(t.Context(), systems.New, o)
		require.NoError(t, err)
		require.NotNil(t, r.Found, "%+v: %v", o, r.Verdict())
		require.Equal(t, "set", r.Found.Violation.Property)
		systems.Close()
	}
}
