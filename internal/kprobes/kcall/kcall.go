// Package kcall calls a function of a real kernel's image on the machine, so
// that probes can be put on code as distributions ship it. The image's kernel
// does not run: a function that needs no more than its arguments, its own data
// and a CPU's variables works, any other stops where it went beyond that.
package kcall

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader"
	"trapline/internal/loader/vmlinux"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Bounds of a call.
const (
	DefaultSteps = 20_000_000 // of the vCPU
	MaxArgs      = 16
	MaxBuffer    = 16 << 20 // bytes of all buffers of a machine

	spareMemory = 64 << 20 // physical memory beyond the image's
	checkEvery  = 1 << 12  // steps between looks at the context
)

// Caller is a machine with a kernel image in its memory.
type Caller struct {
	Image   *vmlinux.Kernel
	Machine *emu.Machine
	Probes  *kprobes.Manager
	Events  *tracekprobe.Session
	Steps   uint64 // bound of one call; DefaultSteps

	buffers uint64 // bytes
}

// New puts an image onto a machine of one vCPU of that processor, with that engine.
func New(image *vmlinux.Kernel, engine string, p emu.Processor) (*Caller, error) {
	size := spareMemory + len(image.PerCPU)
	for _, s := range image.Segments {
		size += int(s.MemSize)
	}
	m, err := emu.New(emu.Config{Arch: image.Arch, CPUs: 1, Memory: size &^ (emu.PageSize - 1), Processor: p})
	if err != nil {
		return nil, err
	}
	c := &Caller{Image: image, Machine: m, Steps: DefaultSteps}
	if err := c.boot(engine); err != nil {
		m.Close()
		return nil, err
	}
	return c, nil
}

// Close frees the machine.
func (c *Caller) Close() { c.Machine.Close() }

func (c *Caller) boot(engine string) error {
	var err error
	if c.Probes, err = kprobes.Boot(c.Machine, engine); err != nil {
		return err
	}
	k := c.Probes.K
	for _, s := range c.Image.Segments {
		if s.Addr < k.Layout.KernelEnd && s.End() > k.Layout.Text {
			return fmt.Errorf("the image's memory at %#x is where the modelled kernel is", s.Addr)
		}
	}
	img := &loader.Image{Arch: c.Image.Arch, Segments: c.Image.Segments}
	if err := k.LoadImage(c.space(), img, 0); err != nil {
		return fmt.Errorf("map the image: %w", err)
	}
	var names []loader.Symbol // the modelled kernel's own come first
	for _, s := range c.Image.Symbols {
		if !k.HasSymbol(s.Name) && s.Addr >= c.Image.Segments[0].Addr {
			names = append(names, s)
		}
	}
	k.Symbols.Add(names...)
	if err := c.perCPU(); err != nil {
		return err
	}
	table := loader.NewSymbols(c.Image.Symbols)
	c.Events = tracekprobe.New(tracekprobe.Config{Manager: c.Probes, Symbols: func() loader.Symbols { return table }, Places: NewJudge(c.Image)})
	return nil
}

func (c *Caller) space() *emu.Space { return c.Machine.CPUs[0].Space }

// perCPU does what setup_per_cpu_areas() would for this CPU: a copy of the
// variables, reached through GS.
func (c *Caller) perCPU() error {
	if len(c.Image.PerCPU) == 0 {
		return nil
	}
	at, err := c.Probes.K.AllocKernel(c.space(), uint64(len(c.Image.PerCPU)), emu.Write)
	if err != nil {
		return err
	}
	area := append([]byte(nil), c.Image.PerCPU...)
	if s, ok := c.Image.Lookup("this_cpu_off"); ok && s.Addr+8 <= uint64(len(area)) {
		binary.LittleEndian.PutUint64(area[s.Addr:], at)
	}
	if err := c.Machine.WriteBytes(c.space(), at, area); err != nil {
		return err
	}
	if s, ok := c.Image.Lookup("__per_cpu_offset"); ok {
		c.Machine.PokeWord(c.space(), s.Addr, 8, at)
	}
	c.Machine.CPUs[0].Seg[x86.GS].Base = at
	return nil
}

// Buffer puts b into fresh memory and gives its address. A page that is not
// mapped follows each.
func (c *Caller) Buffer(b []byte) (uint64, error) {
	if c.buffers += uint64(len(b)); c.buffers > MaxBuffer {
		return 0, fmt.Errorf("buffers of %d bytes; expected at most %d in all", c.buffers, MaxBuffer)
	}
	k := c.Probes.K
	at, err := k.AllocKernel(c.space(), uint64(max(len(b), 1)), emu.Write)
	if err != nil {
		return 0, err
	}
	return at, c.Machine.WriteBytes(c.space(), at, b)
}

// Peek reads memory.
func (c *Caller) Peek(at uint64, n int) []byte {
	b := make([]byte, n)
	return b[:c.space().Peek(at, b)]
}

// Result is what a call came to.
type Result struct {
	Value uint64 // rax, or eax
	Steps uint64
}

// What Call says of a name; test with errors.Is.
var (
	ErrNoFunction = errors.New("no such function in the image")
	ErrData       = errors.New("this is data; expected a function")
)

// Call runs a function to its return. args are in the order of the C
// declaration, in the registers that the kernel's convention has them. see,
// which may be nil, gets every step's event.
func (c *Caller) Call(ctx context.Context, function string, args []uint64, see func(*emu.Event)) (Result, error) {
	s, ok := c.Image.Lookup(function)
	if !ok {
		return Result{}, fmt.Errorf("%q: %w", function, ErrNoFunction)
	}
	if s.Kind == loader.Object {
		return Result{}, fmt.Errorf("%q: %w", function, ErrData)
	}
	if err := c.start(s, args); err != nil {
		return Result{}, err
	}
	cpu := c.Machine.CPUs[0]
	for n := uint64(0); n < c.Steps; n++ {
		ev := c.Machine.Step(0)
		c.Probes.Observe(ev)
		if see != nil {
			see(ev)
		}
		switch {
		case c.Machine.Err() != nil:
			return Result{}, c.Machine.Err()
		case cpu.Shutdown == traps.TaskDone:
			return Result{c.Machine.Arch.Mask(cpu.GPR[x86.RAX]), n + 1}, nil
		case cpu.Shutdown != "" || cpu.Halted:
			return Result{}, c.stopped(function, ev)
		case n%checkEvery == 0 && ctx.Err() != nil:
			return Result{}, &Stopped{function, c.name(cpu.RIP), "it was interrupted"}
		}
	}
	return Result{}, &Stopped{function, c.name(cpu.RIP), fmt.Sprintf("the bound of %d steps was reached", c.Steps)}
}

// argRegs are the registers of the first arguments: System V, and the 32-bit
// kernel's -mregparm=3. Further ones lie on the stack.
func (c *Caller) argRegs() []x86.Reg {
	if c.Machine.Arch == x86.AMD64 {
		return []x86.Reg{x86.RDI, x86.RSI, x86.RDX, x86.RCX, x86.R8, x86.R9}
	}
	return []x86.Reg{x86.RAX, x86.RDX, x86.RCX}
}

func (c *Caller) start(s loader.Symbol, args []uint64) error {
	if len(args) > MaxArgs {
		return fmt.Errorf("%d arguments; expected at most %d", len(args), MaxArgs)
	}
	k, cpu := c.Probes.K, c.Machine.CPUs[0]
	word := c.Machine.Arch.Word()
	sp := (k.Layout.StackTop(0) - uint64((MaxArgs+4)*word)) &^ 15
	sp -= uint64(word) // aligned before the call pushed its return address
	c.Machine.PokeWord(c.space(), sp, word, k.Symbol("task_exit"))
	cpu.Shutdown, cpu.Sys.CR2, cpu.RFLAGS = "", noFault, x86.FlagsFixed
	if err := k.Start(0, traps.Task{Name: s.Name}, 0, s.Addr, sp); err != nil {
		return err
	}
	if c.Machine.Arch == x86.I386 { // per-CPU variables, the stack protector's among them: those of the image, where they are
		if t := c.Machine.LoadData(cpu, x86.FS, k.Layout.KernelDS); t != nil {
			return fmt.Errorf("load fs: %v", t)
		}
	}
	regs := c.argRegs()
	for i, v := range args {
		if i < len(regs) {
			cpu.SetReg(regs[i], v)
			continue
		}
		c.Machine.PokeWord(c.space(), sp+uint64((i-len(regs)+1)*word), word, v)
	}
	return nil
}

// name gives an address in the image.
func (c *Caller) name(addr uint64) string { return c.Probes.K.Name(addr) }
