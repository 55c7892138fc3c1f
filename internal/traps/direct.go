package traps

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

//go:embed ktext/direct.flow
var stockFlow string

// DirectEngine is what an Engine supplies to run in direct mode.
type DirectEngine interface {
	Engine
	// Flow is its functions' control flow, in the language of flow.go.
	Flow() string
	// Instead are micro-steps of it that others are done instead of.
	Instead() map[string]string
	// Traits tells how its kernel's trap code differs from the stock one.
	Traits() Traits
	// HandlerPointer reads a handler's pointer from the struct kprobe at hand:
	// 0 pre, 1 post, 2 fault.
	HandlerPointer(x *Exec, n int) uint64
}

// directMode runs the trap path as micro-steps without the kernel text
// between them: same frame, same order, same effects (a test compares).
type directMode struct {
	flow    *flow
	sum     string // of its sources
	engine  DirectEngine
	entries [32]directEntry
	step    uint64 // address of the hypercall that vCPUs stay at
	hyper   hypercall
	ret     uint64 // address of the iret that ends a trap
	actions [3]uint64
	cpus    []directCPU
}

var handlerActions = [...]string{handlerPre: "pre_handler_action", handlerPost: "post_handler_action", handlerFault: "fault_handler_action"}

// directEntry is where a vector enters the flow.
type directEntry struct {
	stub uint64 // the gate's handler that this stands for; 0: none
	pc   int
	// saveAX: orig_eax gets eax (K21), as the 2002 stubs do; else -1.
	saveAX bool
	gap    bool
	// gs: the kernel's own is loaded, as the trait DebugStack says.
	gs bool
}

const (
	maxDirectDepth = 4 // nested traps that a vCPU handles in direct mode; deeper ones run kernel text
	maxFlowCalls   = 4
)

// directCPU is one vCPU's place in the flow. Plain values.
type directCPU struct {
	depth  int
	frames [maxDirectDepth]directFrame
}

type directFrame struct {
	pc     int
	vec    x86.Vector
	err    uint32 // error code
	regs   uint64 // struct pt_regs
	calls  int
	stack  [maxFlowCalls]directCall
	inCall bool // a guest handler runs
	args   int  // bytes of arguments that its caller pops
	dr7    uint64
	gs     bool // the kernel's was loaded for this trap
}

type directCall struct {
	pc  int
	rbx uint64
}

// SetDirect switches direct mode on or off. It must be off where a probe lies on
// kernel text: that text must run then.
func (k *Kernel) SetDirect(on bool) error {
	if !on {
		k.direct = nil
		return nil
	}
	sum := sha256.New()
	d := &directMode{step: k.Symbol("direct_step"), ret: k.Symbol("return_from_trap"), cpus: make([]directCPU, len(k.M.CPUs))}
	d.hyper = k.hyper[d.step]
	sources := []string{stockFlow}
	var traits Traits
	var instead map[string]string
	if k.engine != nil {
		e, ok := k.engine.(DirectEngine)
		if !ok {
			return fmt.Errorf("engine %s has no direct mode", k.engine.Name())
		}
		d.engine, traits = e, append(e.Traits(), kprobes)
		sources, instead = append(sources, e.Flow()), e.Instead()
		for i, name := range handlerActions {
			d.actions[i] = k.Symbol(name)
		}
	}
	for _, s := range sources {
		io.WriteString(sum, s)
	}
	d.sum = hex.EncodeToString(sum.Sum(nil)[:8])
	f, err := compileFlow(traits, k.ops, instead, sources...)
	if err != nil {
		return err
	}
	d.flow = f
	k.nameLines(f)
	for _, v := range vectors {
		pc, own := f.labels[v.stub]
		switch {
		case v.vec > x86.VecXM || v.vec == x86.VecNMI || v.vec == x86.VecDF:
			continue
		case !own:
			pc = f.labels["trap"]
		}
		probe := v.vec == x86.VecDB || v.vec == x86.VecBP
		d.entries[v.vec] = directEntry{
			stub: k.Symbol(v.stub), pc: pc, saveAX: probe && traits.Has(SavesAX), gap: v.vec == x86.VecBP && traits.Has(Gap), gs: traits.Has(DebugStack),
		}
	}
	k.direct = d
	return nil
}

// nameLines gives micro-steps the words and the meaning of the lines of C with
// their names. Of several lines, the last is a hit's.
func (k *Kernel) nameLines(f *flow) {
	for i := range f.code {
		s := &f.code[i]
		for n, p := range k.places {
			if s.kind == stDo && p.Name == s.label {
				s.row, s.why, s.seen = p.Row, p.Why, k.seen[n]
			}
		}
	}
}

// InText reports whether an address is one of the kernel's text.
func (k *Kernel) InText(addr uint64) bool { return addr >= k.Layout.Text && addr < k.Layout.Data }

// InStacks reports whether an address is one of the vCPUs' kernel stacks.
func (k *Kernel) InStacks(addr uint64) bool { return addr >= k.Layout.Stacks && addr < k.Layout.Heap }

// OnHidden has direct mode say when something would happen in kernel text, which it
// leaves out.
func (k *Kernel) OnHidden(say func(what string)) { k.hidden = say }

// enabledBreakpoints are DR7's L and G bits of the four breakpoints (SDM vol. 3, 17.2.4).
const enabledBreakpoints = 0xff

// hides notes what of a trap's handling direct mode leaves out: a breakpoint register
// would trap on the kernel's own accesses, or at its instructions.
func (k *Kernel) hides(c *emu.CPU) {
	if k.hidden != nil && c.Sys.DR[7]&enabledBreakpoints != 0 {
		k.hidden("a breakpoint register is on while the kernel works")
	}
}

// Direct reports whether direct mode is on.
func (k *Kernel) Direct() bool { return k.direct != nil }

// enterDirect takes over from the entry stub after a delivery, if it can: it
// builds struct pt_regs and goes to the first micro-step.
func (k *Kernel) enterDirect(c *emu.CPU, t emu.Trap) {
	d := k.direct
	st := &d.cpus[c.ID]
	if int(t.Vector) >= len(d.entries) || st.depth == maxDirectDepth {
		return
	}
	e := d.entries[t.Vector]
	if e.stub == 0 || e.stub != c.RIP || !k.buildFrame(c, t, e) {
		return
	}
	k.hides(c)
	f := &st.frames[st.depth]
	st.depth++
	*f = directFrame{pc: e.pc, vec: t.Vector, err: t.ErrCode, regs: c.GPR[x86.RSP]}
	if f.gs = e.gs && k.needsGS(c, f); f.gs {
		c.SwapGS()
	}
	c.RIP = d.step
	c.RFLAGS &^= x86.DF
	c.SetReg(x86.RBX, uint64(t.Vector))
	k.runControl(c, st, f)
}

// directStep is the micro-step at direct_step: the one the flow stands at.
func directStep(x *Exec) Result {
	k, c := x.K, x.C
	d := k.direct
	if d == nil || d.cpus[c.ID].depth == 0 {
		c.Shutdown = "direct_step was reached by no trap"
		return Spin
	}
	st := &d.cpus[c.ID]
	f := &st.frames[st.depth-1]
	x.Regs = PtRegs{k.M.Door(), c, f.regs}
	if f.inCall {
		f.inCall = false
		c.GPR[x86.RSP] = k.M.Arch.Mask(c.GPR[x86.RSP] + uint64(f.args))
		f.pc++
		x.Micro.Name, x.Micro.In = "handler_returned", d.flow.code[f.pc-1].in
		k.runControl(c, st, f)
		return Jump
	}
	s := &d.flow.code[f.pc]
	x.Micro.Name, x.Micro.In = s.label, s.in
	x.Probe = c.GPR[x86.RBX]
	switch s.kind {
	case stHandler:
		return k.callHandler(x, st, f, s)
	case stText:
		x.Micro.Name = "call_handler"
		k.pushCall(x, f, k.Symbol(s.label), handlerFault, s.n)
		return Jump
	}
	x.Micro.ID, x.Micro.Why = s.row, s.why
	if r := s.op(x); r == Spin {
		return Spin
	}
	if s.seen != nil {
		s.seen(x)
	}
	f.pc++
	k.runControl(c, st, f)
	return Jump
}

// callHandler runs a built-in or Go handler as one micro-step, or enters a
// guest function that returns to direct_step.
func (k *Kernel) callHandler(x *Exec, st *directCPU, f *directFrame, s *statement) Result {
	c, d := x.C, k.direct
	p := d.engine.HandlerPointer(x, int(s.n))
	arg := uint64(0)
	if s.n == handlerFault {
		arg = uint64(f.vec)
	}
	switch {
	case p == d.actions[s.n]:
		x.Micro.Name, x.Micro.In = handlerActions[s.n], s.in
		c.SetReg(x86.RAX, arg)
		s.op(x)
	case p == 0 && s.not:
		x.Micro.Name = "no_handler"
		c.SetReg(x86.RAX, 0)
	default:
		x.Micro.Name = "call_handler"
		k.pushCall(x, f, p, s.n, arg)
		return Jump
	}
	f.pc++
	k.runControl(c, st, f)
	return Jump
}

// pushCall calls guest function p(probe, regs[, arg]).
func (k *Kernel) pushCall(x *Exec, f *directFrame, p, kind, arg uint64) {
	c := x.C
	word := uint64(k.M.Arch.Word())
	push := func(v uint64) {
		c.GPR[x86.RSP] = k.M.Arch.Mask(c.GPR[x86.RSP] - word)
		k.M.PokeWord(c.Space, c.GPR[x86.RSP], int(word), v)
	}
	f.args = 0
	if k.M.Arch == x86.AMD64 {
		c.GPR[x86.RDI], c.GPR[x86.RSI], c.GPR[x86.RDX] = x.Probe, f.regs, arg
		c.GPR[x86.RSP] &^= 15
	} else {
		if kind != handlerPre {
			push(arg)
			f.args += 4
		}
		push(f.regs)
		push(x.Probe)
		f.args += 8
	}
	push(k.direct.step)
	f.inCall = true
	c.SetReg(x86.RAX, p) // as the text has it: what a function answers that does not set it
	c.RIP = p
}

// runControl does the statements that touch nothing shared, up to the next
// micro-step or the end of the trap.
func (k *Kernel) runControl(c *emu.CPU, st *directCPU, f *directFrame) {
	regs := PtRegs{k.M.Door(), c, f.regs}
	for {
		s := &k.direct.flow.code[f.pc]
		f.pc++
		switch s.kind {
		case stDo, stHandler, stText:
			f.pc--
			return
		case stCall:
			f.stack[f.calls] = directCall{f.pc, c.GPR[x86.RBX]}
			f.calls++
			f.pc = s.target
		case stReturn:
			f.calls--
			f.pc = f.stack[f.calls].pc
			c.GPR[x86.RBX] = f.stack[f.calls].rbx
		case stGoto:
			f.pc = s.target
		case stIf:
			if s.holds(c, regs) != s.not {
				f.pc = s.target
			}
		case stSyncRegs:
			k.syncRegs(c, f)
			regs.Addr = f.regs
		case stIret:
			st.depth--
			if f.gs {
				c.SwapGS()
			}
			k.leaveDirect(c, regs)
			return
		case stPlain:
			s.do(c, f, regs)
		}
	}
}
