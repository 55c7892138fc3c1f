// Package traps is the modelled kernel's trap path: delivery through the IDT
// in guest memory, frames on guest stacks, the kernel text with its entry
// stubs and handlers, and the stock end of every trap. It knows nothing of
// probes: an Engine adds its own text and micro-steps.
package traps

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Result says what a micro-step wants next.
type Result uint8

// Results of a micro-step.
const (
	Next Result = iota // go on behind the hypercall
	Spin               // try again: the lock is held by another
	Jump               // the micro-step has set RIP itself
)

// Op is the meaning of a micro-step: plain work on registers and guest
// memory, done at once. Its values live in guest memory or in a Part, so that
// snapshots hold them.
type Op func(x *Exec) Result

// Exec is what a micro-step works on.
type Exec struct {
	K     *Kernel
	M     emu.Door
	C     *emu.CPU
	Micro *emu.Micro
	Regs  PtRegs // of the trap being handled, where the function has one
	Probe uint64 // address of the struct kprobe at hand, or 0
	Place *Place // the line of C that has just run, if this is no micro-step
}

// Engine is a generation of probe code: the text and micro-steps it adds.
type Engine interface {
	// Name is the name it is chosen by.
	Name() string
	// Ops are its micro-steps by name.
	Ops() map[string]Op
}

// Kernel is the modelled kernel of one machine.
type Kernel struct {
	M       *emu.Machine
	Layout  Layout
	Symbols loader.Symbols
	Tasks   []Task // by vCPU

	image   *loader.Image
	source  []string // of the text; nil: not to be seen
	places  []Place  // lines of the text that say something
	pieces  []uint32 // see Pieces; nil: there is no C
	seen    []Seen   // by place; nil: nothing more
	asks    string   // name of the places that only ask for a number, or ""
	engine  Engine
	dataSeg emu.Seg              // flat kernel data, as loaded
	hyper   map[uint64]hypercall // by address
	known   map[string]uint64    // symbols that were looked up
	ops     map[string]Op
	direct  *directMode // nil: kernel text runs
	hidden  func(what string)
	lazy    *lazyPages
	// stacks are the numbers of IST by vector, stacksAt where vCPUs' stacks for them
	// begin but for #DF's; 0: there are none.
	stacks   [32]uint8
	stacksAt uint64
	brk      uint64       // next free kernel address for AllocKernel
	saved    *kernelState // the last one saved or restored
	cells    emu.Cells    // the signals that each vCPU's task got
	exec     Exec         // of the micro-step under way: one at a time, so that none is allocated
}

// hypercall is one place in kernel text where a micro-step runs.
type hypercall struct {
	name string
	in   string // kernel function
	op   Op
}

// hyperPrefix starts the labels of hypercalls: "hc.NAME.N".
const hyperPrefix = "hc."

// bindHypercalls takes the hypercall labels out of the symbols and finds
// their micro-steps. Functions get the size up to the next one, so that an
// address inside is named after its function, not a label.
func (k *Kernel) bindHypercalls() error {
	k.hyper = map[uint64]hypercall{}
	var named []loader.Symbol
	var calls []loader.Symbol
	for s := range k.image.Symbols.All() {
		if strings.HasPrefix(s.Name, hyperPrefix) {
			calls = append(calls, s)
		} else {
			named = append(named, s)
		}
	}
	sizeFunctions(named, k.image)
	k.Symbols = loader.NewSymbols(named)
	for _, s := range calls {
		name, _, _ := strings.Cut(strings.TrimPrefix(s.Name, hyperPrefix), ".")
		op := k.ops[name]
		if op == nil {
			return fmt.Errorf("kernel text has micro-step %q at %#x, which nothing implements", name, s.Addr)
		}
		in, _, _ := k.Symbols.At(s.Addr)
		k.hyper[s.Addr] = hypercall{name: name, in: in.Name, op: op}
	}
	return nil
}

// sizeFunctions ends each function of the address-ordered list where the next
// one begins, or with its segment.
func sizeFunctions(list []loader.Symbol, img *loader.Image) {
	last := -1
	end := func(addr uint64) {
		if last >= 0 {
			list[last].Size = addr - list[last].Addr
		}
	}
	for i := range list {
		if list[i].Kind == loader.Function {
			end(list[i].Addr)
			last = i
		}
	}
	if last >= 0 {
		if seg := img.SegmentAt(list[last].Addr); seg != nil {
			end(seg.End())
		}
	}
}

// Hypercall runs the micro-step at pc (emu.Kernel).
func (k *Kernel) Hypercall(m *emu.Machine, c *emu.CPU, pc uint64) bool {
	h, ok := k.hypercallAt(pc)
	if !ok {
		return false
	}
	tf := c.RFLAGS & x86.TF
	k.runOp(c, h.name, h.in, h.op, k.frameArg(c), k.probeArg(c))
	if tf != 0 { // a micro-step under single step traps like any instruction
		c.Raise(emu.Trap{Vector: x86.VecDB, Kind: emu.Exception, DR6: emu.DR6BS})
	}
	return true
}

// Bind makes the two bytes of INT imm8 at an address of kernel memory a
// hypercall, named name, of function in.
func (k *Kernel) Bind(at uint64, name, in string, op Op) {
	k.hyper[at] = hypercall{name: name, in: in, op: op}
}

// Op is a micro-step of the engine's, or of every kernel's, by its name.
func (k *Kernel) Op(name string) (Op, bool) {
	op, ok := k.ops[name]
	return op, ok
}

// hypercallAt finds the hypercall at an address, first the one that direct
// mode stays at.
func (k *Kernel) hypercallAt(pc uint64) (hypercall, bool) {
	if d := k.direct; d != nil && pc == d.step {
		return d.hyper, true
	}
	h, ok := k.hyper[pc]
	return h, ok
}

func (k *Kernel) runOp(c *emu.CPU, name, in string, op Op, regs, probe uint64) Result {
	ev := k.M.Event()
	micro := ev.BeginMicro()
	micro.Name, micro.In = name, in
	k.exec = Exec{K: k, M: k.M.Door(), C: c, Micro: micro, Regs: PtRegs{k.M.Door(), c, regs}, Probe: probe}
	r := op(&k.exec)
	switch r {
	case Next:
		c.RIP = k.M.Arch.Mask(c.RIP + hypercallLen)
	case Spin:
		ev.Kind = emu.StepSpin
	}
	return r
}

// hypercallLen is the length of INT imm8.
const hypercallLen = 2

// The registers that kernel text keeps its arguments in: pt_regs in esi
// (r12), the struct kprobe in ebx (rbx).
func (k *Kernel) frameArg(c *emu.CPU) uint64 {
	if k.M.Arch == x86.AMD64 {
		return c.GPR[x86.R12]
	}
	return c.GPR[x86.RSI]
}

func (k *Kernel) probeArg(c *emu.CPU) uint64 { return c.GPR[x86.RBX] }

// Symbol is the address of a kernel symbol; the text is the project's own, so
// a missing one is a programming error.
func (k *Kernel) Symbol(name string) uint64 {
	if a, ok := k.known[name]; ok {
		return a
	}
	s, ok := k.Symbols.Lookup(name)
	if !ok {
		panic("kernel text has no symbol " + name)
	}
	k.known[name] = s.Addr
	return s.Addr
}

// HasSymbol reports whether the kernel text defines name.
func (k *Kernel) HasSymbol(name string) bool {
	_, ok := k.Symbols.Lookup(name)
	return ok
}

// Word reads a kernel variable of register width.
func (x *Exec) Word(name string) uint64 {
	v, _ := x.M.PeekWord(x.C.Space, x.K.Symbol(name), x.M.Arch.Word())
	return v
}

// HoldsOwnNumber reports whether a kernel variable of register width holds the
// number of the vCPU that asks.
func (x *Exec) HoldsOwnNumber(name string) bool {
	return x.M.HoldsNumber(x.C.Space, x.K.Symbol(name), x.C.ID)
}

// SetWord writes a kernel variable of register width.
func (x *Exec) SetWord(name string, v uint64) {
	x.M.PokeWord(x.C.Space, x.K.Symbol(name), x.M.Arch.Word(), v)
}

// Say gives the micro-step's plain words and the row it belongs to.
func (x *Exec) Say(id, why string) { x.Micro.ID, x.Micro.Why = id, why }

// Sayf is Say with words that cost time to make: they are made only when
// somebody may read them (Machine.Quiet).
func (x *Exec) Sayf(id string, why func() string) {
	x.Micro.ID = id
	if !x.M.Quiet() {
		x.Micro.Why = why()
	}
}

// Return sets the C-style result (eax, rax).
func (x *Exec) Return(v uint64) { x.C.SetReg(x86.RAX, v) }

// Arg is the value in eax (rax), which text passes to some micro-steps.
func (x *Exec) Arg() uint64 { return x.C.Reg(x86.RAX) }

// Name gives an address as symbol+offset, or in hex.
func (k *Kernel) Name(addr uint64) string {
	if s, off, ok := k.Symbols.At(addr); ok {
		if off == 0 {
			return s.Name
		}
		return fmt.Sprintf("%s+%#x", s.Name, off)
	}
	return fmt.Sprintf("%#x", addr)
}
