package kprobes

import "trapline/internal/traps"

// register is register_kprobe's work before the run starts (K3).
func (e *common) register(x *traps.Exec) error {
	if e.lookup(x, e.addr(x)) != 0 {
		return errExist
	}
	e.listAdd(x)
	e.saveOpcode(x)
	e.writeBreakpoint(x)
	e.armed(x.Probe)
	return nil
}

func (e *common) unregister(x *traps.Exec) {
	e.restoreOpcode(x)
	e.listDel(x)
}

// listAdd puts the probe at the head of its bucket (K3).
func (e *common) listAdd(x *traps.Exec) { e.addHead(x, e.head(x, e.addr(x))) }

// addHead is hlist_add_head() of the struct at hand, or list_add().
func (e *common) addHead(x *traps.Exec, head uint64) {
	word := uint64(x.M.Arch.Word())
	first := e.peek(x, head)
	e.write(x, x.Probe, first)
	e.write(x, x.Probe+word, head)
	if first != 0 {
		e.write(x, first+word, x.Probe)
	}
	e.write(x, head, x.Probe)
}

func (e *common) listDel(x *traps.Exec) {
	word := uint64(x.M.Arch.Word())
	next, prev := e.peek(x, x.Probe), e.peek(x, x.Probe+word)
	e.write(x, prev, next)
	if next != 0 {
		e.write(x, next+word, prev)
	}
	if e.hlist {
		e.write(x, x.Probe, listPoison1)
		e.write(x, x.Probe+word, listPoison2)
	}
	e.g.setRegistered(e.g.index(x.Probe), false)
}

// What hlist_del leaves in next and pprev (include/linux/list.h of 2.6).
const (
	listPoison1 = 0x00100100
	listPoison2 = 0x00200200
)

// saveOpcode keeps the first byte, whatever it is: the middle of an
// instruction (K15) and a CC that is there already (K20) are not noticed.
func (e *common) saveOpcode(x *traps.Exec) {
	v, _ := x.M.PeekWord(x.C.Space, e.addr(x), 1)
	x.M.PokeWord(x.C.Space, x.Probe+e.l.opcode, 1, v)
}
