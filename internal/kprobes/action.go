package kprobes

import (
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/traps"
)

// runAction is the micro-step of a built-in or Go handler: kernel text calls
// it with the struct kprobe and the frame.
func (g *Manager) runAction(kind HandlerKind, x *traps.Exec) traps.Result {
	x.Micro.Work = emu.WorkHandler
	i := g.index(x.Probe)
	if i < 0 {
		x.Return(0)
		x.Sayf("K18", func() string {
			return fmt.Sprintf("a handler of the simulator was called for %#x, which is no struct kprobe", x.Probe)
		})
		return traps.Next
	}
	g.countMultiprobe(x, i, kind)
	p := g.probes[i]
	h := p.handler(kind)
	x.Sayf("", func() string { return fmt.Sprintf("%s_handler of %s", kind, p.Name) })
	var r uint64
	if h.Action != nil {
		g.call = Call{
			Kind: kind, Probe: p, Index: i, CPU: x.C, Door: x.M, Regs: x.Regs, Arg: x.Arg(), g: g,
		}
		r = h.Action(&g.call)
	}
	x.Return(r)
	return traps.Next
}

// handler is the handler of a kind that has a function of its own; a return
// probe's is in Return.
func (p *Probe) handler(kind HandlerKind) *Handler {
	return [...]*Handler{Pre: &p.Pre, Post: &p.Post, Fault: &p.Fault}[kind]
}

// countMultiprobe counts the hit of a probe that is not itself the current
// kprobe but linked to it.
func (g *Manager) countMultiprobe(x *traps.Exec, i int, kind HandlerKind) {
	switch {
	case g.ops == nil || g.ops.current(x) == x.Probe:
	case kind == Pre:
		g.begun(x.C.ID, i)
	case kind == Post:
		g.posted(x.C.ID, i)
	default:
		g.add(i, Faults)
	}
}

// posted counts the end of the hit that a vCPU is in for probe i, whose post_handler is called.
func (g *Manager) posted(cpu, i int) {
	g.add(i, Posts)
	s := &g.step[cpu]
	s.due = s.due.without(g.place(i))
}
