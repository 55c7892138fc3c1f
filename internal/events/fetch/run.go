package fetch

import (
	"encoding/binary"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// noDest is the destination of a run that only measures strings.
const noDest = -1

// failed is what a run gives when memory is not there. Its value is never
// looked at beyond being negative.
const failed = -1

// source tells where a string store takes its bytes from.
type source uint8

const (
	fromMemory source = iota
	fromComm
	fromData
	fromNowhere
)

// run is one pass over one argument's program. Its result is the number of
// bytes that went to the strings' part, or [failed]
// (process_fetch_insn_bottom()).
type run struct {
	*Fetcher
	code  []insn
	pc    int
	dest  int // of the current element, in the record
	value uint64
	// pointer is the address that the last dereference used, without its
	// offset.
	pointer uint64
	// roomAt and room are what the current string found in its locator:
	// where it may go and how many bytes it may take.
	roomAt, room int
	// from and text are set by the loads that give no address.
	from source
	text string
}

func (r *run) all() int {
	r.load()
	return r.elements()
}

// load does the first operation.
func (r *run) load() {
	in := &r.code[0]
	arch := r.prog.def.Arch
	switch in.op {
	case opRegister:
		r.value = r.register(in.reg)
	case opStackPointer:
		r.value = r.target.Register(events.RegSP)
	case opStackEntry:
		r.value = r.stackEntry(in.arg)
	case opReturnValue:
		r.value = r.target.Register(events.RegAX)
	case opImmediate:
		r.value = in.imm
	case opComm:
		r.from, r.value = fromComm, 0
	case opData:
		r.from, r.text = fromData, in.text
	case opArgument:
		r.value = r.argument(in.arg)
	case opFileOffset:
		r.value = r.hit.Addr - r.prog.def.FileOffset + in.imm
	}
	r.value = arch.Mask(r.value)
	r.pc = 1
}

// register reads a selector of an i386 frame as its 16 bits; what lies above
// them in the slot is not the register's.
func (r *run) register(reg events.Reg) uint64 {
	v := r.target.Register(reg)
	if r.prog.def.Arch != x86.I386 {
		return v
	}
	if _, ok := reg.Segment(); ok {
		return v & 0xffff
	}
	return v
}

// stackEntry is word n above the stack pointer, 0 when it cannot be read. A
// kernel probe does not look beyond its kernel stack.
func (r *run) stackEntry(n uint32) uint64 {
	sp := r.target.Register(events.RegSP)
	addr := r.prog.def.Arch.Mask(sp + uint64(n)*uint64(r.word()))
	p := r.scratch[:r.word()]
	clear(p)
	if r.prog.def.Kind == events.Uprobe {
		if r.target.ReadUser(addr, p) != len(p) {
			return 0
		}
		return r.getWord(p)
	}
	mask := ^(r.prog.layout.stackSize - 1)
	if addr&mask != sp&mask || r.target.ReadKernel(addr, p) != len(p) {
		return 0
	}
	return r.getWord(p)
}

func (r *run) argument(n uint32) uint64 {
	regs := events.ArgRegs(r.prog.def.Arch)
	if int(n) < len(regs) {
		return r.target.Register(regs[n])
	}
	return r.stackEntry(n - uint32(len(regs)) + 1)
}

func (r *run) getWord(p []byte) uint64 {
	if len(p) == 4 {
		return uint64(binary.LittleEndian.Uint32(p))
	}
	return binary.LittleEndian.Uint64(p)
}

// elements does the rest: dereferences and a store per element of an array.
func (r *run) elements() int {
	total := 0
	for i := uint32(1); ; i++ {
		if !r.dereference() {
			return failed
		}
		store := r.pc
		n, ok := r.storeElement()
		if !ok {
			return failed
		}
		loop := &r.code[r.pc]
		if loop.op != opLoop {
			return n
		}
		total += max(n, 0)
		if i >= loop.arg {
			return total
		}
		r.next(store, max(n, 0))
	}
}

// dereference follows the loads that stand next in the program. Behind a bad
// pointer nothing is stored, and the record keeps its zero (SEMANTICS E8).
func (r *run) dereference() bool {
	arch := r.prog.def.Arch
	for ; r.code[r.pc].op.isDeref(); r.pc++ {
		in := &r.code[r.pc]
		r.pointer = r.value
		p := r.scratch[:r.word()]
		addr := arch.Mask(r.value + uint64(int64(in.offset)))
		if r.read(addr, p, in.op == opDerefUser) != len(p) {
			return false
		}
		r.value = r.getWord(p)
	}
	return true
}

// next moves on to the following element: the following bytes, or for
// strings the following pointer, and the locator behind the one whose string
// took n bytes.
func (r *run) next(store, n int) {
	arch := r.prog.def.Arch
	in := &r.code[store]
	r.pc = store
	if !in.op.isStringStore() {
		r.dest += int(in.size)
		r.value = arch.Mask(r.value + uint64(in.size))
		return
	}
	r.pc-- // the load of the pointer again
	r.value = arch.Mask(r.pointer + uint64(r.word()))
	if r.dest != noDest {
		r.dest += locatorSize
		r.setLocator(r.dest, r.roomAt+n, r.room-n)
	}
}
