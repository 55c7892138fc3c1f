package props_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
	"trapline/kprobes/props"
)

// TestS4TransparencyHoldsWhereTheProgramItselfRaces: two vCPUs add to one word
// without a lock, so the program has several ends; probed, it has no other.
func TestS4TransparencyHoldsWhereTheProgramItselfRaces(t *testing.T) {
	code := []byte{0xa1, 0, 8, 0x7a, 0xda, 0x40, 0xa3, 0, 8, 0x7a, 0xda, 0xc3} // mov data,%eax; inc %eax; mov %eax,data; ret
	memory := []props.Range{{Low: 0xc0330000, High: 0xc0331000}}
	plain := &scene{engine: kprobes.EngineNone, cpus: 2, code: code, start: []uint64{0, 0}, spare: []uint64{5}}
	base, err := props.Baseline(context.Background(), func() (*kprobes.Manager, error) { return plain.build(t), nil }, memory, explore.Bounds{})
	require.NoError(t, err)
	require.Len(t, base, 3, "1+2, 2+1 and the lost update")
	transparent := func(g *kprobes.Manager) []explore.Property {
		return []explore.Property{props.NewTransparency(g, memory, base)}
	}
	probed := &scene{engine: kprobes.Engine2002, direct: true, cpus: 2, code: code, start: []uint64{0, 0}, probes: []uint64{5}}
	r, err := explore.Search(context.Background(), probed.factory(t, transparent), explore.Options{Bounds: explore.Bounds{}})
	require.NoError(t, err)
	require.Nil(t, r.Found)
	require.True(t, r.Exhausted)
}

// TestK8UnregisterIsNotTransparent: the swallowed trap resumes inside the
// instruction, whose bytes 90 90 90 90 do no harm but do not load eax either.
func TestK8UnregisterIsNotTransparent(t *testing.T) {
	s := scenes(true)["unregister-race"]
	s.code = []byte{0xb8, 0x90, 0x90, 0x90, 0x90, 0xc3}
	ends := map[bool]int{}
	_, err := explore.Search(context.Background(), s.factory(t, none), explore.Options{

		AtEnd: func(sys explore.System) { ends[sys.(*explore.Machine).M.CPUs[0].GPR[emu.RAX] == 0x90909090]++ },
	})
	require.NoError(t, err)
	require.Positive(t, ends[true])
	require.Positive(t, ends[false], "K8")
}

func TestS4Assertions(t *testing.T) {
	s := missed(2, true)
	both := func(g *kprobes.Manager) []explore.Property {
		inside := func(d emu.Door, cpu int) bool {
			return d.Register(cpu, emu.RegisterIP) == g.Probes()[0].Addr+3 && d.Register(cpu, emu.RegisterAble) != 0
		}
		return []explore.Property{&props.Never{M: g.K.M, Title: "both behind the probe", Bad: func(d emu.Door) bool {
			return inside(d, 0) && inside(d, 1)
		}}}
	}
	r, err := explore.Search(context.Background(), s.factory(t, both), explore.Options{})
	require.NoError(t, err)
	require.NotNil(t, r.Found)
	require.Equal(t, "both behind the probe", r.Found.Violation.Property)
	hits := func(g *kprobes.Manager) []explore.Property {
		return []explore.Property{&props.Finally{M: g.K.M, Title: "two hits", Good: func(d emu.Door) bool { return g.Read(d, 0, kprobes.Hits) == 2 }}}
	}
	r, err = explore.Search(context.Background(), s.factory(t, hits), explore.Options{})
	require.NoError(t, err)
	require.Equal(t, "two hits", r.Found.Violation.Property, "a missed probe (K11)")
}

func TestMachineSearchIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	for _, list := range []func(*kprobes.Manager) []explore.Property{none, only(t, missed(3, true), props.NoMissedProbe)} {
		var first *explore.Report
		for _, jobs := range []int{1, 2, 4} {
			r, err := explore.Search(context.Background(), missed(3, true).factory(t, list),
				explore.Options{Jobs: jobs, KeepOutcomes: true})
			require.NoError(t, err)
			if first == nil {
				first = r
			}
			require.Equal(t, first.Found, r.Found)
			require.Equal(t, first.Outcomes, r.Outcomes)
			require.Equal(t, first.States, r.States)
			require.Equal(t, first.Schedules, r.Schedules)
		}
	}
}
