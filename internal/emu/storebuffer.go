package emu

import (
	"slices"

	"trapline/internal/emu/insn"
)

// MaxStoreBuffer bounds Config.StoreBuffer, in stores.
const MaxStoreBuffer = 64

// BufferedStore is a store that a vCPU has made and that is not in memory yet:
// Size bytes (1-8), little endian, at linear address Addr. A store that does not
// lie in one aligned piece of Machine.whole bytes is two.
type BufferedStore struct {
	Addr  uint64
	Value uint64
	Size  uint8
	at    physical
}

// physical is where in memory a store goes: all of it lies in the frame.
type physical struct {
	frame Frame
	off   uint16
}

// storeBuffer is what a vCPU's store buffer holds (T2), the oldest store first.
// It is immutable; nil is empty.
type storeBuffer struct{ stores []BufferedStore }

func (b *storeBuffer) len() int {
	if b == nil {
		return 0
	}
	return len(b.stores)
}

// from is the buffer without its oldest n stores, and with more behind them.
func (b *storeBuffer) from(n int, more ...BufferedStore) *storeBuffer {
	if b.len()-n+len(more) == 0 {
		return nil
	}
	out := make([]BufferedStore, 0, b.len()-n+len(more))
	if b != nil {
		out = append(out, b.stores[n:]...)
	}
	return &storeBuffer{append(out, more...)}
}

// Buffered lists the stores that only this vCPU sees, the oldest first.
func (c *CPU) Buffered() []BufferedStore {
	if c.stores == nil {
		return nil
	}
	return c.stores.stores
}

// Buffers reports whether stores can be made that others do not see at once.
func (m *Machine) Buffers() bool { return m.buffer > 0 || m.split }

// flush writes the oldest store of c to memory, as part of the present step.
func (m *Machine) flush(c *CPU) {
	s := &c.stores.stores[0]
	m.ev.Writes = append(m.ev.Writes, MemWrite{Addr: s.Addr, Old: m.Mem.word(s.at, s.Size), New: s.Value, Size: s.Size, By: ByFlush})
	m.Mem.setWord(s.at, s.Size, s.Value)
	c.stores = c.stores.from(1)
}

// Drain writes all that vCPU cpu has buffered to memory, as part of the present
// step of another one, which drains too: its kernel has sent an interrupt there.
func (m *Machine) Drain(cpu int) {
	for c := m.CPUs[cpu]; c.stores != nil; {
		m.flush(c)
	}
}

// word reads size bytes (1-8) at a place in memory, little endian.
func (p *PhysMem) word(at physical, size uint8) uint64 {
	return littleEndian(p.Bytes(at.frame)[at.off : int(at.off)+int(size)])
}

func (p *PhysMem) setWord(at physical, size uint8, v uint64) {
	p.MarkDirty(at.frame)
	b := p.Bytes(at.frame)[at.off:]
	for i := range size {
		b[i] = byte(v >> (8 * i))
	}
}

// showStores lays c's buffered stores over memory, for a step of c: a vCPU sees
// its own. hidden gets what they cover. Without a store buffer, what the last
// step has left to write is written now.
func (m *Machine) showStores(c *CPU) {
	for m.buffer == 0 && c.stores != nil {
		m.flush(c)
	}
	m.hidden = m.hidden[:0]
	for i := range c.Buffered() {
		s := &c.stores.stores[i]
		m.hidden = append(m.hidden, m.Mem.word(s.at, s.Size))
		m.Mem.setWord(s.at, s.Size, s.Value)
	}
}

// keepStores puts the stores of the step just made into c's buffer and gives
// memory back what others see of it. A step that drains leaves in memory what
// was buffered before, and its own stores but for the frame of a delivery.
func (m *Machine) keepStores(c *CPU) {
	drained := m.ev.Drains
	if c.stores == nil && (len(m.ev.Writes) == 0 || m.buffer == 0 && !m.splits()) {
		return
	}
	first := 0
	if c.stores == nil || drained {
		first = m.passThrough(c, drained)
	}
	var own []BufferedStore
	for i := len(m.ev.Writes) - 1; i >= first; i-- {
		w := &m.ev.Writes[i]
		if !m.buffers(w, drained) {
			continue
		}
		w.Buffered = true
		own = m.takeBack(own, c.Space, w)
	}
	slices.Reverse(own)
	if drained {
		for i, s := range c.Buffered() {
			m.ev.Writes = append(m.ev.Writes, MemWrite{Addr: s.Addr, Old: m.hidden[i], New: s.Value, Size: s.Size, By: ByFlush})
		}
		c.stores = nil
	} else {
		for i := c.stores.len() - 1; i >= 0; i-- {
			s := &c.stores.stores[i]
			m.Mem.setWord(s.at, s.Size, m.hidden[i])
		}
	}
	if len(own) > 0 {
		c.stores = c.stores.from(0, own...)
	}
	for m.buffer > 0 && c.stores.len() > m.buffer {
		m.flush(c)
	}
}

// buffers reports whether a write of the step just made goes to the store buffer.
func (m *Machine) buffers(w *MemWrite, drained bool) bool {
	return w.By != ByFlush && (!drained || w.By == ByDelivery) && (m.buffer > 0 || m.splits())
}

// FlushAtOnce, if unseen is set, lets stores to the places of which it reports so
// go through an empty store buffer of their vCPU within the step: as if it had
// been flushed behind the step as long as its oldest store is one of them.
func (m *Machine) FlushAtOnce(unseen func(cpu int, at Loc) bool) { m.atOnce = unseen }

// passThrough leaves in memory the step's first stores that are flushed at once,
// and returns the number of the first write that is not one of them.
func (m *Machine) passThrough(c *CPU, drained bool) int {
	if m.atOnce == nil {
		return 0
	}
	for i := range m.ev.Writes {
		w := &m.ev.Writes[i]
		if !m.buffers(w, drained) {
			continue
		}
		last := w.Addr + uint64(w.Size) - 1
		if last/PageSize != w.Addr/PageSize {
			return i
		}
		e := c.Space.entry(w.Addr)
		if e == nil || !m.atOnce(c.ID, MemoryLoc(e.pte.Frame, w.Addr)) {
			return i
		}
		if whole := m.whole(); last/whole != w.Addr/whole && !m.atOnce(c.ID, MemoryLoc(e.pte.Frame, last)) {
			return i
		}
		w.AtOnce = true
	}
	return len(m.ev.Writes)
}

// whole is the size in bytes of the aligned pieces of memory within each of which
// processors promise that a store is seen whole: a cache line, on AMD's a quadword
// (SDM vol. 3, 9.1.1; AMD's manual, vol. 2, 7.3.2).
func (m *Machine) whole() uint64 {
	if m.Vendor == Intel {
		return 64
	}
	return 8
}

// splits reports whether the step just made is an instruction whose write is an
// access of its own.
func (m *Machine) splits() bool {
	return m.ev.Kind == StepInstruction && m.ev.Delivery == nil && modifiesMemory(&m.ev.Insn) && !m.ev.Drains
}

// takeBack undoes a write and adds its stores to list, the last one first.
func (m *Machine) takeBack(list []BufferedStore, space *Space, w *MemWrite) []BufferedStore {
	for n := int(w.Size); n > 0; {
		k := min(n, int((w.Addr+uint64(n)-1)%m.whole())+1) // bytes in the last piece
		at := space.mask(w.Addr + uint64(n-k))
		n -= k
		e := space.entry(at)
		if e == nil {
			continue // the step unmapped it
		}
		s := BufferedStore{Addr: at, Value: w.New >> (8 * n), Size: uint8(k), at: physical{e.pte.Frame, uint16(at % PageSize)}}
		s.Value &= ^uint64(0) >> (64 - 8*k)
		m.Mem.setWord(s.at, s.Size, w.Old>>(8*n))
		list = append(list, s)
	}
	return list
}

// drains reports whether the step just made empties the store buffer first: an
// instruction that does, the delivery of an exception or interrupt, or
// kernel-side work that has a locked instruction, to take a lock for one.
func (m *Machine) drains() bool {
	ev := &m.ev
	switch {
	case ev.Delivery != nil:
		return true
	case ev.Kind == StepMicro:
		return (ev.Micro.Takes != 0 || ev.Micro.Locked) && ev.Micro.File == ""
	}
	return ev.Kind == StepInstruction && ev.Drains
}

// drainsStores reports whether an instruction empties the store buffer: a locked
// one, XCHG with memory, MFENCE, a serialising one, I/O (SDM vol. 3, 9.2.2, 9.3,
// 12.10).
func drainsStores(in *insn.Inst) bool {
	return in.Lock || isXchg(in) || isMFence(in) || serialises(in) || in.Attr().Has(insn.Iret) || isPortIO(in)
}

// isXchg: XCHG of a register with memory, which locks without a prefix.
func isXchg(in *insn.Inst) bool {
	return in.Map == insn.OneByte && in.Opcode&^1 == 0x86 && in.HasMemory()
}

func isMFence(in *insn.Inst) bool {
	return in.Map == insn.Map0F && in.Vex.Kind == insn.VexNone && in.Opcode == 0xae && in.Digit() == 6 && !in.HasMemory()
}

func isPortIO(in *insn.Inst) bool {
	if in.Map != insn.OneByte {
		return false
	}
	switch in.Opcode {
	case 0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef:
		return true
	}
	return false
}

// hash feeds what the buffer holds.
func (b *storeBuffer) hash(h *Hasher) {
	if b == nil {
		return
	}
	h.Uint64(uint64(len(b.stores)))
	for i := range b.stores {
		s := &b.stores[i]
		h.Uint64(uint64(s.at.frame)<<24 | uint64(s.at.off)<<8 | uint64(s.Size))
		h.Uint64(s.Value)
	}
}
