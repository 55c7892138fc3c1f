package kernelworld

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/scenario/world"
	"trapline/internal/x86"
)

// operations are the kernel functions of format.Operations.
var operations = map[string]string{
	"register": "register_kprobe", "unregister": "unregister_kprobe",
	"enable": "enable_kprobe", "disable": "disable_kprobe",
	"register_multiprobe": "register_multiprobe", "unregister_multiprobe": "unregister_multiprobe",
}

// operation is the kernel's function for an operation under the run's engine,
// "" where there are no probes. Where plain probes may share an address (M5) the multiprobe functions are the plain ones.
func (b *builder) operation(name string) (string, error) {
	name = operations[name]
	switch engine := b.world.Describe(); {
	case engine.None():
		return "", nil
	case b.world.Kernel.HasSymbol(name):
		return name, nil
	case name == operations["register_multiprobe"] && engine.Shares:
		return operations["register"], nil
	case name == operations["unregister_multiprobe"] && engine.Shares:
		return operations["unregister"], nil
	default:
		return "", fmt.Errorf("%w, because engine %s has no %s", world.ErrNotPossible, engine.Name, name)
	}
}

// writeCalls writes the code that makes a task's calls, one after the other,
// and returns its address. Where there are no probes, operations on them are
// left out.
func (b *builder) writeCalls(t *format.Task) (uint64, error) {
	s := stub{arch: b.world.Machine.Arch}
	for i := range t.Calls {
		c := &t.Calls[i]
		if err := b.writeCall(&s, c); err != nil {
			return 0, err
		}
	}
	s.put(0xc3) // ret, to task_exit
	at, err := b.world.Kernel.AllocKernel(b.space, uint64(len(s.code)), emu.Write|emu.Exec)
	if err != nil {
		return 0, err
	}
	for _, h := range s.hypercalls {
		b.world.Kernel.Bind(at+uint64(h.offset), h.name, h.in, h.op)
	}
	b.world.Symbols.Own.Add(loader.Symbol{Name: fmt.Sprintf("task%d", t.CPU), Addr: at, Size: uint64(len(s.code)), Kind: loader.Function})
	if err := b.joinSymbols(); err != nil {
		return 0, err
	}
	return at, b.world.Machine.WriteBytes(b.space, at, s.code)
}

func (b *builder) writeCall(s *stub, c *format.TaskCall) error {
	if c.Operation == "" {
		f, err := b.world.Symbols.Symbol(c.Symbol)
		if err != nil {
			return c.Pos.Error(b.file.Name, "a function", "%v", err)
		}
		s.call(f)
		return nil
	}
	if c.OnEvents() {
		b.writeEventCall(s, c)
		return nil
	}
	name, err := b.operation(c.Operation)
	if err != nil || name == "" {
		return err
	}
	s.call(b.world.Kernel.Symbol(name), b.world.Probes.Address(b.probeIndex(c.Probe)))
	return nil
}

// probeIndex is the place of a probe in the file, which is its index in the
// manager.
func (b *builder) probeIndex(name string) int {
	for i := range b.file.Probes {
		if b.file.Probes[i].Name == name {
			return i
		}
	}
	panic("probe " + name + " is not in the file") // format has checked it
}

// call calls f with at most one argument, by the C convention of the kernel.
func (s *stub) call(f uint64, arg ...uint64) {
	if s.arch == x86.AMD64 {
		if len(arg) > 0 {
			s.put(0x48, 0xbf) // mov imm64,%rdi
			s.put64(arg[0])
		}
		s.put(0x48, 0xb8) // mov imm64,%rax
		s.put64(f)
		s.put(0xff, 0xd0) // call *%rax
		return
	}
	if len(arg) > 0 {
		s.put(0x68) // push imm32
		s.put32(arg[0])
	}
	s.put(0xb8) // mov imm32,%eax
	s.put32(f)
	s.put(0xff, 0xd0) // call *%eax
	if len(arg) > 0 {
		s.put(0x59) // pop %ecx
	}
}
