package props

import (
	"context"
	"fmt"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
)

// Range is memory from Low up to but not including High, linear.
type Range struct{ Low, High uint64 }

// Final is how a run ended, as far as the program can tell: registers, flags,
// how each task stopped, and the memory it uses. Probes' own bytes are blanked.
type Final struct {
	cpus   []finalCPU
	memory []byte
}

type finalCPU struct {
	gpr      [16]uint64
	pc       uint64 // 0: in the kernel
	flags    uint64
	shutdown string
}

// flagsSeen leaves out RF and the reserved bits.
const flagsSeen = emu.FlagsStatus | emu.TF | emu.IF | emu.DF | emu.NT | emu.AC

// Capture takes the end of a run. memory is what the program uses: code, data,
// and stacks from the final stack pointer up (below it is dead).
func Capture(g *kprobes.Manager, memory []Range) Final {
	m := g.K.M
	var f Final
	for _, c := range m.CPUs {
		ip := c.LinearPC()
		if inKernel(g, ip) { // engines' kernels lie differently
			ip = 0
		}
		f.cpus = append(f.cpus, finalCPU{c.GPR, ip, c.RFLAGS & flagsSeen, c.Shutdown})
	}
	for _, r := range memory {
		b := make([]byte, r.High-r.Low)
		m.CPUs[0].Space.Peek(r.Low, b)
		for _, p := range g.Probes() {
			if p.Addr >= r.Low && p.Addr < r.High {
				b[p.Addr-r.Low] = 0
			}
		}
		f.memory = append(f.memory, b...)
	}
	return f
}

func (f *Final) equal(o *Final) bool {
	if len(f.cpus) != len(o.cpus) || string(f.memory) != string(o.memory) {
		return false
	}
	for i := range f.cpus {
		if f.cpus[i] != o.cpus[i] {
			return false
		}
	}
	return true
}

// Transparent is transparency: the run ends as some run without probes can.
// On several vCPUs the program itself may end in several ways; the baseline
// holds them all.
type Transparent struct {
	atEnd
	g      *kprobes.Manager
	memory []Range
	base   []Final
}

// NewTransparency makes the property from the ends that the unprobed program
// has (Baseline).
func NewTransparency(g *kprobes.Manager, memory []Range, base []Final) *Transparent {
	return &Transparent{g: g, memory: memory, base: base}
}

// Name is transparency.
func (*Transparent) Name() string { return Transparency }

// End compares with every end of the baseline.
func (p *Transparent) End() *explore.Violation {
	now := Capture(p.g, p.memory)
	for i := range p.base {
		if now.equal(&p.base[i]) {
			return nil
		}
	}
	return violation(Transparency, "", "registers and memory end as in none of the %d ends without probes", len(p.base))
}

// Baseline searches the program without probes (engine none) for all its ends.
func Baseline(ctx context.Context, build func() (*kprobes.Manager, error), memory []Range, b explore.Bounds) ([]Final, error) {
	managers := map[*emu.Machine]*kprobes.Manager{}
	var ends []Final
	r, err := explore.Search(ctx, func() (explore.System, error) {
		g, err := build()
		if err != nil {
			return nil, err
		}
		managers[g.K.M] = g
		return System(g), nil
	}, explore.Options{Bounds: b, AtEnd: func(s explore.System) {
		f := Capture(managers[s.(*explore.Machine).M], memory)
		for i := range ends {
			if ends[i].equal(&f) {
				return
			}
		}
		ends = append(ends, f)
	}})
	if err != nil {
		return nil, err
	}
	if !r.Exhausted || r.Cut != explore.CutNone {
		return nil, fmt.Errorf("the unprobed program has more schedules than were searched: %v", r.Summary)
	}
	return ends, nil
}
