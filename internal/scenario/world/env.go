package world

import (
	"errors"
	"fmt"
	"strconv"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/loader"
	"trapline/internal/nearest"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// EvalAt evaluates an expression of f; a flaw is shown at its place.
func EvalAt(f *format.File, x format.Expr, env expr.Env) (uint64, error) {
	v, err := expr.Eval(x.Node, env)
	var e *expr.Error
	if errors.As(err, &e) {
		return 0, x.At(e).Error(f.Name, e.Want, "%s", e.Msg)
	}
	return v, err
}

// Symbols knows symbols only: what addresses and first values may use.
type Symbols struct {
	Own, Kernel loader.Symbols
}

var errSymbolsOnly = errors.New("only numbers and symbols are known here")

func (Symbols) Register(int, string) (uint64, error) { return 0, errSymbolsOnly }
func (Symbols) Memory(uint64, int) (uint64, error)   { return 0, errSymbolsOnly }
func (Symbols) Call(string, string) (uint64, error)  { return 0, errSymbolsOnly }

func (e Symbols) Symbol(name string) (uint64, error) {
	for _, t := range []loader.Symbols{e.Own, e.Kernel} {
		if s, ok := t.Lookup(name); ok {
			return s.Addr, nil
		}
	}
	var names []string
	for s := range e.Own.All() {
		names = append(names, s.Name)
	}
	for s := range e.Kernel.All() {
		names = append(names, s.Name)
	}
	if near := nearest.Word(name, names); near != "" {
		return 0, &expr.Error{Msg: fmt.Sprintf("no symbol %q", name), Want: strconv.Quote(near) + " perhaps"}
	}
	return 0, fmt.Errorf("no symbol %q", name)
}

// Lock is where a lock lies: kernel variables are locks of one word. 0: there is none.
func (e Symbols) Lock(name string) uint64 {
	s, ok := e.Kernel.Lookup(name)
	if !ok {
		return 0
	}
	return s.Addr
}

// Env sees the whole machine, through a door that records what it is asked for, or
// between two steps through one that does not.
type Env struct {
	Symbols
	world World
	cpu   int // that expr.ThisCPU stands for
	door  emu.Door
}

// arch is what names of registers and words without a size are of, whatever code a vCPU runs.
func (e Env) arch() x86.Arch { return ArchOf(e.world.Common().File) }

// Through is what expressions see of a world through a door. A register without a
// vCPU is that of cpu.
func Through(w World, cpu int, d emu.Door) Env { return Env{w.Common().Symbols, w, cpu, d} }

// Shows is the environment of what people are shown.
func Shows(w World, cpu int) Env { return Through(w, cpu, w.Common().Machine.Look()) }

func (e Env) Register(cpu int, name string) (uint64, error) {
	if cpu == expr.ThisCPU {
		cpu = e.cpu
	}
	if cpu >= e.door.CPUs() {
		return 0, fmt.Errorf("no cpu %d", cpu)
	}
	if x86.IsIP(name) {
		return e.door.Register(cpu, emu.RegisterIP), nil
	}
	switch name {
	case "cr2":
		return e.door.Register(cpu, emu.RegisterCR2), nil
	case "dr6":
		return e.door.Register(cpu, emu.RegisterDR6), nil
	case "cpl":
		return e.door.Register(cpu, emu.RegisterCPL), nil
	}
	if s, ok := x86.SegmentNamed(name); ok {
		return e.door.Register(cpu, emu.RegisterSegment+emu.Register(s)), nil
	}
	if isFlag(name) {
		return flagOf(name, e.door.Register(cpu, emu.RegisterFlags)), nil
	}
	r, err := x86.ParseReg(e.arch(), name)
	if err != nil {
		return 0, err
	}
	return e.arch().Mask(e.door.Register(cpu, emu.Register(r))), nil
}

// FlagBit is the flag of that name, all of them for eflags and rflags.
func FlagBit(name string) (uint64, bool) {
	if x86.IsFlags(name) {
		return ^uint64(0), true
	}
	for _, f := range x86.FlagNames {
		if f.Name == name {
			return f.Bit, true
		}
	}
	return 0, false
}

func isFlag(name string) bool {
	_, ok := FlagBit(name)
	return ok
}

// flagOf is the flags register, or 1 for a single flag that is set.
func flagOf(name string, flags uint64) uint64 {
	bit, _ := FlagBit(name)
	if bit == ^uint64(0) {
		return flags
	}
	return emu.B2U(flags&bit != 0)
}

func (e Env) Memory(addr uint64, size int) (uint64, error) {
	if size == 0 {
		size = e.arch().Word()
	}
	var b [8]byte
	if e.world.Peek(e.door, e.cpu, addr, b[:size]) < size {
		return 0, fmt.Errorf("no memory at %#x", addr)
	}
	var v uint64
	for i := size - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v, nil
}

func (e Env) Call(function, arg string) (uint64, error) {
	switch function {
	case "held":
		return e.Memory(e.Lock(arg), 0)
	case "halted", "signals", "preempt_count", "need_resched":
		n, err := strconv.Atoi(arg)
		if err != nil || n >= e.door.CPUs() {
			return 0, fmt.Errorf("no cpu %s", arg)
		}
		return e.world.AboutCPU(e.door, function, n), nil
	}
	v, ok := e.world.Count(e.door, arg, CountNames[function])
	if !ok {
		return 0, fmt.Errorf("no probe %q", arg)
	}
	return v, nil
}

// handlerEnv is what a probe's handler sees: the registers of the interrupted
// code, as the frame has them.
type handlerEnv struct {
	Env
	regs Registers
	// read, if not nil, reads the interrupted code's memory, bringing pages in.
	read func(addr uint64, b []byte) bool
}

func (e handlerEnv) Memory(addr uint64, size int) (uint64, error) {
	if e.read != nil {
		var b [8]byte
		_ = e.read(addr, b[:max(size, 1)]) // what cannot be read, the look below says
	}
	return e.Env.Memory(addr, size)
}

func (e handlerEnv) Register(cpu int, name string) (uint64, error) {
	if cpu != expr.ThisCPU {
		return e.Env.Register(cpu, name)
	}
	s, isSegment := x86.SegmentNamed(name)
	switch {
	case x86.IsIP(name):
		return e.regs.Get(traps.FieldIP), nil
	case isSegment && s == x86.CS:
		return e.regs.Get(traps.FieldCS), nil
	case isFlag(name):
		return flagOf(name, e.regs.Get(traps.FieldFlags)), nil
	}
	if r, err := x86.ParseReg(e.arch(), name); err == nil {
		return e.arch().Mask(e.regs.Reg(r)), nil
	}
	return e.Env.Register(cpu, name)
}

// Eval parses and computes an expression.
func Eval(text string, env expr.Env) (uint64, error) {
	n, err := expr.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	v, err := expr.Eval(n, env)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	return v, nil
}

// ParsePlace parses what can be set: %REGISTER or memory such as u32[ADDRESS].
func ParsePlace(text string) (expr.Node, error) {
	n, err := expr.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	switch n.(type) {
	case *expr.Register, *expr.Memory:
		return n, nil
	}
	return nil, fmt.Errorf("%q: %w", text, errNoPlace)
}

var errNoPlace = errors.New("no place; expected %REGISTER or memory such as u32[ADDRESS]")
