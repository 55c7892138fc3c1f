package kernelworld

import (
	"encoding/binary"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// resultsSymbol is the array of what the calls of a program returned, one
// machine word each.
const (
	resultsSymbol = "trapline_results"
	callsSymbol   = "trapline_calls"
)

// loadCalls writes the code that makes a program's calls, and starts it on
// cpu 0 in ring 0: calls are guest code like everything else, so that a
// snapshot between or inside them is like any other.
func (b *builder) loadCalls() error {
	p := b.file.Program
	if p == nil || len(p.Calls) == 0 {
		return nil
	}
	r := b.world
	results, err := r.Kernel.AllocKernel(b.space, uint64(len(p.Calls)*r.Machine.Arch.Word()), emu.Write)
	if err != nil {
		return err
	}
	s := stub{arch: r.Machine.Arch}
	for i := range p.Calls {
		at := results + uint64(i*r.Machine.Arch.Word())
		if err := b.emitCall(&s, &p.Calls[i], at); err != nil {
			return err
		}
	}
	s.put(0xc3) // ret, to task_exit
	code, err := r.Kernel.AllocKernel(b.space, uint64(len(s.code)), emu.Write|emu.Exec)
	if err != nil {
		return err
	}
	if err := r.Machine.WriteBytes(b.space, code, s.code); err != nil {
		return err
	}
	r.Symbols.Own.Add(
		loader.Symbol{Name: resultsSymbol, Addr: results, Size: uint64(len(p.Calls) * r.Machine.Arch.Word()), Kind: loader.Object},
		loader.Symbol{Name: callsSymbol, Addr: code, Size: uint64(len(s.code)), Kind: loader.Function})
	if err := b.joinSymbols(); err != nil {
		return err
	}
	if len(b.file.Tasks) > 0 {
		return b.file.Tasks[0].Pos.Error(b.file.Name, "either", "both tasks and calls of a program")
	}
	return r.Kernel.Start(0, traps.Task{Name: b.file.Program.Path}, 0, code, 0)
}

func (b *builder) emitCall(s *stub, c *format.Call, result uint64) error {
	f, err := b.world.Symbols.Symbol(c.Function)
	if err != nil {
		return c.Pos.Error(b.file.Name, "a function of "+b.file.Program.Path, "%v", err)
	}
	args := make([]uint64, len(c.Args))
	for i, x := range c.Args {
		if args[i], err = world.EvalAt(b.file, x, b.world.Symbols); err != nil {
			return err
		}
	}
	if s.arch == x86.AMD64 {
		s.call64(f, args, result)
	} else {
		s.call32(f, args, result)
	}
	return nil
}

// stub is machine code being written.
type stub struct {
	arch x86.Arch
	code []byte

	hypercalls []stubHypercall
}

func (s *stub) put(b ...byte)  { s.code = append(s.code, b...) }
func (s *stub) put32(v uint64) { s.code = binary.LittleEndian.AppendUint32(s.code, uint32(v)) }
func (s *stub) put64(v uint64) { s.code = binary.LittleEndian.AppendUint64(s.code, v) }

// call32 is a cdecl call: arguments pushed from the last to the first.
func (s *stub) call32(f uint64, args []uint64, result uint64) {
	for i := len(args) - 1; i >= 0; i-- {
		s.put(0x68) // push imm32
		s.put32(args[i])
	}
	s.put(0xb8) // mov imm32,%eax
	s.put32(f)
	s.put(0xff, 0xd0) // call *%eax
	s.put(0x81, 0xc4) // add imm32,%esp
	s.put32(uint64(4 * len(args)))
	s.put(0xa3) // mov %eax,moffs32
	s.put32(result)
}

// registerArgs are the opcodes after REX of mov imm64 to rdi, rsi, rdx, rcx,
// r8, r9, the System V order.
var registerArgs = [...][2]byte{{0x48, 0xbf}, {0x48, 0xbe}, {0x48, 0xba}, {0x48, 0xb9}, {0x49, 0xb8}, {0x49, 0xb9}}

// call64 is a System V call; the stack is 16-aligned at every call.
func (s *stub) call64(f uint64, args []uint64, result uint64) {
	onStack := max(len(args)-len(registerArgs), 0)
	pad := uint64(onStack % 2 * 8)
	s.put(0x48, 0x81, 0xec) // sub imm32,%rsp
	s.put32(pad)
	for i := len(args) - 1; i >= len(registerArgs); i-- {
		s.put(0x48, 0xb8) // mov imm64,%rax
		s.put64(args[i])
		s.put(0x50) // push %rax
	}
	for i := range min(len(args), len(registerArgs)) {
		s.put(registerArgs[i][:]...)
		s.put64(args[i])
	}
	s.put(0x49, 0xbb) // mov imm64,%r11
	s.put64(f)
	s.put(0x31, 0xc0)       // xor %eax,%eax: no vector arguments
	s.put(0x41, 0xff, 0xd3) // call *%r11
	s.put(0x48, 0x81, 0xc4) // add imm32,%rsp
	s.put32(pad + uint64(8*onStack))
	s.put(0x48, 0xa3) // mov %rax,moffs64
	s.put64(result)
}

// Results are what the calls of a program returned so far, as wide as the
// machine's word; results of calls not made yet are 0.
func (w *World) Results() []uint64 {
	if w.File.Program == nil {
		return nil
	}
	s, ok := w.Symbols.Own.Lookup(resultsSymbol)
	if !ok {
		return nil
	}
	list := make([]uint64, len(w.File.Program.Calls))
	env := world.Shows(w, 0)
	for i := range list {
		list[i], _ = env.Memory(s.Addr+uint64(i*w.Machine.Arch.Word()), 0)
	}
	return list
}

// results is the property that calls return what the file says.
type results struct{ world *World }

func (*results) Name() string                       { return format.ResultsProperty }
func (*results) Step(*emu.Event) *explore.Violation { return nil }

// End compares the results of all calls.
func (p *results) End() *explore.Violation {
	w := p.world
	got := w.Results()
	for i := range got {
		c := &w.File.Program.Calls[i]
		if c.Result == nil {
			continue
		}
		want, err := world.EvalAt(w.File, *c.Result, w.Symbols)
		if want = w.Machine.Arch.Mask(want); err != nil || got[i] != want {
			return &explore.Violation{Property: p.Name(), What: fmt.Sprintf("%s returned %#x; expected %#x", c.Function, got[i], want)}
		}
	}
	return nil
}
