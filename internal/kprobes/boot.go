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
