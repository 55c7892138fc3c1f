package props_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/x86"
)

// unprobedScene finds how a scene's tasks can end under engine none.
type unprobedScene struct {
	t      testing.TB
	scene  scene
	memory []props.Range
}

// One leaves everything to All.
func (*unprobedScene) One(func(*props.End)) (bool, error) { return false, nil }

// All searches every schedule.
func (u *unprobedScene) All(add func(*props.End)) error {
	plain := u.scene
	plain.engine = "none"
	managers := map[*emu.Machine]*kprobes.Manager{}
	return props.FindEnds(context.Background(), func() (explore.System, error) {
		g := plain.build(u.t)
		managers[g.K.M] = g
		return system(g), nil
	}, explore.Options{}, func(s explore.System) *props.End {
		return u.end(managers[s.(*explore.Machine).M])
	}, add)
}

func (u *unprobedScene) end(g *kprobes.Manager) *props.End {
	s := &props.Scope{Memory: u.memory}
	for cpu := range g.K.M.CPUs {
		s.CPUs = append(s.CPUs, cpu)
	}
	return props.KernelEnd(g, s)
}

// transparent judges a scene by what it can end in without probes.
func transparent(t testing.TB, s *scene, memory []props.Range) func(*kprobes.Manager) []explore.Property {
	u := &unprobedScene{t, *s, memory}
	ref := props.NewReference(u)
	return func(g *kprobes.Manager) []explore.Property {
		name := func(at uint64) string { return g.K.Name(at) }
		return []explore.Property{props.NewTransparency(ref, func() *props.End { return u.end(g) }, name)}
	}
}

// racing adds to one word on two vCPUs, without a lock: it has several ends.
func racing(engine string) *scene {
	code := []byte{0xa1, 0, 8, 0x7a, 0xda, 0x40, 0xa3, 0, 8, 0x7a, 0xda, 0xc3} // mov data,%eax; inc %eax; mov %eax,data; ret
	return &scene{engine: engine, direct: true, cpus: 2, code: code, start: []uint64{0, 0}, probes: []uint64{5}}
}

// sharedMemory is the page of a scene's code and data.
var sharedMemory = []props.Range{{Low: 0xc0330000, High: 0xc0331000}}

// S4: what races without probes may race under them; there is no other end.
func TestS4TransparencyHoldsWhereTheProgramItselfRaces(t *testing.T) {
	s := racing("2002")
	ends := map[uint64]bool{}
	require.NoError(t, (&unprobedScene{t, *s, sharedMemory}).All(func(e *props.End) { ends[e.Hash()] = true }))
	require.Len(t, ends, 3, "1+2, 2+1 and the lost update")
	r, err := explore.Search(context.Background(), s.factory(t, transparent(t, s, sharedMemory)), explore.Options{})
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
		AtEnd: func(sys explore.System) { ends[sys.(*explore.Machine).M.CPUs[0].GPR[x86.RAX] == 0x90909090]++ },
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
