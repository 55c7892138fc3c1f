package transparent

import (
	"trapline/internal/emu"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// deadStack follows which bytes of the stack region hold something: a byte
// below the stack pointer is dead, and stays so until it is written above it
// again. Traps of the same privilege push over dead bytes (P5), so code that
// reads one is not kernel code.
type deadStack struct {
	base uint64
	live []bool
	read bool // a dead byte was read
}

func newDeadStack(base, sp uint64) *deadStack {
	d := &deadStack{base: base, live: make([]bool, silicon.StackSize)}
	for i := range d.live {
		d.live[i] = base+uint64(i) >= sp
	}
	return d
}

// step takes in what an instruction did.
func (d *deadStack) step(ev *emu.Event) {
	for _, r := range ev.Reads {
		for a := range uint64(r.Size) {
			if i := r.Addr + a - d.base; i < uint64(len(d.live)) && !d.live[i] {
				d.read = true
			}
		}
	}
	before, after := ev.Before.GPR[x86.RSP], ev.After.GPR[x86.RSP]
	for _, w := range ev.Writes {
		for a := range uint64(w.Size) {
			if i := w.Addr + a - d.base; i < uint64(len(d.live)) {
				d.live[i] = w.Addr+a >= after
			}
		}
	}
	for a := before; a < after && a-before < silicon.StackSize; a++ {
		if i := a - d.base; i < uint64(len(d.live)) {
			d.live[i] = false
		}
	}
}
