package props_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/emu/sched"
	"trapline/kprobes"
	"trapline/kprobes/props"
	"trapline/traps"
)

// scene is a machine to search: code for each vCPU and what is probed in it.
type scene struct {
	engine string
	direct bool
	cpus   int
	code   []byte   // shared kernel text; codeAt and dataAt stand for addresses
	start  []uint64 // offset into code, by vCPU
	probes []uint64 // offsets, registered before the run
	spare  []uint64 // offsets of probes that are defined only
	// setup puts more on the machine.
	setup func(t testing.TB, g *kprobes.Manager, code uint64)
}

func (s *scene) build(t testing.TB) *kprobes.Manager {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: emu.I386, CPUs: s.cpus})
	require.NoError(t, err)
	g, err := kprobes.Boot(m, s.engine)
	require.NoError(t, err)
	require.NoError(t, g.K.SetDirect(s.direct))
	at, err := g.K.AllocKernel(m.CPUs[0].Space, 4096, emu.Write|emu.Exec)
	require.NoError(t, err)
	require.NoError(t, m.WriteBytes(m.CPUs[0].Space, at, located(s.code, at)))
	for i, off := range s.start {
		require.NoError(t, g.K.Start(i, traps.Task{}, 0, at+off, 0))
	}
	define := func(off uint64) int {
		i, err := g.Define(kprobes.Probe{Name: "p", Addr: at + off, Pre: kprobes.Handler{Action: kprobes.Count}})
		require.NoError(t, err)
		return i
	}
	for _, off := range s.probes {
		require.NoError(t, g.Register(define(off)))
	}
	for _, off := range s.spare {
		define(off)
	}
	if s.setup != nil {
		s.setup(t, g, at)
	}
	return g
}

// Addresses in a scene's code, little endian and with an offset below 256
// added: of the code itself and of the data on the same page.
const (
	codeAt = 0xda7a0000
	dataAt = 0xda7a0800
)

func located(code []byte, at uint64) []byte {
	code = bytes.Clone(code)
	for i := 0; i+4 <= len(code); i++ {
		if v := binary.LittleEndian.Uint32(code[i:]); v&^0xfff == codeAt {
			binary.LittleEndian.PutUint32(code[i:], v-codeAt+uint32(at))
		}
	}
	return code
}

func (s *scene) factory(t testing.TB, list func(*kprobes.Manager) []explore.Property) func() (explore.System, error) {
	return func() (explore.System, error) {
		g := s.build(t)
		return props.System(g, list(g)...), nil
	}
}

// call pushes a function's argument and return address for vCPU cpu and points
// it at the function.
func call(t testing.TB, g *kprobes.Manager, cpu int, function string, arg uint64) {
	c := g.K.M.CPUs[cpu]
	sp := c.GPR[emu.RSP] - 8
	require.True(t, g.K.M.PokeWord(c.Space, sp, 4, g.K.Symbol("task_exit")))
	require.True(t, g.K.M.PokeWord(c.Space, sp+4, 4, arg))
	c.GPR[emu.RSP], c.RIP = sp, g.K.Symbol(function)
}

// Code of the scenes.
var (
	addReturn = []byte{0x83, 0xc0, 2, 0xc3}                // add $2,%eax; ret
	movReturn = []byte{0xb8, 0x0f, 0x0b, 0x0f, 0x0b, 0xc3} // mov $0x0b0f0b0f,%eax; ret: a ud2 inside
)

// scenes are the races of the 2002 patch that two vCPUs can have.
func scenes(direct bool) map[string]*scene {
	return map[string]*scene{
		"smp-missed-probe": {engine: kprobes.Engine2002, direct: direct, cpus: 2, code: addReturn, start: []uint64{0, 0}, probes: []uint64{0}},
		"unregister-race": {engine: kprobes.Engine2002, direct: direct, cpus: 2, code: movReturn, start: []uint64{0, 0}, probes: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) { call(t, g, 1, "unregister_kprobe", g.Address(0)) }},
		"register-self-deadlock": {engine: kprobes.Engine2002, cpus: 1, code: addReturn, start: []uint64{0}, spare: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) {
				i, err := g.Define(kprobes.Probe{Name: "inside", Addr: g.K.Symbol("get_kprobe"), Pre: kprobes.Handler{Action: kprobes.Count}})
				require.NoError(t, err)
				require.NoError(t, g.Register(i))
				call(t, g, 0, "register_kprobe", g.Address(0))
			}},
	}
}

// races is the property that each scene violates.
var races = map[string]string{
	"smp-missed-probe": props.NoMissedProbe, "unregister-race": props.NoUnhandledTrap, "register-self-deadlock": props.NoDeadlock,
}

func clock() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}

func find(t testing.TB, s *scene, property string, o explore.Options) *explore.Report {
	t.Helper()
	o.Clock = clock()
	o.Bounds.Preemptions = explore.Unbounded
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := explore.Search(ctx, s.factory(t, only(property)), o)
	require.NoError(t, err)
	return r
}

// only judges one property.
func only(name string) func(*kprobes.Manager) []explore.Property {
	return func(g *kprobes.Manager) []explore.Property {
		var l []explore.Property
		for _, p := range props.Standard(g) {
			if p.Name() == name {
				l = append(l, p)
			}
		}
		return l
	}
}

func TestRacesAreFound(t *testing.T) {
	want := races
	for _, direct := range []bool{false, true} {
		for name, s := range scenes(direct) {
			t.Run(name, func(t *testing.T) {
				r := find(t, s, want[name], explore.Options{})
				require.NotNil(t, r.Found, "%v", r.Summary)
				t.Log(r.Summary, r.Elapsed, r.Places, r.Rounds, r.Found.Schedule.Format(0), r.Found.Violation)
				sys, err := s.factory(t, only(want[name]))()
				require.NoError(t, err)
				defer sys.Close()
				out := explore.Run(sys, sched.NewReplay(r.Found.Schedule), 0)
				require.NotNil(t, out.Violation)
				require.Equal(t, want[name], out.Violation.Property)
			})
		}
	}
}

// TestFoundScheduleIsShortAndReplays shrinks what each way of searching finds
// to the same schedule, which replays on a fresh machine.
func TestFoundScheduleIsShortAndReplays(t *testing.T) {
	s := scenes(true)["smp-missed-probe"]
	factory := s.factory(t, only(props.NoMissedProbe))
	ways := map[string]func() (*explore.Report, error){
		"dfs": func() (*explore.Report, error) {
			return explore.Search(context.Background(), factory, explore.Options{Bounds: explore.Bounds{Preemptions: 3}, Jobs: 2})
		},
		"random": func() (*explore.Report, error) {
			return explore.Sample(context.Background(), factory, func() (sched.Scheduler, error) { return &sched.Random{Seed: 1}, nil }, 0, explore.Options{Jobs: 2})
		},
		"pct": func() (*explore.Report, error) {
			return explore.Sample(context.Background(), factory, func() (sched.Scheduler, error) { return sched.NewPCT(1, 2, 2, 60) }, 0, explore.Options{})
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r, err := way()
			require.NoError(t, err)
			require.NotNil(t, r.Found)
			sys, err := factory()
			require.NoError(t, err)
			defer sys.Close()
			f := explore.Shrink(context.Background(), sys, *r.Found, 0)
			require.Equal(t, "t1.000000.0x11,1", f.Schedule.Format(0))
			again, err := factory()
			require.NoError(t, err)
			defer again.Close()
			replay := sched.NewReplay(f.Schedule)
			replay.Strict = true
			out := explore.Run(again, replay, 0)
			require.Equal(t, &f.Violation, out.Violation)
			require.Equal(t, "K11", out.Violation.ID)
		})
	}
}

// TestK6LockConvoy: hits of three vCPUs wait for one another, and all end.
func TestK6LockConvoy(t *testing.T) {
	s := missed(3, true)
	sys, err := s.factory(t, func(g *kprobes.Manager) []explore.Property { return props.Standard(g)[1:] })()
	require.NoError(t, err)
	defer sys.Close()
	waits := 0
	m := sys.(*explore.Machine)
	observe := m.Observe
	m.Observe = func(ev *emu.Event) {
		if ev.Kind == emu.StepSpin {
			waits++
		}
		observe(ev)
	}
	rr := &sched.RoundRobin{Quantum: 1}
	rr.Begin(0)
	out := explore.Run(sys, rr, 0)
	require.True(t, out.Ended)
	require.Nil(t, out.Violation)
	require.Positive(t, waits)
}

// TestInterruptAtAnyStep raises a timer tick at every point of a hit: the step
// runs with interrupts off, so each tick is taken before or after it, and
// nothing else changes.
func TestInterruptAtAnyStep(t *testing.T) {
	s := missed(1, true)
	var ticks []uint64
	r, err := explore.Search(context.Background(), func() (explore.System, error) {
		g := s.build(t)
		m := props.System(g, props.Standard(g)...)
		m.Interrupts = []explore.Interrupt{{CPU: 0, Vector: 0x20}}
		return m, nil
	}, explore.Options{Bounds: explore.Bounds{Preemptions: explore.Unbounded}, AtEnd: func(sys explore.System) {
		m := sys.(*explore.Machine).M
		v, _ := m.PeekWord(m.CPUs[0].Space, m.Kernel.(*traps.Kernel).Symbol("jiffies"), 4)
		ticks = append(ticks, v)
	}})
	require.NoError(t, err)
	require.Nil(t, r.Found)
	require.True(t, r.Exhausted)
	require.Contains(t, ticks, uint64(1))
	require.Greater(t, r.States, 10)
}
