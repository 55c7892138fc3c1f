package fuzzsearch

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a scenario has but does not come to is not counted.
func TestExecutedFeatures(t *testing.T) {
	s := small()
	s.Engine = "2005"
	s.Tasks[0].Pieces = []Part{
		plain("rdtsc").with(TimeStamp), plain("jmp 1f"), plain("hlt").with(Halt), plain("1:\tmovl x, %%ecx"), plain("p2:\tcld"),
		plain("ret"), plain("p1:\tincl lk").with(OwnLock),
	}
	pre := func(label string, f Feature) Probe {
		return Probe{Part: Part{Text: "q" + label + " at " + label, Features: []Feature{Hits}},
			Handlers: []Handler{{"pre", []Part{{Text: "set u32[y] u32[x]", Features: []Feature{f}}}}}}
	}
	s.Probes = []Probe{pre("p1", ReadsArmed), pre("p2", ReadsMemory)}
	r := Compare(t.Context(), s, Small)
	require.Empty(t, r.Discarded)
	require.Equal(t, []Feature{Hits, ReadsMemory, TimeStamp}, r.Executed)
}
