package props_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/props"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// scene is a machine to search: code for each vCPU and what is probed in it.
type scene struct {
	engine string
	direct bool
	cpus   int
	ahead  int      // bytes of code that each vCPU fetches ahead (P13)
	code   []byte   // shared kernel text; codeAt and dataAt stand for addresses
	start  []uint64 // offset into code, by vCPU
	probes []uint64 // offsets, registered before the run
	spare  []uint64 // offsets of probes that are defined only
	// setup puts more on the machine.
	setup func(t testing.TB, g *kprobes.Manager, code uint64)
}

func (s *scene) build(t testing.TB) *kprobes.Manager {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: s.cpus, Prefetch: s.ahead})
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
		i, err := g.Define(kprobes.Probe{Name: "p", Addr: at + off, Pre: kprobes.Handler{Action: nothing}})
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

// standard makes every property that needs nothing but the manager:
// transparency needs a baseline (props.NewTransparency).
func standard(g *kprobes.Manager) []explore.Property {
	return []explore.Property{
		props.NewMissed(g), props.NewRearm(g), props.NewSelfDeadlock(g), props.NewLivelock(g), props.NewUnhandled(g), props.NewPrePost(g), props.NewUnlock(), props.NewSchedule(),
	}
}

// system makes a system to search of the manager's machine as it is now, with
// the properties given. The search closes the machine.
func system(g *kprobes.Manager, list ...explore.Property) *explore.Machine {
	g.K.M.Quiet = true
	return explore.NewMachine(g.K.M, explore.MachineConfig{
		Observe: g.Observe, Properties: list, Locks: props.Locks(g), Stacks: props.Stacks(g), Equal: props.Equal(g, nil),
	})
}

func (s *scene) factory(t testing.TB, list func(*kprobes.Manager) []explore.Property) func() (explore.System, error) {
	return func() (explore.System, error) {
		g := s.build(t)
		return system(g, list(g)...), nil
	}
}

// call pushes a function's argument and return address for vCPU cpu and points
// it at the function.
func call(t testing.TB, g *kprobes.Manager, cpu int, function string, arg uint64) {
	c := g.K.M.CPUs[cpu]
	sp := c.GPR[x86.RSP] - 8
	require.True(t, g.K.M.PokeWord(c.Space, sp, 4, g.K.Symbol("task_exit")))
	require.True(t, g.K.M.PokeWord(c.Space, sp+4, 4, arg))
	c.GPR[x86.RSP], c.RIP = sp, g.K.Symbol(function)
}

// Code of the scenes.
var (
	addReturn = []byte{0x83, 0xc0, 2, 0xc3}                // add $2,%eax; ret
	movReturn = []byte{0xb8, 0x0f, 0x0b, 0x0f, 0x0b, 0xc3} // mov $0x0b0f0b0f,%eax; ret: a ud2 inside
)

// race is what a scene's search must find.
type race struct{ property, row string }

var races = map[string]race{
	"smp-missed-probe":          {props.NoMissedProbe, "K11"},
	"unregister-race":           {props.NoUnhandledTrap, "K8"},
	"register-self-deadlock":    {props.NoDeadlock, "K12"},
	"reentry-lost-smp":          {props.NoMissedProbe, "K7"},
	"double-unlock":             {props.NoDoubleUnlock, "K19"},
	"user-int3-swallowed":       {props.Transparency, ""},
	"multiprobe-abba":           {props.NoDeadlock, "M4"},
	"multiprobe-fault-livelock": {props.NoLivelock, "M3"},
}

// scenes are the races of the patches, one machine each.
func scenes(direct bool) map[string]*scene {
	all := map[string]*scene{
		"smp-missed-probe": {cpus: 2, code: addReturn, start: []uint64{0, 0}, probes: []uint64{0}},
		"unregister-race": {cpus: 2, code: movReturn, start: []uint64{0, 0}, probes: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) { call(t, g, 1, "unregister_kprobe", g.Address(0)) }},
		"register-self-deadlock": {cpus: 1, code: addReturn, start: []uint64{0}, spare: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) {
				register(t, g, kprobes.Probe{Name: "inside", Addr: g.K.Symbol("get_kprobe"), Pre: count})
				call(t, g, 0, "register_kprobe", g.Address(0))
			}},
		// cpu0's pre_handler is the function that cpu1 runs, probed too.
		"reentry-lost-smp": {cpus: 2, code: append(addReturn, addReturn...), start: []uint64{0, 4}, probes: []uint64{4},
			setup: func(t testing.TB, g *kprobes.Manager, at uint64) {
				register(t, g, kprobes.Probe{Name: "outer", Addr: at, Pre: kprobes.Handler{Guest: at + 4}})
			}},
		// The post_handler reads a page that comes in on demand.
		"double-unlock": {cpus: 2, code: append(append(addReturn, 0xa1), 0, 0, 0x3f, 0xc0, 0xc3), start: []uint64{0, 0},
			setup: func(t testing.TB, g *kprobes.Manager, at uint64) {
				_, err := g.K.MapLazy(0xc03f0000, emu.Write)
				require.NoError(t, err)
				register(t, g, kprobes.Probe{Name: "p", Addr: at, Pre: count, Post: kprobes.Handler{Guest: at + 4}})
			}},
		"user-int3-swallowed": {cpus: 2, code: addReturn, start: []uint64{0, 0}, probes: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) {
				user(t, g, 1, 0xcd, 3, 0xb8, 1, 0, 0, 0, 0xcd, 0x80) // int $3; exit()
			}},
		"multiprobe-abba": {engine: "2005", cpus: 2, code: addReturn, start: []uint64{0, 0}, spare: []uint64{0, 0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) {
				require.NoError(t, g.RegisterMulti(0))
				call(t, g, 1, "register_multiprobe", g.Address(1))
			}},
		"multiprobe-fault-livelock": {engine: "2005", cpus: 2, code: []byte{0xa1, 0, 0, 0x3f, 0xc0, 0xc3}, start: []uint64{0, 5}, spare: []uint64{0},
			setup: func(t testing.TB, g *kprobes.Manager, _ uint64) {
				_, err := g.K.MapLazy(0xc03f0000, emu.Write)
				require.NoError(t, err)
				require.NoError(t, g.RegisterMulti(0))
			}},
	}
	for _, s := range all {
		s.direct = direct
		if s.engine == "" {
			s.engine = "2002"
		}
	}
	all["register-self-deadlock"].direct = false // it probes kernel text
	return all
}

var count = kprobes.Handler{Action: nothing}

func register(t testing.TB, g *kprobes.Manager, p kprobes.Probe) {
	i, err := g.Define(p)
	require.NoError(t, err)
	require.NoError(t, g.Register(i))
}

// userMemory is the page of a task in ring 3.
var userMemory = []props.Range{{Low: 0x08048000, High: 0x08049000}}

// user gives vCPU cpu a task in ring 3.
func user(t testing.TB, g *kprobes.Manager, cpu int, code ...byte) {
	low, high := userMemory[0].Low, userMemory[0].High
	s := g.K.M.CPUs[cpu].Space
	require.NoError(t, g.K.MapZero(s, low, high-low, emu.Write|emu.Exec|emu.User))
	require.NoError(t, g.K.M.WriteBytes(s, low, code))
	require.NoError(t, g.K.Start(cpu, traps.Task{}, 3, low, high-16))
}

// nothing is the handler that does nothing: the hit is counted anyway.
func nothing(*kprobes.Call) uint64 { return 0 }
