package scenarios

import (
	"errors"
	"fmt"
	"strconv"

	"trapline/emu"
	"trapline/emu/loader"
	"trapline/emu/nearest"
	"trapline/scenarios/expr"
	"trapline/scenarios/format"
	"trapline/traps"
)

// evalAt evaluates an expression of f; a flaw is shown at its place.
func evalAt(f *format.File, x format.Expr, env expr.Env) (uint64, error) {
	v, err := expr.Eval(x.Node, env)
	var e *expr.Error
	if errors.As(err, &e) {
		return 0, x.At(e).Error(f.Name, e.Want, "%s", e.Msg)
	}
	return v, err
}

// symbolEnv knows symbols only: what addresses and first values may use.
type symbolEnv struct {
	own, kernel loader.Symbols
}

var errSymbolsOnly = errors.New("only numbers and symbols are known here")

func (symbolEnv) Register(int, string) (uint64, error) { return 0, errSymbolsOnly }
func (symbolEnv) Memory(uint64, int) (uint64, error)   { return 0, errSymbolsOnly }
func (symbolEnv) Call(string, string) (uint64, error)  { return 0, errSymbolsOnly }

func (e symbolEnv) Symbol(name string) (uint64, error) {
	for _, t := range []loader.Symbols{e.own, e.kernel} {
		if s, ok := t.Lookup(name); ok {
			return s.Addr, nil
		}
	}
	var names []string
	for s := range e.own.All() {
		names = append(names, s.Name)
	}
	for s := range e.kernel.All() {
		names = append(names, s.Name)
	}
	if near := nearest.Word(name, names); near != "" {
		return 0, &expr.Error{Msg: fmt.Sprintf("no symbol %q", name), Want: strconv.Quote(near) + " perhaps"}
	}
	return 0, fmt.Errorf("no symbol %q", name)
}

// machineEnv sees the whole machine between two steps.
type machineEnv struct {
	symbolEnv
	run *Run
	cpu int // that expr.ThisCPU stands for
}

func (e machineEnv) Register(cpu int, name string) (uint64, error) {
	if cpu == expr.ThisCPU {
		cpu = e.cpu
	}
	c := e.run.Machine.CPUs[cpu]
	switch name {
	case "eip", "rip":
		return c.RIP, nil
	case "cr2":
		return c.Sys.CR2, nil
	case "dr6":
		return c.Sys.DR[6], nil
	case "cpl":
		return uint64(c.CPL), nil
	case "es", "cs", "ss", "ds":
		return uint64(c.Seg[map[string]int{"es": emu.ES, "cs": emu.CS, "ss": emu.SS, "ds": emu.DS}[name]].Sel), nil
	}
	if v, ok := flagsValue(name, c.RFLAGS); ok {
		return v, nil
	}
	r, err := emu.ParseReg(e.run.Machine.Arch, name)
	if err != nil {
		return 0, err
	}
	return c.Reg(r), nil
}

// flagsValue answers for eflags, rflags and the single flags.
func flagsValue(name string, flags uint64) (uint64, bool) {
	if name == "eflags" || name == "rflags" {
		return flags, true
	}
	for _, f := range emu.FlagNames {
		if f.Name == name {
			return b2u(flags&f.Bit != 0), true
		}
	}
	return 0, false
}

func (e machineEnv) Memory(addr uint64, size int) (uint64, error) {
	if size == 0 {
		size = e.run.Machine.Arch.Word()
	}
	var b [8]byte
	if e.run.world.peek(e.cpu, addr, b[:size]) < size {
		return 0, fmt.Errorf("no memory at %#x", addr)
	}
	var v uint64
	for i := size - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	return v, nil
}

func (e machineEnv) Call(function, arg string) (uint64, error) {
	switch function {
	case "held":
		return e.Memory(e.run.lockAddr(arg))
	case "halted", "signals", "preempt_count", "need_resched":
		n, err := strconv.Atoi(arg)
		if err != nil || n >= len(e.run.Machine.CPUs) {
			return 0, fmt.Errorf("no cpu %s", arg)
		}
		return e.run.world.aboutCPU(function, n), nil
	}
	n, ok := e.run.world.counts(arg)
	if !ok {
		return 0, fmt.Errorf("no probe %q", arg)
	}
	switch function {
	case "hits", "pre":
		return n.hits, nil
	case "post":
		return n.posts, nil
	case "faults":
		return n.faults, nil
	case "missed":
		return n.missed, nil
	}
	return b2u(n.armed), nil
}

// handlerEnv is what a probe's handler sees: the registers of the interrupted
// code, as the frame has them.
type handlerEnv struct {
	machineEnv
	regs savedRegisters
	// read, if not nil, reads the interrupted code's memory, bringing pages in.
	read func(addr uint64, b []byte) bool
}

func (e handlerEnv) Memory(addr uint64, size int) (uint64, error) {
	if e.read != nil {
		var b [8]byte
		_ = e.read(addr, b[:max(size, 1)]) // what cannot be read, the look below says
	}
	return e.machineEnv.Memory(addr, size)
}

func (e handlerEnv) Register(cpu int, name string) (uint64, error) {
	if cpu != expr.ThisCPU {
		return e.machineEnv.Register(cpu, name)
	}
	switch name {
	case "eip", "rip":
		return e.regs.Get(traps.FieldIP), nil
	case "cs":
		return e.regs.Get(traps.FieldCS), nil
	}
	if v, ok := flagsValue(name, e.regs.Get(traps.FieldFlags)); ok {
		return v, nil
	}
	if r, err := emu.ParseReg(e.run.Machine.Arch, name); err == nil {
		return e.regs.Reg(r), nil
	}
	return e.machineEnv.Register(cpu, name)
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
