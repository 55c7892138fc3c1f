package kernelworld

import (
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/linux/abi"
	"trapline/internal/scenario/world"
)

// defineProbes makes and registers the probes, in the file's order.
func (b *builder) defineProbes() error {
	if b.world.WithoutProbes {
		return nil
	}
	for i := range b.file.Probes {
		p := &b.file.Probes[i]
		addr, err := world.EvalAt(b.file, p.At, b.world.Symbols)
		if err != nil && b.world.Engine != b.file.Machine.Engine {
			return fmt.Errorf("%w, because engine %s has nothing at %s, where probe %s is", world.ErrNotPossible, b.world.Engine, p.At.Node, p.Name)
		}
		if err != nil {
			return err
		}
		probe := kprobes.Probe{Name: p.Name, Addr: addr}
		for i, h := range []*kprobes.Handler{&probe.Pre, &probe.Post, &probe.Fault} {
			if *h, err = b.handler(p, format.HandlerKinds[i]); err != nil {
				return err
			}
		}
		var first [1]byte
		if b.space.Peek(addr, first[:]) == 0 {
			return p.At.Pos.Error(b.file.Name, "the address of an instruction", "probe %s: no memory at %#x", p.Name, addr)
		}
		n, err := b.world.Probes.Define(probe)
		if err == nil && !p.Unregistered {
			err = b.register(n, p)
		}
		if errno := abi.Errno(0); errors.As(err, &errno) {
			return b.refused(p, addr, errno)
		}
		if errors.Is(err, world.ErrNotPossible) {
			return err
		}
		if err != nil {
			return p.At.Pos.Error(b.file.Name, "", "%v", err)
		}
		if _, known := b.world.original[addr]; !known {
			b.world.original[addr] = first[0]
		}
	}
	return nil
}

// refusals are the errnos of register_kprobe: why, and what was expected.
var refusals = map[abi.Errno][2]string{
	abi.EEXIST:  {"its address has one", "an address without a probe"},
	abi.ENOTSUP: {"it can neither emulate nor step the instruction there", "an instruction that the engine can probe"},
	abi.EINVAL:  {"the instruction there holds traps off", "an instruction that the engine can probe"},
}

// refused is the error for a probe that the kernel does not register.
func (b *builder) refused(p *format.Probe, addr uint64, errno abi.Errno) error {
	name, why := events.Errno(errno).Name(), refusals[errno]
	if b.world.Probes.Blacklisted(addr) {
		why = [2]string{"a hit runs that function, so no probe may lie on it", "a function that no hit runs"}
	}
	if b.world.Engine != b.file.Machine.Engine {
		return fmt.Errorf("%w, because engine %s refuses probe %s with %s: %s", world.ErrNotPossible, b.world.Engine, p.Name, name, why[0])
	}
	return p.At.Pos.Error(b.file.Name, why[1], "probe %s: the kernel refuses it with %s", p.Name, name)
}

// register registers probe n before the tasks start.
func (b *builder) register(n int, p *format.Probe) error {
	if p.Multiprobe {
		if name, err := b.operation("register_multiprobe"); err != nil || name == operations["register_multiprobe"] {
			if err == nil {
				err = b.world.Probes.RegisterMulti(n)
			}
			return err
		}
	}
	return b.world.Probes.Register(n)
}

func (w *World) originalCode(d emu.Door, addr uint64, op byte) []byte {
	code := make([]byte, insn.MaxLen)
	n := d.Peek(0, addr, code)
	code[0] = op
	return code[:max(n, 1)]
}

// originalLen is the length of the probed instruction at addr.
func (w *World) originalLen(d emu.Door, addr uint64) int {
	return world.InstructionLen(w.originalCode(d, addr, w.original[addr]), insn.ModeOf(w.Machine.Arch))
}
