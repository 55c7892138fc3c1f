package kprobes

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Manager owns a machine's probes, whatever the engine: struct kprobe in guest
// memory, and the counts beside it.
type Manager struct {
	K      *traps.Kernel
	Engine string

	ops    engineOps
	locks  []Lock
	pool   uint64 // kprobe_pool, the address of probe 0's struct kprobe
	probes []*Probe
	byAddr map[uint64][]int
	stats  []Stats
	step   []stepOf    // by vCPU
	hosts  map[any]any // what actions work on, by key
	call   Call        // of the handler that runs: one at a time, so that none is allocated

	cells emu.Cells     // of the counts
	saved *managerState // the last one saved or restored, or nil

	hashed Hashed
}

// MaxProbes bounds the probes of one machine.
const MaxProbes = 4096

// Describe is the description of the engine.
func (g *Manager) Describe() *engines.Engine { return engines.Of(g.Engine) }

// Probes lists the probes in the order they were defined.
func (g *Manager) Probes() []*Probe { return g.probes }

// Stats are the counts of probe i, to be shown: what decides something reads
// them by Read.
func (g *Manager) Stats(i int) Stats { return g.stats[i] }

// Find gives the index of the probe of that name.
func (g *Manager) Find(name string) (int, bool) {
	for i, p := range g.probes {
		if p.Name == name {
			return i, true
		}
	}
	return 0, false
}

// Define makes a struct kprobe in guest memory without registering it and
// returns its index. Under engine none probes are counted, not hit.
func (g *Manager) Define(p Probe) (int, error) {
	if len(g.probes) == MaxProbes {
		return 0, fmt.Errorf("probe %s: at most %d probes", p.Name, MaxProbes)
	}
	if _, ok := g.space().Lookup(p.Addr); !ok {
		return 0, fmt.Errorf("probe %s: no memory at %#x", p.Name, p.Addr)
	}
	if err := g.checkReturn(&p); err != nil {
		return 0, err
	}
	i := len(g.probes)
	g.probes = append(g.probes, &p)
	g.stats = append(g.stats, Stats{})
	g.byAddr[p.Addr] = append(g.byAddr[p.Addr], i)
	if g.ops == nil {
		return i, nil
	}
	at, l, word := g.Address(i), g.ops.layout(), g.K.M.Arch.Word()
	g.poke(at+l.addr, p.Addr, word)
	g.poke(at+l.pre, g.pointer(p.Pre, "pre_handler_action"), word)
	g.poke(at+l.post, g.pointer(p.Post, "post_handler_action"), word)
	g.poke(at+l.fault, g.pointer(p.Fault, "fault_handler_action"), word)
	g.ops.define(i)
	return i, g.defineReturn(i)
}

func (g *Manager) pointer(h Handler, action string) uint64 {
	if h.Action != nil {
		return g.K.Symbol(action)
	}
	return h.Guest
}

func (g *Manager) poke(at, v uint64, n int) { g.K.Poke(g.space(), at, v, n) }

// space is the address space that probes and kernel data live in.
func (g *Manager) space() *emu.Space { return g.K.M.CPUs[0].Space }

// Address is the guest address of probe i's struct kprobe.
func (g *Manager) Address(i int) uint64 {
	return g.pool + uint64(i)*g.ops.layout().size
}

// index is the probe of a struct kprobe's address, or -1.
func (g *Manager) index(at uint64) int {
	off, size := at-g.pool, g.ops.layout().size
	i := off / size
	if i >= uint64(len(g.probes)) || i*size != off {
		return -1
	}
	return int(i)
}

// Register registers probe i before the run, as register_kprobe would. The
// error is the kernel's errno.
func (g *Manager) Register(i int) error {
	if g.ops == nil {
		g.setRegistered(i, true)
		return nil
	}
	return g.outside(i, func(x *traps.Exec) error {
		g.registerReturn(x, i)
		if err := g.ops.register(x); err != nil {
			return fmt.Errorf("register_kprobe(%s): %w", g.probes[i].Name, err)
		}
		return nil
	})
}

// Unregister takes probe i out outside guest time.
func (g *Manager) Unregister(i int) {
	if g.ops == nil {
		g.setRegistered(i, false)
		return
	}
	_ = g.outside(i, func(x *traps.Exec) error {
		y := *x
		g.ops.unregister(&y)
		g.unregisterReturn(x, i)
		return nil
	})
}

// SharesAddresses tells whether several plain probes may be at one address.
func (g *Manager) SharesAddresses() bool { return g.ops == nil || g.Describe().Shares }

// Arm puts a probe back that was disarmed (enable_kprobe()).
func (g *Manager) Arm(i int) error {
	if g.ops == nil {
		return g.Register(i)
	}
	return g.outside(i, g.ops.register)
}

// Disarm takes a probe out that will come back (disable_kprobe()): calls that
// a return probe has seen begin keep their handler.
func (g *Manager) Disarm(i int) {
	if g.ops == nil {
		g.Unregister(i)
		return
	}
	_ = g.outside(i, func(x *traps.Exec) error { g.ops.unregister(x); return nil })
}

// HasText reports whether the engine has functions that register probes.
func (g *Manager) HasText() bool { return g.ops != nil }

// Dismiss says that probe i is about to be taken out: from now on an execution
// that it does not see is no miss.
func (g *Manager) Dismiss(i int) { g.setRegistered(i, false) }

// MakeInstances does what comes before a return probe is registered.
func (g *Manager) MakeInstances(i int) {
	_ = g.outside(i, func(x *traps.Exec) error { g.registerReturn(x, i); return nil })
}

// Orphan ends a disarmed return probe: calls under way return to no handler.
func (g *Manager) Orphan(i int) {
	if g.ops != nil {
		_ = g.outside(i, func(x *traps.Exec) error { g.unregisterReturn(x, i); return nil })
	}
}

// outside runs micro-steps of probe i between two steps of the guest, whose
// registers they leave as they were.
func (g *Manager) outside(i int, f func(*traps.Exec) error) error {
	x := g.setup(i)
	saved := x.C.GPR
	defer func() { x.C.GPR = saved }()
	x.C.SetReg(x86.RBX, x.Probe)
	return f(&x)
}

func (g *Manager) setup(i int) traps.Exec {
	return traps.Exec{K: g.K, M: g.K.M.Door(), C: g.K.M.CPUs[0], Micro: new(emu.Micro), Probe: g.Address(i)}
}

// Observe counts what a step means for the probes: executions and misses. It
// is called once after each step.
func (g *Manager) Observe(ev *emu.Event) {
	if ev.Kind != emu.StepInstruction {
		return
	}
	if s := &g.step[ev.CPU]; s.active && (s.addr == ev.PC || s.copy == ev.PC) {
		g.eachOf(&s.hitAt, func(i int) { g.add(i, Executions) })
		if s.boosted {
			s.back()
		}
		return
	}
	for _, i := range g.byAddr[ev.PC] {
		if !g.registered(i) {
			continue
		}
		g.add(i, Executions)
		if g.ops != nil {
			g.add(i, Missed)
			g.noteMissed(i, ev)
		}
	}
}

// NoteUnhit marks an execution of a probed instruction, of a kernel or a program,
// without a hit. Its ID is the row that says why.
const NoteUnhit emu.NoteKind = "missed"

func (g *Manager) noteMissed(i int, ev *emu.Event) {
	row := "K11"
	if g.Read(g.K.M.Door(), i, Lost) != 0 {
		row = "K7"
	}
	g.K.M.Note(emu.Note{Kind: NoteUnhit, ID: row, Text: "probe " + g.probes[i].Name + " was not hit", Addr: ev.PC})
}
