package world

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Handler is a handler of a probe in Go, in the place of the actions that the
// file has for it. One serves every machine that a search makes, several at the
// same time: what it reads and changes it reaches through the Hit, which
// records it (V2).
type Handler func(*Hit)

// HandlerAt is which handler of which probe.
type HandlerAt struct{ Probe, Kind string }

// Handlers are the handlers in Go.
type Handlers map[HandlerAt]Handler

// Code is the interrupted code as a handler reaches it.
type Code struct {
	Who  string // probe, handler and where, as the log has it
	CPU  *emu.CPU
	Door emu.Door
	Addr uint64 // of the probed instruction
	Regs Registers
	// Poke stores size bytes of v in its memory.
	Poke func(addr uint64, size int, v uint64) bool
	// Read, if not nil, brings in the pages of what an action is to read.
	Read func(addr uint64, b []byte) bool
}

// Registers are those of the interrupted code.
type Registers interface {
	Reg(x86.Reg) uint64
	SetReg(x86.Reg, uint64)
	Get(traps.Field) uint64
	Set(traps.Field, uint64)
}

// Hit is what a handler works on. It is valid until the handler returns.
type Hit struct {
	Code
	// Removes says that the handler wants the breakpoint gone.
	Removes bool

	world  World
	at     HandlerAt
	result uint64
}

// NewHit makes what the handler of a world at runs on.
func NewHit(w World, at HandlerAt, c Code) *Hit { return &Hit{Code: c, world: w, at: at} }

// Handle runs a handler: the one in Go, if there is one, or actions. The result is
// what it returns, which matters to a fault handler only.
func (h *Hit) Handle(inGo Handler, actions []format.Action) uint64 {
	if inGo != nil {
		inGo(h)
	} else {
		h.act(actions)
	}
	return h.result
}

// Probe is the probe's name.
func (h *Hit) Probe() string { return h.at.Probe }

// Kind is pre, post, fault or ret.
func (h *Hit) Kind() string { return h.at.Kind }

func (h *Hit) env() handlerEnv { return h.through(h.Door) }

func (h *Hit) through(d emu.Door) handlerEnv {
	return handlerEnv{Through(h.world, h.CPU.ID, d), h.Regs, h.Read}
}

// Eval computes an expression as an action's: registers are those of the
// interrupted code.
func (h *Hit) Eval(text string) (uint64, error) { return Eval(text, h.env()) }

// Set changes a saved register or memory, as the action set does: %REGISTER or
// u32[ADDRESS].
func (h *Hit) Set(place string, v uint64) error {
	n, err := ParsePlace(place)
	if err != nil {
		return err
	}
	return h.setPlace(n, v)
}

// Log keeps a line, as the action print does.
func (h *Hit) Log(text string) { h.world.Common().AddLog(h.Who + ": " + text) }

// Return sets what the handler returns: of a fault handler, 1 says that it has
// handled the fault.
func (h *Hit) Return(v uint64) { h.result = v }

// act carries out actions.
func (h *Hit) act(actions []format.Action) {
	prints := h.through(h.world.Common().Machine.Look()) // what is only printed decides nothing
	for i := range actions {
		a := &actions[i]
		switch a.Kind {
		case "print":
			h.Log(a.Text + values(prints, a.Args))
		case "regs":
			h.Log(h.frameText())
		case "stack":
			h.Log(h.stackText(a.N))
		case "set":
			h.setTo(a)
		case "return":
			h.result = uint64(a.N)
		default:
			h.world.Act(h, a)
		}
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

func (h *Hit) frameText() string {
	c := h.world.Common()
	var b strings.Builder
	a := h.world.Mode(h.CPU.ID).Arch()
	for i := range a.Regs() {
		fmt.Fprintf(&b, "%s=%#x ", x86.Reg(i).Name(a), a.Mask(h.Regs.Reg(x86.Reg(i))))
	}
	fmt.Fprintf(&b, "ip=%s flags=%s", c.Names.Addr(h.Regs.Get(traps.FieldIP)), x86.FormatFlags(h.Regs.Get(traps.FieldFlags)))
	return b.String()
}

func (h *Hit) stackText(words int) string {
	m := h.world.Common().Machine
	var b strings.Builder
	sp, word := h.Regs.Reg(x86.RSP), h.world.Mode(h.CPU.ID).Arch().Word()
	fmt.Fprintf(&b, "stack at %#x:", sp)
	for i := range words {
		v, ok := m.Look().PeekWord(h.CPU.Space, sp+uint64(i*word), word)
		if !ok {
			b.WriteString(" (end)")
			break
		}
		fmt.Fprintf(&b, " %#x", v)
	}
	return b.String()
}

// setTo changes a saved register or memory. What cannot be set is left alone,
// and the log says so.
func (h *Hit) setTo(a *format.Action) {
	v, err := expr.Eval(a.Args[0].Node, h.env())
	if err == nil {
		err = h.setPlace(a.Target.Node, v)
	}
	if err != nil {
		h.Log(fmt.Sprintf("set %s: %v", a.Target.Node, err))
	}
}

func (h *Hit) setPlace(place expr.Node, v uint64) error {
	switch p := place.(type) {
	case *expr.Register:
		switch {
		case x86.IsIP(p.Name):
			h.Regs.Set(traps.FieldIP, v)
			return nil
		case x86.IsFlags(p.Name):
			h.Regs.Set(traps.FieldFlags, v)
			return nil
		}
		reg, err := x86.ParseReg(h.env().arch(), p.Name)
		if err == nil {
			h.Regs.SetReg(reg, h.env().arch().Mask(v))
		}
		return err
	case *expr.Memory:
		addr, err := expr.Eval(p.Addr, h.env())
		if err != nil {
			return err
		}
		size := p.Size
		if size == 0 {
			size = h.env().arch().Word()
		}
		if !h.Poke(addr, size, v) {
			return fmt.Errorf("no memory at %#x", addr)
		}
	}
	return nil
}
