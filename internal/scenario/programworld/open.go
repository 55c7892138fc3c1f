package programworld

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/places"
	"trapline/internal/uprobes/traceuprobe"
	"trapline/internal/x86"
)

// Open builds the machine of a Linux program, with its uprobes enabled and nothing
// run yet.
func Open(ctx context.Context, c world.Config) (*World, error) {
	img, err := c.Image(ctx, true)
	if err != nil {
		return nil, err
	}
	b := &builder{file: c.File, world: &World{Shared: &world.Shared{Config: c}, image: img, keeps: c.WithoutProbes, user: userState{hitAt: map[int]uint64{}}}}
	for _, do := range []func() error{b.makeFiles, b.boot, b.name, b.defineEvents, b.defineProbes, b.checkNames} {
		if err := do(); err != nil {
			b.world.Close()
			return nil, err
		}
	}
	return b.world, nil
}

// builder puts a Linux program onto a machine.
type builder struct {
	file    *format.File
	world   *World
	program []byte // its ELF file
}

// AddParts implements world.World.
func (w *World) AddParts() {
	w.cells = w.Machine.NewCells()
	w.Machine.AddPart(w)
}

// makeFiles makes the tree that the program sees, and reads the program as it
// lies there.
func (b *builder) makeFiles() error {
	w, x := b.world, b.file.Linux
	var err error
	if b.program, err = b.elf(); err != nil {
		return err
	}
	if w.image, err = loader.ReadELF(b.program, loader.Options{Interpreter: true}); err != nil {
		return err
	}
	w.program = b.program
	tree := map[string]vfs.MemFile{x.Path: {Data: b.program, Exec: true}}
	for _, g := range x.Files {
		data, err := w.content(g)
		if err != nil {
			return err
		}
		tree[g.Path] = vfs.MemFile{Data: data, Exec: true}
	}
	if _, file := tree[x.Dir]; x.Dir != "" && !file {
		tree[x.Dir] = vfs.MemFile{Dir: true}
	}
	w.shown, w.debug = tree, map[string]*debugged{}
	if w.files, err = vfs.OpenMem(tree); err != nil {
		return b.file.MemberPos("linux").Error(b.file.Name, "", "%v", err)
	}
	return nil
}

// elf is the program's file.
func (b *builder) elf() ([]byte, error) {
	if p := b.file.Program; p != nil {
		return b.world.ReadFile(p.Path)
	}
	return loader.ELF(b.world.image)
}

// MaxOutput bounds what is kept of a program's output: bytes of both streams.
const MaxOutput = 1 << 20

// content is what the program reads.
func (w *World) content(x format.GuestFile) ([]byte, error) {
	if x.From == "" {
		return []byte(x.Content), nil
	}
	data, err := w.ReadFile(x.From)
	if err != nil {
		return nil, x.Pos.Error(w.File.Name, "a readable file", "%v", err)
	}
	return data, nil
}

// boot loads the program.
func (b *builder) boot() error {
	w, f := b.world, b.file
	engine, err := uprobes.ParseEngine(w.Engine)
	if err != nil {
		return err
	}
	w.uprobes = uprobes.New(uprobes.Options{Engine: engine, Printk: w.printk})
	w.events = traceuprobe.New(traceuprobe.Config{ // before there is a kernel, whose snapshots shall have its state
		Arch: world.KernelArch(f), CPUs: f.Machine.CPUs, FS: w.files, System: w.uprobes, Records: traceuprobe.DefaultRecords,
		Printk: w.printk, Rewrite: w.rewrite,
	})
	memory := int(f.Machine.Memory)
	if memory == 0 {
		memory = emu.DefaultMemory
	}
	args := f.Linux.Args
	if len(args) == 0 {
		args = []string{f.Linux.Path}
	}
	stdin, err := w.content(f.Linux.Stdin)
	if err != nil {
		return err
	}
	quantum, cpus := f.Linux.Quantum, f.Machine.CPUs
	if w.CPUs > 0 {
		quantum, cpus = -1, w.CPUs
	}
	if quantum == 0 && cpus > 1 {
		quantum = -1 // a thread keeps its vCPU until it waits
	}
	var more []linux.Program
	for _, p := range f.Linux.And {
		more = append(more, linux.Program{Path: p.Path, Args: p.Args})
	}
	var when linux.When
	if f.Linux.AndWhen != "" {
		if when, err = linux.ParseWhen(f.Linux.AndWhen); err != nil {
			return err
		}
	}
	kernel := world.KernelArch(f)
	w.Kernel, err = linux.New(linux.Config{
		Kernel: &kernel,
		More:   more, When: when,
		Path: f.Linux.Path, Args: args, Env: f.Linux.Env, Dir: f.Linux.Dir, FS: w.files, CPUs: cpus, Vendor: world.VendorOf(f), Processor: w.Processor, Level: world.LevelOf(f), Quantum: quantum,
		StoreBuffer: f.Machine.StoreBuffer, SplitRMW: f.Machine.SplitRMW,
		Stdin: bytes.NewReader(stdin), Capture: MaxOutput, Limits: linux.Limits{Memory: memory}, Hooks: hooks{w.uprobes, w}, OnSignal: w.gotSignal,
	})
	if err != nil {
		return f.MemberPos("machine").Error(f.Name, "", "the program cannot be loaded: %v", err)
	}
	w.Machine = w.Kernel.Machine()
	if w.Kernel.Done() {
		how, _ := w.Ending()
		return f.MemberPos("machine").Error(f.Name, "a larger memory in machine", "the program cannot be loaded: %s", how)
	}
	return nil
}

// name gives addresses their names: the program's symbols, and the slots of
// the page that uprobes add to the process.
func (b *builder) name() error {
	w := b.world
	if err := b.moveImage(); err != nil {
		return err
	}
	slots := slotSymbols(w.Kernel.Init().MM().TaskSize()-emu.PageSize, loader.Global)
	w.Symbols.Own, w.Symbols.Kernel = w.image.Symbols, slots
	list := slices.Collect(slots.All())
	if other := w.otherWidth(); other != w.image.Arch {
		list = slices.AppendSeq(list, slotSymbols(w.Kernel.TaskSize(other)-emu.PageSize, loader.Local).All())
	}
	for s := range w.image.Symbols.All() {
		if _, taken := slots.Lookup(s.Name); !taken {
			list = append(list, s)
		}
	}
	w.Names = story.Names{Arch: w.Machine.Arch, Syntax: w.Syntax, Symbols: loader.NewSymbols(list), Image: w}
	return nil
}

// moveImage puts the image of a position-independent program where the kernel
// has put the program.
func (b *builder) moveImage() (err error) {
	w := b.world
	v := w.Kernel.Init().MM().VMAs()
	if len(v) == 0 || len(w.image.Segments) == 0 {
		return nil
	}
	if bias := v[0].Start - w.image.Segments[0].Addr&^(emu.PageSize-1); bias != 0 {
		w.bias = bias
		w.image, err = loader.ReadELF(b.program, loader.Options{Bias: bias, Interpreter: true})
	}
	return err
}

// otherWidth is that of a program among the run's files that is not of the first one's; the first one's if
// there is none.
func (w *World) otherWidth() x86.Arch {
	for _, f := range w.shown {
		e, err := elf.NewFile(bytes.NewReader(f.Data))
		if err != nil || e.Type == elf.ET_REL {
			continue
		}
		a, known := map[elf.Machine]x86.Arch{elf.EM_386: x86.I386, elf.EM_X86_64: x86.AMD64}[e.Machine]
		if known && a != w.image.Arch && a <= w.Machine.Arch {
			return a
		}
	}
	return w.image.Arch
}

// slotSymbols names the slots of the area at an address.
func slotSymbols(area uint64, binding loader.Binding) loader.Symbols {
	slots := []loader.Symbol{{Name: trampolineName, Addr: area, Size: uprobes.SlotSize, Kind: loader.Function, Binding: binding}}
	for n := uint64(1); n < uprobes.Slots; n++ {
		slots = append(slots, loader.Symbol{
			Name: fmt.Sprintf("%s%d", slotName, n), Addr: area + n*uprobes.SlotSize, Size: uprobes.SlotSize, Kind: loader.Function, Binding: binding,
		})
	}
	return loader.NewSymbols(slots)
}

// Names of the places in the page of a process's slots.
const (
	trampolineName = "uretprobe_trampoline"
	slotName       = "xol_slot"
)

// defineEvents makes the events, those of the file first.
func (b *builder) defineEvents() error {
	w := b.world
	w.events.Attach(w.Kernel)
	if w.WithoutProbes || w.Describe().None() {
		return nil
	}
	for _, e := range b.file.Events {
		if err := w.define(e.Line); err != nil {
			pos := e.Pos
			var at *places.Error
			if errors.As(err, &at) {
				pos.Col += at.At
			}
			return pos.Error(b.file.Name, "", "%v", err)
		}
	}
	for _, line := range w.MoreEvents {
		if err := w.define(line); err != nil {
			return fmt.Errorf("-p %q: %w", line, err)
		}
	}
	w.enableAll()
	return nil
}

// checkNames looks at the probes that conditions and directives name: events
// have theirs only now.
func (b *builder) checkNames() error {
	w := b.world
	if w.WithoutProbes || w.Describe().None() {
		return nil
	}
	var names []string
	for _, p := range b.world.probes {
		names = append(names, p.name)
	}
	for _, x := range b.file.Exprs() {
		var bad error
		expr.Walk(x.Node, func(n expr.Node) {
			c, ok := n.(*expr.Call)
			if ok && expr.Functions[c.Func] == "probe" && !slices.Contains(names, c.Arg) && bad == nil {
				bad = x.At(&expr.Error{Offset: c.Pos()}).Error(b.file.Name, "one of "+strings.Join(names, ", "), "no probe %q", c.Arg)
			}
		})
		if bad != nil {
			return bad
		}
	}
	return nil
}
