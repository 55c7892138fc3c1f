package kprobes

import (
	"fmt"
	"maps"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/linux/abi"
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

// stepOf is which probe point a vCPU is stepping, for counting misses.
type stepOf struct {
	addr   uint64 // of the probe point
	copy   uint64 // where the instruction is stepped, if out of line
	outer  uint64 // addr of the hit that this one is inside of
	active bool
}

// engineOps is what the manager needs of an engine.
type engineOps interface {
	traps.DirectEngine
	// attach gives the engine its manager once the kernel is up.
	attach(*Manager) error
	// layout is the engine's struct kprobe.
	layout() structKprobe
	// register does register_kprobe's work outside guest time.
	register(x *traps.Exec) error
	unregister(x *traps.Exec)
	// lookup finds the struct kprobe of an address, or 0, and opcode reads the byte
	// that the one at hand has kept.
	lookup(x *traps.Exec, addr uint64) uint64
	opcode(x *traps.Exec) byte
	// current is the struct kprobe that x's CPU runs.
	current(x *traps.Exec) uint64
	// prepareReturns gets the trampoline ready for the first return probe.
	prepareReturns() error
	initInstances(x *traps.Exec)
	orphanInstances(x *traps.Exec)
	// define prepares what an engine keeps beside struct kprobe for probe i.
	define(i int)
}

// errExist is what a second probe at an address gets (K3, M2).
const errExist = abi.EEXIST

// structKprobe is where the fields of struct kprobe lie, in bytes.
type structKprobe struct {
	size                           uint64
	addr, pre, post, fault, opcode uint64
	ainsn                          uint64 // pointer to the copy; 0: the engine has none
	list                           uint64 // engine modern: links of probes at one address
}

// MaxProbes bounds the probes of one machine.
const MaxProbes = 4096

// Boot makes the kernel of an engine on m and the manager of its probes. An
// engine's name may be followed by options: see engines.Parse.
func Boot(m *emu.Machine, engine string) (*Manager, error) {
	e, _, err := engines.Parse(engines.Kernel, engine)
	if err != nil {
		return nil, err
	}
	t := KernelText(e, m.Arch)
	o, err := t.Options()
	if err != nil {
		return nil, err
	}
	return BootText(m, engine, o)
}

// BootText is Boot with a kernel text that is given: the engine's, or one that
// has its symbols and micro-steps. It sets o's engine, traits and stacks.
func BootText(m *emu.Machine, engine string, o traps.Options) (*Manager, error) {
	e, opts, err := engines.Parse(engines.Kernel, engine)
	if err != nil {
		return nil, err
	}
	for _, x := range opts {
		if x.Arch != "" && x.Arch != m.Arch.String() {
			return nil, fmt.Errorf("engine %s needs %s: %s", engine, x.Arch, x.Because)
		}
	}
	if m.Arch == x86.AMD64 {
		o.Stacks = e.Stacks64
	}
	var ops engineOps
	if machinery := machineries[e.Machinery]; machinery != nil {
		ops = machinery(described{e, opts, m.Arch})
		o.Engine, o.Traits = ops, ops.Traits()
	}
	k, err := traps.Boot(m, o)
	if err != nil {
		return nil, err
	}
	g := &Manager{K: k, Engine: engine, ops: ops, byAddr: map[uint64][]int{}, step: make([]stepOf, len(m.CPUs)),
		cells: m.NewCells(), hosts: map[any]any{}}
	g.findLocks(e)
	if k.HasSymbol(kprobeCPU) {
		m.Numbers = append(m.Numbers, k.Symbol(kprobeCPU))
	}
	if ops != nil {
		g.pool = k.Symbol("kprobe_pool")
		if err := ops.attach(g); err != nil {
			return nil, err
		}
	}
	for _, x := range opts {
		if x.Word != "" && k.HasSymbol(x.Word) {
			g.poke(k.Symbol(x.Word), 1, m.Arch.Word())
		}
	}
	m.AddPart(g)
	return g, nil
}

// machineries make what gives the lines of an engine's text their meaning.
var machineries = map[engines.Machinery]func(described) engineOps{
	engines.InPlace: newInPlace, engines.Copies: newCopies, engines.PerCPU: newPerCPU,
}

// described is an engine as its description and the options have it.
type described struct {
	engine  *engines.Engine
	options []engines.Option
	arch    x86.Arch
}

// Name is what scenarios and flags call it.
func (d *described) Name() string { return d.engine.Name }

// Flow is the engine's control flow for direct mode.
func (d *described) Flow() string {
	if d.engine.Text.Flow == "" {
		return ""
	}
	return engineText(d.engine.Text.Flow)
}

// Instead are the micro-steps that the options exchange for others.
func (d *described) Instead() map[string]string {
	m := map[string]string{}
	for _, o := range d.options {
		maps.Copy(m, o.Instead)
	}
	return m
}

// Traits of its kernel.
func (d *described) Traits() traps.Traits {
	t := traitsOf(d.engine, d.arch)
	if slices.ContainsFunc(d.options, func(o engines.Option) bool { return o.TextSteps }) {
		t = append(t, traps.TextSteps)
	}
	return t
}

func (d *described) chosen(option string) bool {
	return slices.ContainsFunc(d.options, func(o engines.Option) bool { return o.Name == option })
}

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
	s := &g.step[ev.CPU]
	stepping := s.active && s.addr == ev.PC
	for _, i := range g.byAddr[ev.PC] {
		if !g.registered(i) {
			continue
		}
		g.add(i, Executions)
		if g.ops != nil && !stepping {
			g.add(i, Missed)
			g.noteMissed(i, ev)
		}
	}
	if s.active && s.copy == ev.PC {
		for _, i := range g.byAddr[s.addr] {
			if g.registered(i) {
				g.add(i, Executions)
			}
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

// managerState is a Manager's part of a snapshot. It is not written again, so
// snapshots share it.
type managerState struct {
	probes []*Probe
	stats  []Stats
	step   []stepOf
}

// Save copies the counts (emu.Part).
func (g *Manager) Save() any {
	last := g.saved
	if last == nil || !slices.Equal(last.probes, g.probes) || !slices.Equal(last.stats, g.stats) || !slices.Equal(last.step, g.step) {
		g.saved = &managerState{g.probes[:len(g.probes):len(g.probes)], slices.Clone(g.stats), slices.Clone(g.step)}
	}
	return g.saved
}

// Restore takes them back, and the probes that were defined then.
func (g *Manager) Restore(v any) {
	s := v.(*managerState)
	g.saved = s
	if !slices.EqualFunc(g.probes, s.probes, alike) {
		g.probes = s.probes
		clear(g.byAddr)
		for i, p := range g.probes {
			g.byAddr[p.Addr] = append(g.byAddr[p.Addr], i)
		}
	}
	g.stats = append(g.stats[:0], s.stats...)
	copy(g.step, s.step)
}

// alike reports whether two machines' probes are the same one.
func alike(a, b *Probe) bool { return a == b || a.Name == b.Name && a.Addr == b.Addr }

// Hashed is what of the counts Hash feeds.
type Hashed uint8

// What Hash can feed, of the counts that only go up.
const (
	AllCounts Hashed = iota
	Balances         // whether hits and posts, executions and hits are as many, and by how much not
	NoCounts
)

// HashCounts says what Hash feeds from now on. Where nothing asks for counts, a
// loop with a probe in it comes back to a state only without them.
func (g *Manager) HashCounts(h Hashed) { g.hashed = h }

// Hash feeds the counts that decide properties to a state hash.
func (g *Manager) Hash(h *emu.Hasher) {
	g.hashCounts(h)
	for i := range g.step {
		g.step[i].hash(h)
	}
}

func (s *stepOf) hash(h *emu.Hasher) {
	h.Uint64(s.addr)
	h.Uint64(s.copy<<1 | emu.B2U(s.active))
	h.Uint64(s.outer)
}

func (g *Manager) hashCounts(h *emu.Hasher) {
	for i := range g.stats {
		s := &g.stats[i]
		switch g.hashed {
		case Balances:
			h.Uint64(s.Hits - s.Posts)
			h.Uint64(s.Hits + s.Missed + s.Skipped - s.Executions)
		case AllCounts:
			h.Uint64(s.Hits)
			h.Uint64(s.Posts)
			h.Uint64(s.Faults)
			h.Uint64(s.Executions)
			h.Uint64(s.Missed)
			h.Uint64(s.Reentrant)
			h.Uint64(s.Nmissed)
			h.Uint64(s.Skipped)
		}
		h.Bool(s.Registered)
		h.Bool(s.Lost)
	}
}
