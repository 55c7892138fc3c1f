package kernelworld

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
	"trapline/internal/x86"
)

// Open builds the machine of kernel code. Flaws that show only now, such as an unknown
// symbol, are *format.Error or *asm.Error.
func Open(ctx context.Context, c world.Config) (*World, error) {
	img, err := c.Image(ctx, false)
	if err != nil {
		return nil, err
	}
	f := c.File
	m, err := emu.New(emu.Config{Arch: world.ArchOf(f), CPUs: f.Machine.CPUs, Memory: int(f.Machine.Memory), Prefetch: f.Machine.Prefetch, StoreBuffer: f.Machine.StoreBuffer, SplitRMW: f.Machine.SplitRMW, Vendor: world.VendorOf(f), Processor: c.Processor, Level: world.LevelOf(f)})
	if err != nil {
		return nil, err
	}
	b := &builder{file: f, image: img, space: m.CPUs[0].Space}
	b.world = &World{Shared: &world.Shared{Config: c, Machine: m}, lazy: map[uint64]lazyPage{}, original: map[uint64]byte{}}
	if err := b.build(); err != nil {
		m.Close()
		if errors.Is(err, emu.ErrMemoryBound) {
			return nil, f.MemberPos("machine").Error(f.Name, "a larger memory in machine", "%v", err)
		}
		return nil, err
	}
	return b.world, nil
}

// builder puts a scenario onto a machine.
type builder struct {
	file  *format.File
	image *loader.Image
	space *emu.Space
	world *World
	own   []loader.Symbol // of regions and helper code
}

// hostKey is what handlers ask the manager for their World by.
type hostKey struct{}

func (b *builder) build() error {
	w := b.world
	var err error
	if w.Probes, err = kprobes.Boot(w.Machine, w.Engine); err != nil {
		return err
	}
	w.Kernel = w.Probes.K
	w.Probes.SetHost(hostKey{}, w)
	for _, do := range []func() error{
		b.loadImage, b.nameRegions, b.loadRegions, b.loadCalls, b.startTasks, b.setGates, b.defineProbes, b.defineEvents, b.noteSegments,
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// loadImage maps the scenario's code and joins its symbols with the kernel's.
func (b *builder) loadImage() error {
	r := b.world
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
	r.Symbols.Own = b.image.Symbols
	r.Symbols.Kernel = withoutHypercalls(r.Kernel.Symbols)
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
	r := b.world
	all := r.Symbols.Kernel
	var list []loader.Symbol
	for s := range r.Symbols.Own.All() {
		if _, taken := r.Symbols.Kernel.Lookup(s.Name); taken && b.file.Source != nil {
			return b.file.SymbolPos(s.Name).Error(b.file.Name, "another name", "symbol %q, which the modelled kernel has too", s.Name)
		} else if !taken {
			list = append(list, s)
		}
	}
	all.Add(list...)
	r.Kernel.Symbols = all
	r.Names = story.Names{Arch: r.Machine.Arch, Syntax: r.Syntax, Symbols: all, Image: r}
	return nil
}

// setGates changes the gates that the file names.
func (b *builder) setGates() error {
	k := b.world.Kernel
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
