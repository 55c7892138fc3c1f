package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/story"
	"trapline/internal/x86"
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

func (o *Options) engine() *engines.Engine { return engines.Of(o.Engine) }

// Open builds the machine of a scenario, ready for its first step. Flaws that
// show only now, such as an unknown symbol, are *format.Error or *asm.Error.
func Open(ctx context.Context, f *File, o Options) (*Run, error) {
	if o.Engine == "" {
		o.Engine = f.Machine.Engine
	}
	if err := f.CheckEngine(o.Engine); err != nil {
		return nil, f.Machine.EnginePos.Error(f.Name, "", "%v", err)
	}
	if f.Linux != nil {
		return openUser(ctx, f, o)
	}
	o.Direct = o.Direct && engines.Direct(o.Engine)
	img, err := imageOf(ctx, f)
	if err != nil {
		return nil, err
	}
	m, err := emu.New(emu.Config{Arch: archOf(f.File), CPUs: f.Machine.CPUs, Memory: int(f.Machine.Memory), Prefetch: f.Machine.Prefetch, StoreBuffer: f.Machine.StoreBuffer, SplitRMW: f.Machine.SplitRMW, Vendor: vendorOf(f.File), Processor: f.Processor, Level: levelOf(f.File)})
	if err != nil {
		return nil, err
	}
	b := &builder{file: f, options: o, image: img, space: m.CPUs[0].Space}
	b.run = &KernelRun{Run: &Run{File: f, Options: o, Machine: m, scheduled: o.Scheduled, lazy: map[uint64]lazyPage{}, original: map[uint64]byte{}}}
	if err := b.build(ctx); err != nil {
		m.Close()
		if errors.Is(err, emu.ErrMemoryBound) {
			return nil, f.MemberPos("machine").Error(f.Name, "a larger memory in machine", "%v", err)
		}
		return nil, err
	}
	return b.run.Run, nil
}

// builder puts a scenario onto a machine.
type builder struct {
	file    *File
	options Options
	image   *loader.Image
	space   *emu.Space
	run     *KernelRun
	own     []loader.Symbol // of regions and helper code
}

func (b *builder) symbols() symbolEnv { return b.run.symbols }

func (b *builder) build(ctx context.Context) error {
	r := b.run
	var err error
	if r.Probes, err = kprobes.Boot(r.Machine, b.options.Engine); err != nil {
		return err
	}
	r.Kernel = r.Probes.K
	r.world = r
	r.Probes.SetHost(runKey{}, r.Run)
	r.share(ctx, b.options.base)
	for _, do := range []func() error{
		b.loadImage, b.nameRegions, b.loadRegions, b.loadCalls, b.startTasks, b.setGates, b.defineProbes, b.defineEvents, b.noteSegments, b.prepareInterrupts, r.prepareChecks,
	} {
		if err := do(); err != nil {
			return err
		}
	}
	r.Machine.AddPart(r.Run)
	return b.setDirect()
}

// setDirect switches direct mode on, if the options ask for it and it shows all that
// there is to see.
func (b *builder) setDirect() error {
	r := b.run
	r.Options.Direct = b.options.Direct && r.hiddenByMicroSteps() == ""
	if !r.Options.Direct {
		return nil
	}
	if err := r.Kernel.SetDirect(true); err != nil {
		return b.file.MemberPos("machine").Error(b.file.Name, "a run without direct mode", "%v", err)
	}
	if b.options.need != nil {
		r.Kernel.OnHidden(b.options.need.note)
	}
	return nil
}

// loadImage maps the scenario's code and joins its symbols with the kernel's.
func (b *builder) loadImage() error {
	r := b.run
	user, kernel := *b.image, *b.image // by where their pages are: programs' memory lies below the kernel
	user.Segments, kernel.Segments = nil, nil
	for i := range b.image.Segments {
		s := &b.image.Segments[i]
		if l := r.Kernel.Layout; s.Addr < l.KernelEnd && s.End() > l.Text {
			return b.file.MemberPos("text.S").Error(b.file.Name, fmt.Sprintf("an address outside %#x to %#x", l.Text, l.KernelEnd),
				"code at %#x, where the modelled kernel is", s.Addr)
		} else if s.Addr < l.Text {
			user.Segments = append(user.Segments, *s)
		} else {
			kernel.Segments = append(kernel.Segments, *s)
		}
	}
	if err := errors.Join(r.Kernel.LoadImage(b.space, &user, emu.User), r.Kernel.LoadImage(b.space, &kernel, 0)); err != nil {
		return fmt.Errorf("%s: %w", b.file.Name, err)
	}
	r.symbols.own = b.image.Symbols
	r.symbols.kernel = withoutHypercalls(r.Kernel.Symbols)
	return b.joinSymbols()
}

// withoutHypercalls drops the labels that only the simulator uses.
func withoutHypercalls(t loader.Symbols) loader.Symbols {
	var list []loader.Symbol
	for s := range t.All() {
		if !strings.HasPrefix(s.Name, "hc.") {
			list = append(list, s)
		}
	}
	return loader.NewSymbols(list)
}

// joinSymbols gives the kernel and the story the scenario's names. A name that
// the kernel has too stays the kernel's in the kernel's own look-ups.
func (b *builder) joinSymbols() error {
	r := b.run
	all := r.symbols.kernel
	var list []loader.Symbol
	for s := range r.symbols.own.All() {
		if _, taken := r.symbols.kernel.Lookup(s.Name); taken && b.file.Source != nil {
			return b.file.MemberPos("text.S").Error(b.file.Name, "another name", "symbol %q, which the modelled kernel has too", s.Name)
		} else if !taken {
			list = append(list, s)
		}
	}
	all.Add(list...)
	r.Kernel.Symbols = all
	r.names = story.Names{
		Arch: r.Machine.Arch, Syntax: b.options.Syntax, Symbols: all,
		Kernel:     func(a uint64) bool { return a >= r.Kernel.Layout.Text && a < r.Kernel.Layout.Data },
		Breakpoint: r.world.breakpoint, Frame: r.Kernel.FrameOf, Line: r.Kernel.LineAt,
	}
	return nil
}

// setGates changes the gates that the file names.
func (b *builder) setGates() error {
	k := b.run.Kernel
	for _, g := range b.file.Machine.Gates {
		gate := k.Gate(b.space, x86.Vector(g.Vector))
		if gate == (x86.Gate{}) {
			return g.Pos.Error(b.file.Name, "a vector that the kernel handles", "no gate %d", g.Vector)
		}
		switch g.Type {
		case "interrupt":
			gate.Type, gate.Present = x86.InterruptGate, true
		case "trap":
			gate.Type, gate.Present = x86.TrapGate, true
		case "absent":
			gate.Present = false
		}
		if g.DPL >= 0 {
			gate.DPL = uint8(g.DPL)
		}
		k.SetGate(b.space, x86.Vector(g.Vector), gate)
	}
	return nil
}
