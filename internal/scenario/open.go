package scenario

import (
	"context"

	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/scenario/programworld"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
)

// Options change how a scenario is run.
type Options struct {
	Engine string       // instead of the file's, with options behind "+"; "" keeps it
	Direct bool         // micro-steps without kernel text, for speed, unless the text itself is probed
	Syntax story.Syntax // of disassembly
	// WithoutProbes leaves the probes undefined: the baseline of transparency.
	WithoutProbes bool
	// Events are lines of kprobe_events to define and enable, behind the file's.
	Events []string
	// Scheduled makes the interrupts without a place actors behind the vCPUs
	// (see Run.Actors), as schedules need them; else they are raised after the
	// first step.
	Scheduled bool
	// KernelText makes a search go through kernel text instead of direct mode.
	KernelText bool
	// Grain is that of a search through kernel text.
	Grain explore.Grain

	base *baseline // shared by the systems of a search, or nil
	need *textNeed // the same
	cpus int       // vCPUs instead of the file's; 0: the file's
}

// Engines are those that a scenario of f's kind can be run under.
func (f *File) Engines() []string {
	return engines.Names(f.World())
}

// CheckEngine says what is wrong with the name of an engine for f.
func (f *File) CheckEngine(name string) error {
	_, _, err := engines.Parse(f.World(), name)
	return err
}

// ErrNotPossible is the class of errors of a scenario that asks for what its
// engine does not have, so that it can be run under others only.
var ErrNotPossible = world.ErrNotPossible

// Open builds the machine of a scenario, ready for its first step. Flaws that
// show only now, such as an unknown symbol, are *format.Error or *asm.Error.
func Open(ctx context.Context, f *File, o Options) (*Run, error) {
	if o.Engine == "" {
		o.Engine = f.Machine.Engine
	}
	if err := f.CheckEngine(o.Engine); err != nil {
		return nil, f.Machine.EnginePos.Error(f.Name, "", "%v", err)
	}
	if f.World().HasKernelText() {
		o.Direct = o.Direct && engines.Direct(o.Engine)
	}
	r := &Run{File: f, Options: o, scheduled: o.Scheduled}
	if err := r.openWorld(ctx); err != nil {
		return nil, err
	}
	if err := r.build(ctx); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// openWorld opens the world that the file is of.
func (r *Run) openWorld(ctx context.Context) error {
	f, o := r.File, &r.Options
	c := world.Config{
		File: f.File, ReadFile: f.ReadFile, Processor: f.Processor, Handlers: f.handlers,
		Engine: o.Engine, Syntax: o.Syntax, WithoutProbes: o.WithoutProbes, MoreEvents: o.Events, Grain: o.Grain, CPUs: o.cpus,
	}
	if f.World() == engines.Program {
		w, err := programworld.Open(ctx, c)
		if err != nil {
			return err
		}
		r.world, r.visit = w, func(_ func(*kernelworld.World), program func(*programworld.World)) { program(w) }
		return nil
	}
	w, err := kernelworld.Open(ctx, c)
	if err != nil {
		return err
	}
	r.world, r.visit = w, func(kernel func(*kernelworld.World), _ func(*programworld.World)) { kernel(w) }
	return nil
}

// build makes of the world a run that is judged.
func (r *Run) build(ctx context.Context) error {
	r.shared = r.world.Common()
	r.Machine, r.names = r.shared.Machine, &r.shared.Names
	if r.base = r.Options.base; r.base == nil {
		r.base = newBaseline(ctx, r.File)
	}
	if err := r.prepareInterrupts(); err != nil {
		return err
	}
	if err := r.prepareChecks(); err != nil {
		return err
	}
	r.world.AddParts()
	r.Machine.AddPart(r)
	return r.setDirect()
}

// setDirect switches direct mode on, if the options ask for it and it shows all that
// there is to see.
func (r *Run) setDirect() error {
	r.Options.Direct = r.Options.Direct && r.hiddenByMicroSteps() == ""
	if !r.Options.Direct {
		return nil
	}
	var hidden func(string)
	if n := r.Options.need; n != nil {
		hidden = n.note
	}
	if err := r.world.SetDirect(true, hidden); err != nil {
		return r.File.MemberPos("machine").Error(r.File.Name, "a run without direct mode", "%v", err)
	}
	return nil
}
