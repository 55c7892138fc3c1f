package litmus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/litmus"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// published are tests of the literature and what they allow: Intel's white paper
// of 2007 and the SDM (iwp…; vol. 3, 9.2.3), AMD's manual (amd…; vol. 2, 7.2),
// Sewell, Sarkar, Owens, Zappa Nardelli and Myreen, "x86-TSO" (CACM 2010), Owens,
// Sarkar and Sewell, "A Better x86 Memory Model" (2009), and the families of
// Alglave, Maranget and Tautschnig.
var published = []struct {
	name, condition string
	sc, tso         bool // whether it can end so
	threads         []string
}{
	{"SB, iwp2.3.a, amd4", `exists (0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;MOV EAX,[y]", "MOV [y],$1;MOV EAX,[x]"}},
	{"MP, iwp2.1, amd1", `exists (1:EAX=1 /\ 1:EBX=0)`, false, false, []string{"MOV [x],$1;MOV [y],$1", "MOV EAX,[y];MOV EBX,[x]"}},
	{"LB, iwp2.2, amd2", `exists (0:EAX=1 /\ 1:EAX=1)`, false, false, []string{"MOV EAX,[x];MOV [y],$1", "MOV EAX,[y];MOV [x],$1"}},
	{"iwp2.3.b", `exists (0:EAX=0)`, false, false, []string{"MOV [x],$1;MOV EAX,[x]"}},
	{"iwp2.4, amd9", `exists (0:EAX=1 /\ 0:EBX=0 /\ 1:EAX=1 /\ 1:EBX=0)`, false, true, []string{"MOV [x],$1;MOV EAX,[x];MOV EBX,[y]", "MOV [y],$1;MOV EAX,[y];MOV EBX,[x]"}},
	{"WRC, iwp2.5, amd8", `exists (1:EAX=1 /\ 2:EAX=1 /\ 2:EBX=0)`, false, false, []string{"MOV [x],$1", "MOV EAX,[x];MOV [y],$1", "MOV EAX,[y];MOV EBX,[x]"}},
	{"IRIW, iwp2.6, amd6", `exists (2:EAX=1 /\ 2:EBX=0 /\ 3:EAX=1 /\ 3:EBX=0)`, false, false, []string{"MOV [x],$1", "MOV [y],$1", "MOV EAX,[x];MOV EBX,[y]", "MOV EAX,[y];MOV EBX,[x]"}},
	{"iwp2.7, amd7", `exists (2:EAX=1 /\ 2:EBX=0 /\ 3:EAX=1 /\ 3:EBX=0)`, false, false, []string{"MOV EAX,$1;XCHG [x],EAX", "MOV EAX,$1;XCHG [y],EAX", "MOV EAX,[x];MOV EBX,[y]", "MOV EAX,[y];MOV EBX,[x]"}},
	{"iwp2.8.a", `exists (0:EBX=0 /\ 1:EBX=0)`, false, false, []string{"MOV EAX,$1;XCHG [x],EAX;MOV EBX,[y]", "MOV EAX,$1;XCHG [y],EAX;MOV EBX,[x]"}},
	{"iwp2.8.b", `exists (1:EAX=1 /\ 1:EBX=0)`, false, false, []string{"MOV EAX,$1;XCHG [x],EAX;MOV [y],$1", "MOV EAX,[y];MOV EBX,[x]"}},
	{"amd3", `exists (0:EAX=1 /\ 1:EAX=1)`, false, true, []string{"MOV [x],$1;MOV [x],$2;MOV EAX,[y]", "MOV [y],$1;MOV [y],$2;MOV EAX,[x]"}},
	{"amd5, SB+mfences", `exists (0:EAX=0 /\ 1:EAX=0)`, false, false, []string{"MOV [x],$1;MFENCE;MOV EAX,[y]", "MOV [y],$1;MFENCE;MOV EAX,[x]"}},
	{"amd10", `exists (0:EAX=1 /\ 0:EBX=0 /\ 1:EAX=1 /\ 1:EBX=0)`, false, false, []string{"MOV [x],$1;MFENCE;MOV EAX,[x];MOV EBX,[y]", "MOV [y],$1;MFENCE;MOV EAX,[y];MOV EBX,[x]"}},
	{"SB+mfence+po", `exists (0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;MFENCE;MOV EAX,[y]", "MOV [y],$1;MOV EAX,[x]"}},
	{"SB+lfences", `exists (0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;LFENCE;MOV EAX,[y]", "MOV [y],$1;LFENCE;MOV EAX,[x]"}},
	{"SB+sfences", `exists (0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;SFENCE;MOV EAX,[y]", "MOV [y],$1;SFENCE;MOV EAX,[x]"}},
	{"SB+irets", `exists (0:EAX=0 /\ 1:EAX=0)`, false, false, []string{"MOV [x],$1;IRET;MOV EAX,[y]", "MOV [y],$1;IRET;MOV EAX,[x]"}},
	{"SB+int3s", `exists (0:EAX=0 /\ 1:EAX=0)`, false, false, []string{"MOV [x],$1;INT3;MOV EAX,[y]", "MOV [y],$1;INT3;MOV EAX,[x]"}},
	{"SB+int3+po", `exists (0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;INT3;MOV EAX,[y]", "MOV [y],$1;MOV EAX,[x]"}},
	{"SB+cpuids", `exists (0:ESI=0 /\ 1:ESI=0)`, false, false, []string{"MOV [x],$1;CPUID;MOV ESI,[y]", "MOV [y],$1;CPUID;MOV ESI,[x]"}},
	{"SB+locked elsewhere", `exists (0:EAX=0 /\ 1:EAX=0)`, false, false, []string{"MOV [x],$1;LOCK ADD [z],$1;MOV EAX,[y]", "MOV [y],$1;LOCK ADD [z],$1;MOV EAX,[x]"}},
	{"R, n1 of two threads", `exists ([y]=2 /\ 1:EAX=0)`, false, true, []string{"MOV [x],$1;MOV [y],$1", "MOV [y],$2;MOV EAX,[x]"}},
	{"R+mfence", `exists ([y]=2 /\ 1:EAX=0)`, false, false, []string{"MOV [x],$1;MOV [y],$1", "MOV [y],$2;MFENCE;MOV EAX,[x]"}},
	{"S", `exists ([x]=2 /\ 1:EAX=1)`, false, false, []string{"MOV [x],$2;MOV [y],$1", "MOV EAX,[y];MOV [x],$1"}},
	{"2+2W", `exists ([x]=1 /\ [y]=1)`, false, false, []string{"MOV [x],$1;MOV [y],$2", "MOV [y],$1;MOV [x],$2"}},
	{"n2", `exists (2:EAX=1 /\ 2:EBX=0 /\ 3:EAX=1 /\ 3:EBX=0 /\ [x]=1)`, false, false, []string{"MOV [x],$1;MOV [y],$1", "MOV [z],$1;MOV [x],$2", "MOV EAX,[y];MOV EBX,[z]", "MOV EAX,[z];MOV EBX,[y]"}},
	{"n4", `exists (0:EAX=2 /\ 1:EAX=1)`, true, true, []string{"MOV [x],$1;MOV EAX,[x]", "MOV EAX,[x];MOV [x],$2"}},
	{"n4b", `exists (0:EAX=2 /\ 1:EAX=1)`, false, false, []string{"MOV EAX,[x];MOV [x],$1", "MOV EAX,[x];MOV [x],$2"}},
	{"n5", `exists (0:EAX=2 /\ 1:EAX=1)`, false, false, []string{"MOV [x],$1;MOV EAX,[x]", "MOV [x],$2;MOV EAX,[x]"}},
	{"n6", `exists (0:EAX=1 /\ 0:EBX=0 /\ [x]=1 /\ [y]=2)`, false, true, []string{"MOV [x],$1;MOV EAX,[x];MOV EBX,[y]", "MOV [y],$2;MOV [x],$2"}},
	{"n7", `exists (0:EAX=1 /\ 0:EBX=0 /\ 2:EAX=1 /\ 2:EBX=0)`, false, true, []string{"MOV [x],$1;MOV EAX,[x];MOV EBX,[y]", "MOV [y],$1", "MOV EAX,[y];MOV EBX,[x]"}},
	{"RWC", `exists (1:EAX=1 /\ 1:EBX=0 /\ 2:EAX=0)`, false, true, []string{"MOV [x],$1", "MOV EAX,[x];MOV EBX,[y]", "MOV [y],$1;MOV EAX,[x]"}},
	{"RWC+mfence", `exists (1:EAX=1 /\ 1:EBX=0 /\ 2:EAX=0)`, false, false, []string{"MOV [x],$1", "MOV EAX,[x];MOV EBX,[y]", "MOV [y],$1;MFENCE;MOV EAX,[x]"}},
	{"WWC", `exists ([x]=2 /\ 1:EAX=2 /\ 2:EAX=1)`, false, false, []string{"MOV [x],$2", "MOV EAX,[x];MOV [y],$1", "MOV EAX,[y];MOV [x],$1"}},
	{"ISA2", `exists (1:EAX=1 /\ 2:EAX=1 /\ 2:EBX=0)`, false, false, []string{"MOV [x],$1;MOV [y],$1", "MOV EAX,[y];MOV [z],$1", "MOV EAX,[z];MOV EBX,[x]"}},
	{"3.SB", `exists (0:EAX=0 /\ 1:EAX=0 /\ 2:EAX=0)`, false, true, []string{"MOV [x],$1;MOV EAX,[y]", "MOV [y],$1;MOV EAX,[z]", "MOV [z],$1;MOV EAX,[x]"}},
	{"CoRR", `exists (1:EAX=1 /\ 1:EBX=0)`, false, false, []string{"MOV [x],$1", "MOV EAX,[x];MOV EBX,[x]"}},
	{"CoWW", `exists ([x]=1)`, false, false, []string{"MOV [x],$1;MOV [x],$2"}},
	{"lost update", `exists ([x]=1)`, true, true, []string{"MOV EAX,[x];ADD EAX,$1;MOV [x],EAX", "MOV EAX,[x];ADD EAX,$1;MOV [x],EAX"}},
	{"lost update of locked ones", `exists ([x]=1)`, false, false, []string{"LOCK INC [x]", "LOCK INC [x]"}},
	{"Dekker with a plain unlock", `exists (0:EBX=0 /\ 1:EBX=0 /\ 0:EAX=0 /\ 1:EAX=0)`, false, true, []string{"MOV EAX,[l];MOV [l],$1;MOV [a],$1;MOV EBX,[b]", "MOV EAX,[l];MOV [l],$1;MOV [b],$1;MOV EBX,[a]"}},
}

// replayed is what the schedule of an outcome leads to.
func replayed(t *testing.T, test *litmus.Test, stores int, schedule string) litmus.Outcome {
	f, err := test.File(test.Name)
	require.NoError(t, err)
	f.Machine.StoreBuffer = stores
	run, err := scenario.Open(t.Context(), f, scenario.Options{Direct: true, Scheduled: true})
	require.NoError(t, err)
	defer run.Close()
	s, err := run.ParseSchedule(schedule)
	require.NoError(t, err)
	require.NoError(t, run.Follow(t.Context(), sched.NewReplay(s), nil))
	require.Equal(t, s.Steps(), run.Steps(), "nothing is left to whoever comes next")
	return test.Read(run.Machine.Look())
}

// BenchmarkPublished is all outcomes of each test with store buffers.
func BenchmarkPublished(b *testing.B) {
	for _, x := range published {
		test, err := litmus.Parse(x.name, text(x.name, "", x.condition, x.threads...))
		require.NoError(b, err)
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				_, err := test.Outcomes(b.Context(), x.name, 8, litmus.Options{})
				require.NoError(b, err)
			}
		})
	}
}

// T2: the machine allows what the published tests say, and nothing else.
func TestT2Published(t *testing.T) {
	require.GreaterOrEqual(t, len(published), 30)
	for _, x := range published {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			test, err := litmus.Parse(x.name, text(x.name, "", x.condition, x.threads...))
			require.NoError(t, err)
			for stores, allowed := range map[int]bool{0: x.sc, 8: x.tso} {
				r, err := test.Outcomes(t.Context(), x.name, stores, litmus.Options{})
				require.NoError(t, err)
				require.True(t, r.Verdict.Exhausted)
				require.Equal(t, allowed, test.Confirmed(r.Outcomes()), "stores %d: %v", stores, r.Outcomes())
				requireModel(t, test, stores > 0, false, r)
				for _, found := range r.Found {
					require.Equal(t, found.Outcome, replayed(t, test, stores, found.Schedule))
				}
			}
		})
	}
}
