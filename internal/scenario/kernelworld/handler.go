package kernelworld

import (
	"fmt"

	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/scenario/world"
)

// handler makes the handler of a probe: the one in Go, or of its actions.
func (b *builder) handler(p *format.Probe, kind string) (kprobes.Handler, error) {
	at := world.HandlerAt{Probe: p.Name, Kind: kind}
	inGo := b.world.Handlers[at]
	actions, ok := p.Handler(kind)
	switch {
	case inGo != nil:
	case !ok:
		return kprobes.Handler{}, nil
	case len(actions) == 1 && actions[0].Kind == "call":
		addr, err := b.world.Symbols.Symbol(actions[0].Text)
		if err != nil {
			return kprobes.Handler{}, actions[0].Pos.Error(b.file.Name, "", "%v", err)
		}
		return kprobes.Handler{Guest: addr}, nil
	default:
		for _, a := range actions {
			for _, x := range a.Args {
				if err := b.world.CheckSymbols(x); err != nil {
					return kprobes.Handler{}, err
				}
			}
		}
	}
	return kprobes.Handler{Action: func(c *kprobes.Call) uint64 { return hitOf(c, at).Handle(inGo, actions) }}, nil
}

// hitOf is what a kprobe's handler works on. The world is the one of the machine that
// runs the handler.
func hitOf(c *kprobes.Call, at world.HandlerAt) *world.Hit {
	return world.NewHit(c.Host(hostKey{}).(*World), at, world.Code{
		Who: fmt.Sprintf("%s %s on cpu%d", c.Probe.Name, c.Kind, c.CPU.ID), CPU: c.CPU, Door: c.Door, Addr: c.Probe.Addr, Regs: c.Regs,
		Poke: func(addr uint64, size int, v uint64) bool { return c.Door.PokeWord(c.CPU.Space, addr, size, v) },
	})
}
