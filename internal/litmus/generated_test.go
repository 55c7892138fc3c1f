package litmus_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
	"trapline/internal/scenario"
)

var programs = flag.Int("programs", 40, "generated tests that are compared with the model")

// requireModel compares outcomes with the model's.
func requireModel(t *testing.T, test *litmus.Test, tso, split bool, r *litmus.Result) {
	require.Equal(t, outcomes(test, tso, split), r.Outcomes(), "tso %v, split %v\n%+v", tso, split, test.Threads)
}

// generate makes a test of up to three threads with up to four accesses each:
// stores, loads, locked instructions, unlocked ones that read and write, fences,
// CPUIDs, IRETs and INT3s whose handler returns.
func generate(rng *rand.Rand) []byte {
	location := func() string { return string("xyz"[rng.IntN(2+rng.IntN(2))]) }
	register := func() string { return []string{"ESI", "EDI", "R8D"}[rng.IntN(3)] }
	var threads []string
	observed := ""
	for i := range 2 + rng.IntN(2) {
		var list []string
		for range 1 + rng.IntN(4) {
			switch rng.IntN(10) {
			case 0, 1, 2:
				list = append(list, fmt.Sprintf("MOV [%s],$%d", location(), 1+rng.IntN(3)))
			case 3, 4, 5:
				list = append(list, fmt.Sprintf("MOV %s,[%s]", register(), location()))
			case 6:
				list = append(list, fmt.Sprintf("MOV [%s],%s", location(), register()))
			case 7:
				list = append(list, fmt.Sprintf("XCHG [%s],%s", location(), register()))
			case 8:
				list = append(list, fmt.Sprintf("%sADD [%s],$%d", []string{"", "LOCK "}[rng.IntN(2)], location(), 1+rng.IntN(2)))
			case 9:
				list = append(list, []string{"MFENCE", "SFENCE", "LFENCE", "LOCK XADD [x],EDI", "CPUID", "IRET", "INT3"}[rng.IntN(7)])
			}
		}
		threads = append(threads, strings.Join(list, ";"))
		observed += fmt.Sprintf("%d:ESI;%d:EDI;%d:R8D;", i, i, i)
	}
	return text("generated", "", "locations ["+observed+"x;y;z;]\nexists true", threads...)
}

// isCertified asks a search for a certificate. An outcome's registers are not
// looked at: that would forbid it.
func isCertified(t *testing.T, test *litmus.Test) bool {
	f, err := test.File("certificate")
	require.NoError(t, err)
	f.Check = nil
	x, err := scenario.Search{}.Do(t.Context(), f)
	require.NoError(t, err)
	require.True(t, x.Exhausted)
	return x.Certificate.Given
}

// T2, T3: generated programs end as the model says, under both memory models and
// with read-modify-writes split.
func TestT2GeneratedProgramsAgreeWithTheModel(t *testing.T) {
	differ, split, certified := 0, 0, 0
	for seed := range *programs {
		data := generate(rand.New(rand.NewPCG(uint64(seed), 17)))
		test, err := litmus.Parse("generated", data)
		require.NoError(t, err, "%s", data)
		var n [3]int
		for i, stores := range []int{0, 8, 0} {
			r, err := test.Outcomes(t.Context(), "generated", stores, litmus.Options{Split: i == 2})
			require.NoError(t, err, "%s", data)
			requireModel(t, test, stores > 0, i == 2, r)
			n[i] = len(r.Found)
		}
		if n[0] != n[1] {
			differ++
		}
		if isCertified(t, test) { // T1
			certified++
			require.Equal(t, outcomes(test, false, false), outcomes(test, true, false), "certified\n%s", data)
		}
		if n[0] != n[2] {
			split++
		}
	}
	t.Logf("%d programs; %d have outcomes that only x86-TSO has, %d that only split instructions have; %d are certified", *programs, differ, split, certified)
	require.Positive(t, certified)
	require.Positive(t, differ)
	require.Positive(t, split)
}
