package kprobes

import (
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// Return makes a Probe a return probe (struct kretprobe): it sits at a
// function's first instruction, and its handler runs when the function
// returns. The probe's own Pre must be left empty (E7).
type Return struct {
	// Handler runs with the registers of the return; a guest function gets
	// the instance and the registers.
	Handler Handler
	// MaxActive is how many calls can be under way at once; further ones are
	// counted in Stats.Nmissed. 0: DefaultMaxActive.
	MaxActive int
}

// MaxMaxActive is the most instances that a return probe may have (E7).
const MaxMaxActive = 4096

// DefaultMaxActive is the number of instances for a kernel with that many
// possible CPUs, each preemptible: max(10, 2*cpus) (E7).
func DefaultMaxActive(cpus int) int { return max(10, 2*cpus) }

// ErrNoKretprobes is returned where an engine cannot have return probes.
var ErrNoKretprobes = errors.New("no return probes here")

// Ret is the call that returns, for a return probe's handler.
type Ret struct {
	Instance uint64 // address of the struct kretprobe_instance
	Addr     uint64 // where the function returns to, or the trampoline if another return probe holds the true address
}

// Words of struct kretprobe behind struct kprobe's, in units of a word.
const (
	krpHandler = 11 + iota
	krpMaxActive
	krpNmissed
	krpFree
	krpPool
)

// kriSets is how many times its instances a return probe has room for: each
// registration makes new ones, while those of calls from before are still out.
const kriSets = 4

// Words of struct kretprobe_instance.
const (
	kriNext = iota
	kriRP
	kriRet
	kriTask // 0: not in use
	kriFP
	kriRefs

	kriWords = 8
)

// checkReturn refuses a return probe that the engine cannot have.
func (g *Manager) checkReturn(p *Probe) error {
	switch {
	case p.Return == nil:
		return nil
	case p.Pre.Set():
		return fmt.Errorf("return probe %s: its pre_handler is the kernel's own; expected none", p.Name)
	case p.Return.MaxActive < 0 || p.Return.MaxActive > MaxMaxActive:
		return fmt.Errorf("return probe %s: %d instances; expected at most %d", p.Name, p.Return.MaxActive, MaxMaxActive)
	case g.ops == nil:
		return nil // none: nothing is hit anyway
	case !g.Describe().Returns:
		return fmt.Errorf("return probe %s: %w: engine %s single-steps in place and knows no trampoline; return probes came in 2005",
			p.Name, ErrNoKretprobes, g.Engine)
	}
	return g.ops.prepareReturns()
}

// defineReturn fills in the part of struct kretprobe behind struct kprobe.
func (g *Manager) defineReturn(i int) error {
	p := g.probes[i]
	if p.Return == nil || g.ops == nil {
		return nil
	}
	n := p.Return.MaxActive
	if n == 0 {
		n = DefaultMaxActive(len(g.K.M.CPUs))
	}
	word := g.K.M.Arch.Word()
	pool, err := g.K.AllocKernel(g.space(), uint64(n*kriSets*kriWords*word), emu.Write)
	if err != nil {
		return err
	}
	at := g.Address(i)
	put := func(field int, v uint64) { g.poke(at+uint64(field*word), v, word) }
	g.poke(at+g.ops.layout().pre, g.K.Symbol("pre_handler_kretprobe"), word)
	put(krpHandler, g.pointer(p.Return.Handler, "return_handler_action"))
	put(krpMaxActive, uint64(n))
	put(krpPool, pool)
	return nil
}

// registerReturn does what register_kretprobe does before register_kprobe.
func (g *Manager) registerReturn(x *traps.Exec, i int) {
	if g.probes[i].Return != nil {
		g.ops.initInstances(x)
	}
}

// unregisterReturn does what unregister_kretprobe does last.
func (g *Manager) unregisterReturn(x *traps.Exec, i int) {
	if g.probes[i].Return != nil {
		g.ops.orphanInstances(x)
	}
}

// Trampoline tells whether returned-to address addr is the return probes'
// trampoline instead of a caller.
func (g *Manager) Trampoline(addr uint64) bool {
	return g.K.HasSymbol("kretprobe_trampoline") && addr == g.K.Symbol("kretprobe_trampoline")
}

// returnAction is the micro-step of a return probe's built-in or Go handler.
func (e *common) returnAction(x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkReturn
	ri := x.C.Reg(x86.RBX)
	i := e.g.index(e.kri(x, ri, kriRP))
	x.Return(0)
	if i < 0 || e.g.probes[i].Return == nil {
		x.Sayf("E7", func() string { return fmt.Sprintf("%#x is no instance of a return probe", ri) })
		return traps.Next
	}
	p := e.g.probes[i]
	x.Sayf("E7", func() string { return "return handler of " + p.Name })
	x.Return(p.Return.Handler.Action(&Call{
		Kind: OnReturn, Probe: p, Index: i, CPU: x.C, Door: x.M, Regs: x.Regs, g: e.g,
		Ret: Ret{Instance: ri, Addr: e.kri(x, ri, kriRet)},
	}))
	return traps.Next
}
