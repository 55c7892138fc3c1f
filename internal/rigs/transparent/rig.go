package transparent

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/silicon"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Rig is a machine that runs one program again and again, each time from the
// same state with other probes. Probes are given by address.
type Rig struct {
	program *silicon.Program
	m       *emu.Machine
	g       *kprobes.Manager
	probes  map[uint64]int // index in the manager
	fresh   *emu.Snapshot  // at the first instruction, no probe registered
}

// Config says how a Rig runs its program.
type Config struct {
	Engine string
	Direct bool // skip kernel text between micro-steps
	Probes []uint64
	Post   bool // probes have a post handler too
}

// NewRig makes a machine with p in place and the probes of c defined.
func NewRig(p *silicon.Program, c Config) (*Rig, error) {
	arch := x86.I386
	if p.Mode == silicon.Mode64 {
		arch = x86.AMD64
	}
	m, err := emu.New(emu.Config{Arch: arch, CPUs: 1})
	if err != nil {
		return nil, err
	}
	r := &Rig{program: p, m: m, probes: map[uint64]int{}}
	if err := r.boot(c); err != nil {
		m.Close()
		return nil, fmt.Errorf("transparent: %w", err)
	}
	return r, nil
}

// Close frees the machine.
func (r *Rig) Close() { r.m.Close() }

func (r *Rig) boot(c Config) error {
	g, err := kprobes.Boot(r.m, c.Engine)
	if err != nil {
		return err
	}
	r.g, r.m.Quiet = g, true
	if err := g.K.SetDirect(c.Direct); err != nil {
		return err
	}
	if err := r.load(); err != nil {
		return err
	}
	for _, at := range c.Probes {
		p := kprobes.Probe{Name: fmt.Sprintf("at %#x", at), Addr: at, Pre: kprobes.Handler{Action: func(*kprobes.Call) uint64 { return 0 }}}
		if c.Post {
			p.Post = p.Pre
		}
		if r.probes[at], err = g.Define(p); err != nil {
			return err
		}
	}
	r.fresh = r.m.Snapshot()
	return nil
}

// load maps the program's regions as kernel memory and starts it in ring 0.
func (r *Rig) load() error {
	p, c := r.program, r.m.CPUs[0]
	memory, err := p.Memory()
	if err != nil {
		return err
	}
	content := [...][]byte{memory.Code, memory.Data, memory.Stack}
	for i, region := range p.Mode.Regions() {
		prot := emu.Write
		if region.Execute {
			prot |= emu.Exec
		}
		if err := r.g.K.MapZero(c.Space, region.Base, uint64(region.Size), prot); err != nil {
			return err
		}
		if err := r.m.WriteBytes(c.Space, region.Base, content[i]); err != nil {
			return err
		}
	}
	if err := r.g.K.Start(0, traps.Task{}, 0, p.Init.RIP, p.Init.GPR[silicon.RSP]); err != nil {
		return err
	}
	c.GPR, c.RFLAGS = p.Init.GPR, p.Init.RFLAGS
	c.Seg[x86.FS].Base, c.Seg[x86.GS].Base = p.Init.FSBase, p.Init.GSBase
	return nil
}

// MaxSteps bounds a run, in steps of the machine.
const MaxSteps = 2_000_000

// Run runs the program to its end with the probes at these addresses
// registered.
func (r *Rig) Run(probes ...uint64) (*Result, error) {
	r.m.Restore(r.fresh)
	for _, at := range probes {
		i, ok := r.probes[at]
		if !ok {
			return nil, fmt.Errorf("transparent: no probe was defined at %#x", at)
		}
		if err := r.g.Register(i); err != nil {
			return nil, err
		}
	}
	c, executions := r.m.CPUs[0], map[uint64]uint64{}
	dead := newDeadStack(r.program.Mode.StackBase(), c.GPR[x86.RSP])
	for range MaxSteps {
		if c.RIP == r.program.Stop && len(c.Pending()) == 0 { // the last step is over too
			return r.result(executions, dead)
		}
		ev := r.m.Step(0)
		r.g.Observe(ev)
		if err := r.m.Err(); err != nil {
			return nil, err
		}
		if c.Shutdown != "" {
			return &Result{Ended: c.Shutdown}, nil
		}
		if ev.Kind == emu.StepInstruction && ev.PC-silicon.CodeBase < silicon.CodeSize {
			executions[ev.PC]++
			dead.step(ev)
		}
	}
	return &Result{Ended: fmt.Sprintf("still running after %d steps", MaxSteps)}, nil
}

// result reads what the program left.
func (r *Rig) result(executions map[uint64]uint64, dead *deadStack) (*Result, error) {
	c, mode := r.m.CPUs[0], r.program.Mode
	res := &Result{Core: c.Core, Executions: executions, ReadsDeadStack: dead.read, live: dead.live, Stats: map[uint64]kprobes.Stats{}}
	r.m.FXSave(c, (*[emu.FXSize]byte)(&res.FPU))
	res.Code, res.Data, res.Stack = make([]byte, silicon.CodeSize), make([]byte, silicon.DataSize), make([]byte, silicon.StackSize)
	c.Space.Peek(silicon.CodeBase, res.Code)
	c.Space.Peek(silicon.DataBase, res.Data)
	c.Space.Peek(mode.StackBase(), res.Stack)
	for at, i := range r.probes {
		res.Stats[at] = r.g.Stats(i)
	}
	return res, nil
}
