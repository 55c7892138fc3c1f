package fetch

import (
	"encoding/binary"

	"trapline/internal/events"
)

// locatorSize is the bytes of a string's fixed part.
const locatorSize = 4

// commToken is the address that stands for the task's name in a uprobe's
// program: -ECOMM. A string at an immediate of that value is the name too.
const commToken = ^uint64(70 - 1)

// stringSource finds out where the string at addr comes from.
func (r *run) stringSource(addr uint64) source {
	if r.from == fromData && r.prog.def.Kind == events.Uprobe {
		return fromNowhere // a kernel address, which user accesses refuse
	}
	if r.prog.def.Kind == events.Uprobe && addr == r.prog.def.Arch.Mask(commToken) {
		return fromComm
	}
	return r.from
}

// string stores or measures the string that the value points to. The result
// is the bytes taken, the NUL included, or failed.
func (r *run) string(in *insn) int {
	addr := r.prog.def.Arch.Mask(r.value + uint64(int64(in.offset)))
	user := in.op == opStoreUserStr
	if r.dest == noDest {
		return r.measureString(addr, user)
	}
	r.roomAt, r.room = r.locator(r.dest)
	if r.room == 0 {
		return failed
	}
	n := r.copyIn(addr, user)
	r.setLocator(r.dest, r.roomAt, max(n, 0))
	return n
}

// measureString gives the room a string needs. Of a string that does not end
// in MaxString bytes a uprobe reserves nothing, a kernel probe so many bytes
// (and one more for a user string).
func (r *run) measureString(addr uint64, user bool) int {
	switch r.stringSource(addr) {
	case fromComm:
		return len(r.target.Comm()) + 1
	case fromData:
		return len(r.text) + 1
	case fromNowhere:
		return 0
	}
	n, ended, ok := r.stringLength(addr, events.MaxString, user)
	switch {
	case !ok:
		return failed
	case ended:
		return n + 1
	case r.prog.def.Kind == events.Uprobe:
		return 0
	case r.reachesUser(addr, user):
		return events.MaxString + 1
	}
	return events.MaxString
}

// copyIn stores the string in its room, cut short and ended with a NUL when
// it does not fit (SEMANTICS E8).
func (r *run) copyIn(addr uint64, user bool) int {
	dst := r.record[r.roomAt:min(r.roomAt+r.room, len(r.record))]
	switch r.stringSource(addr) {
	case fromComm:
		return copyText(dst, r.target.Comm())
	case fromData:
		return copyText(dst, r.text)
	case fromNowhere:
		return failed
	}
	n, ended, ok := r.copyString(addr, dst, user)
	switch {
	case !ok:
		return failed
	case !ended:
		dst[n-1] = 0
		return n
	case n == 0 && r.prog.def.Kind == events.Kprobe && r.reachesUser(addr, user):
		return 0 // so an empty user string shows as a fault
	}
	return n + 1
}

func copyText(dst []byte, text string) int {
	n := copy(dst[:len(dst)-1], text)
	dst[n] = 0
	return n + 1
}

// symbol stores or measures the name of the value's symbol. The locator
// keeps the whole room as its length, and the next string starts on this
// one's NUL: 6.1 counts it when it measures but not when it stores, so the
// two print as one (SEMANTICS E6, as recorded).
func (r *run) symbol() int {
	if r.dest == noDest {
		return len(AppendSymbol(r.scratch[:0], r.symbols, r.value)) + 1
	}
	at, room := r.locator(r.dest)
	if room == 0 {
		return failed
	}
	dst := r.record[at:]
	n := copy(dst[:len(dst)-1], AppendSymbol(r.scratch[:0], r.symbols, r.value))
	dst[n] = 0
	return n
}

// storeElement does the store that stands next in the program, and the bit
// field behind it. ok is false for an operation that is no store.
func (r *run) storeElement() (n int, ok bool) {
	in := &r.code[r.pc]
	r.pc++
	switch in.op {
	case opStoreString, opStoreUserStr:
		return r.string(in), true
	case opStoreSymbol:
		return r.symbol(), true
	case opStoreValue, opStoreMemory, opStoreUser:
		r.fixed(in)
	default:
		return 0, false
	}
	if bf := &r.code[r.pc]; bf.op == opBitfield {
		applyBitfield(r.record[r.dest:], bf)
		r.pc++
	}
	return 0, true
}

// fixed stores an integer. Bytes that cannot be read stay zero.
func (r *run) fixed(in *insn) {
	dst := r.record[r.dest : r.dest+int(in.size)]
	if in.op == opStoreValue {
		putInt(dst, r.value)
		return
	}
	addr := r.prog.def.Arch.Mask(r.value + uint64(int64(in.offset)))
	n := r.read(addr, dst, in.op == opStoreUser)
	clear(dst[n:])
}

func putInt(p []byte, v uint64) {
	switch len(p) {
	case 1:
		p[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(p, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(p, uint32(v))
	default:
		binary.LittleEndian.PutUint64(p, v)
	}
}

func getInt(p []byte) uint64 {
	switch len(p) {
	case 1:
		return uint64(p[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(p))
	case 4:
		return uint64(binary.LittleEndian.Uint32(p))
	default:
		return binary.LittleEndian.Uint64(p)
	}
}

// applyBitfield shifts left in the container's width, then right. Counts
// wrap as the processor's shifts do: at 64 for a 64-bit container, else
// at 32.
func applyBitfield(p []byte, in *insn) {
	p = p[:in.size]
	mask := uint8(31)
	if in.size == 8 {
		mask = 63
	}
	putInt(p, getInt(p)<<(in.left&mask))
	putInt(p, getInt(p)>>(in.right&mask))
}
