package kprobes

import (
	"fmt"

	"trapline/emu"
	"trapline/traps"
)

// register is register_kprobe's work before the run starts (K3).
func (e *common) register(x *traps.Exec) error {
	if e.lookup(x, e.addr(x)) != 0 {
		return errExist
	}
	e.listAdd(x)
	e.saveOpcode(x)
	e.writeBreakpoint(x)
	return nil
}

func (e *common) unregister(x *traps.Exec) {
	e.restoreOpcode(x)
	e.listDel(x)
}

// listAdd puts the probe at the head of its bucket (K3).
func (e *common) listAdd(x *traps.Exec) traps.Result {
	word := x.M.Arch.Word()
	w := uint64(word)
	addr := e.addr(x)
	head := e.head(x, addr)
	first, _ := x.M.PeekWord(x.C.Space, head, word)
	x.M.PokeWord(x.C.Space, x.Probe, word, first)
	x.M.PokeWord(x.C.Space, x.Probe+w, word, head)
	if first != 0 {
		x.M.PokeWord(x.C.Space, first+w, word, x.Probe)
	}
	x.M.PokeWord(x.C.Space, head, word, x.Probe)
	x.Sayf("K3", func() string {
		return fmt.Sprintf("the probe joins bucket %d of the hash table", bucket(x.M.Arch, addr))
	})
	return traps.Next
}

func (e *common) listDel(x *traps.Exec) traps.Result {
	word := x.M.Arch.Word()
	w := uint64(word)
	next, _ := x.M.PeekWord(x.C.Space, x.Probe, word)
	prev, _ := x.M.PeekWord(x.C.Space, x.Probe+w, word)
	x.M.PokeWord(x.C.Space, prev, word, next)
	if next != 0 {
		x.M.PokeWord(x.C.Space, next+w, word, prev)
	}
	if e.hlist {
		x.M.PokeWord(x.C.Space, x.Probe, word, listPoison1)
		x.M.PokeWord(x.C.Space, x.Probe+w, word, listPoison2)
	}
	e.g.setRegistered(e.g.index(x.Probe), false)
	x.Say("K3", "the probe leaves the hash table")
	return traps.Next
}

// What hlist_del leaves in next and pprev (include/linux/list.h of 2.6).
const (
	listPoison1 = 0x00100100
	listPoison2 = 0x00200200
)

// saveOpcode keeps the first byte, whatever it is: the middle of an
// instruction (K15) and a CC that is there already (K20) are not noticed.
func (e *common) saveOpcode(x *traps.Exec) traps.Result {
	addr := e.addr(x)
	v, ok := x.M.PeekWord(x.C.Space, addr, 1)
	if !ok {
		pageFault(x, addr)
	}
	x.M.PokeWord(x.C.Space, x.Probe+e.l.opcode, 1, v)
	x.Sayf("K3", func() string { return fmt.Sprintf("the byte at %s, %02x, is kept", x.K.Name(addr), v) })
	return traps.Next
}

// pageFault is what a kernel's read of an address without memory meets.
func pageFault(x *traps.Exec, addr uint64) {
	x.C.Raise(emu.Trap{Vector: emu.VecPF, Kind: emu.Exception, HasErr: true, SetCR2: true, CR2: addr})
}
