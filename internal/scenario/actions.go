package scenario

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// NotePrint marks a line that a handler printed.
const NotePrint emu.NoteKind = "print"

// handler makes the handler of a probe from its actions.
func (b *builder) handler(p *format.Probe, kind string) (kprobes.Handler, error) {
	if h, ok := b.file.handlers[handlerAt{p.Name, kind}]; ok {
		return kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
			return c.Host(runKey{}).(*Run).call(h, handlerAt{p.Name, kind}, hitOf(c))
		}}, nil
	}
	actions, ok := p.Handler(kind)
	if !ok {
		return kprobes.Handler{}, nil
	}
	if len(actions) == 1 && actions[0].Kind == "call" {
		addr, err := b.symbols().Symbol(actions[0].Text)
		if err != nil {
			return kprobes.Handler{}, actions[0].Pos.Error(b.file.Name, "", "%v", err)
		}
		return kprobes.Handler{Guest: addr}, nil
	}
	for _, a := range actions {
		for _, x := range a.Args {
			if err := b.run.checkSymbols(x); err != nil {
				return kprobes.Handler{}, err
			}
		}
	}
	return kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
		return c.Host(runKey{}).(*Run).act(hitOf(c), actions)
	}}, nil
}

// hitOf is what a kprobe's handler works on.
func hitOf(c *kprobes.Call) *hit {
	return &hit{
		who: fmt.Sprintf("%s %s on cpu%d", c.Probe.Name, c.Kind, c.CPU.ID), cpu: c.CPU, door: c.Door, addr: c.Probe.Addr, regs: c.Regs,
		poke: func(addr uint64, size int, v uint64) bool { return c.Door.PokeWord(c.CPU.Space, addr, size, v) },
	}
}

// runKey is what actions ask the manager for their Run by.
type runKey struct{}

// hit is what a handler's actions work on.
type hit struct {
	who  string // probe, handler and where, as the log has it
	cpu  *emu.CPU
	door emu.Door
	addr uint64 // of the probed instruction
	regs savedRegisters
	// poke stores size bytes of v in the interrupted code's memory.
	poke func(addr uint64, size int, v uint64) bool
	// read, if not nil, brings in the pages of what an action is to read.
	read   func(addr uint64, b []byte) bool
	remove bool // the breakpoint shall go
}

// savedRegisters are those of the interrupted code.
type savedRegisters interface {
	Reg(x86.Reg) uint64
	SetReg(x86.Reg, uint64)
	Get(traps.Field) uint64
	Set(traps.Field, uint64)
}

// act runs a handler's actions; the result is what the last "return" says.
func (r *Run) act(c *hit, actions []format.Action) uint64 {
	env := handlerEnv{machineEnv{r.symbols, r, c.cpu.ID, c.door}, c.regs, c.read}
	prints := env // what is only printed decides nothing
	prints.door = r.Machine.Look()
	var result uint64
	for i := range actions {
		a := &actions[i]
		switch a.Kind {
		case "print":
			r.log(c, a.Text+values(prints, a.Args))
		case "regs":
			r.log(c, r.frameText(c))
		case "stack":
			r.log(c, r.stackText(c, a.N))
		case "set":
			r.set(c, env, a)
		case "return":
			result = uint64(a.N)
		case "map":
			r.mapFaulted(c)
		case "skip":
			c.regs.Set(traps.FieldIP, c.addr+uint64(r.originalLen(c.door, c.addr)))
		case "remove":
			c.remove = true
		}
	}
	return result
}

// maxLog bounds the lines of a run's log.
const maxLog = 10_000

// log keeps a line of a handler.
func (r *Run) log(c *hit, text string) { r.addLog(c.who + ": " + text) }

// addLog keeps a line of the log and makes it part of the step's event.
func (r *Run) addLog(line string) {
	r.Machine.Note(emu.Note{Kind: NotePrint, Text: line})
	if len(r.state.log) < maxLog {
		r.state.log = append(r.state.log, line)
	}
}

func values(env expr.Env, args []format.Expr) string {
	var b strings.Builder
	for _, x := range args {
		v, err := expr.Eval(x.Node, env)
		if err != nil {
			fmt.Fprintf(&b, " %s=(fault)", x.Node) // E8: what cannot be read
			continue
		}
		fmt.Fprintf(&b, " %s=%#x", x.Node, v)
	}
	return b.String()
}

func (r *Run) frameText(c *hit) string {
	var b strings.Builder
	for i := range r.Machine.Arch.Regs() {
		fmt.Fprintf(&b, "%s=%#x ", x86.Reg(i).Name(r.Machine.Arch), c.regs.Reg(x86.Reg(i)))
	}
	fmt.Fprintf(&b, "ip=%s flags=%s", r.names.Addr(c.regs.Get(traps.FieldIP)), x86.FormatFlags(c.regs.Get(traps.FieldFlags)))
	return b.String()
}

func (r *Run) stackText(c *hit, words int) string {
	var b strings.Builder
	sp, word := c.regs.Reg(x86.RSP), r.Machine.Arch.Word()
	fmt.Fprintf(&b, "stack at %#x:", sp)
	for i := range words {
		v, ok := r.Machine.Look().PeekWord(c.cpu.Space, sp+uint64(i*word), word)
		if !ok {
			b.WriteString(" (end)")
			break
		}
		fmt.Fprintf(&b, " %#x", v)
	}
	return b.String()
}

// set changes a saved register or memory. What cannot be set is left alone,
// and the log says so.
func (r *Run) set(c *hit, env handlerEnv, a *format.Action) {
	v, err := expr.Eval(a.Args[0].Node, env)
	if err == nil {
		err = r.setPlace(c, env, a.Target.Node, v)
	}
	if err != nil {
		r.log(c, fmt.Sprintf("set %s: %v", a.Target.Node, err))
	}
}

func (r *Run) setPlace(c *hit, env handlerEnv, place expr.Node, v uint64) error {
	switch p := place.(type) {
	case *expr.Register:
		switch {
		case x86.IsIP(p.Name):
			c.regs.Set(traps.FieldIP, v)
			return nil
		case x86.IsFlags(p.Name):
			c.regs.Set(traps.FieldFlags, v)
			return nil
		}
		reg, err := x86.ParseReg(c.door.Arch, p.Name)
		if err == nil {
			c.regs.SetReg(reg, v)
		}
		return err
	case *expr.Memory:
		addr, err := expr.Eval(p.Addr, env)
		if err != nil {
			return err
		}
		size := p.Size
		if size == 0 {
			size = r.Machine.Arch.Word()
		}
		if !c.poke(addr, size, v) {
			return fmt.Errorf("no memory at %#x", addr)
		}
	}
	return nil
}

// mapFaulted makes the lazy page of CR2 present, as a handler that fixes a
// fault by itself would.
func (r *Run) mapFaulted(c *hit) {
	cr2 := c.cpu.Sys.CR2
	page, ok := r.lazy[cr2/emu.PageSize]
	if !ok {
		r.log(c, fmt.Sprintf("map: no lazy page covers %#x", cr2))
		return
	}
	if _, there := c.door.Entry(c.cpu.ID, cr2); there {
		return
	}
	if err := c.cpu.Space.Map(cr2&^(emu.PageSize-1), page.frame, 1, page.prot); err != nil {
		r.log(c, fmt.Sprintf("map: %v", err))
	}
}
