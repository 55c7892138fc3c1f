package emu

import "trapline/internal/emu/insn"

// MaxPrefetch bounds Config.Prefetch, in bytes.
const MaxPrefetch = 32

// prefetched is the code that a vCPU has fetched ahead of itself (P13), from
// where it stands: bytes that another vCPU's later store no longer changes,
// unless they are fetched anew (T4). They are what runs; everything else, the
// instruction's own data among it, is memory's. Plain values: a snapshot of the
// CPU holds them. Bytes of b beyond n are zero.
type prefetched struct {
	at uint64 // linear
	n  uint8
	b  [MaxPrefetch]byte
}

// fetch gives the instruction at pc: from the vCPU's prefetch window, or from
// memory if the machine has none. What of the instruction lies behind the
// window is fetched now, so that it may be newer than the rest (T4).
func (m *Machine) fetch(c *CPU, pc uint64) (*decoded, *Trap) {
	k, mode := c.Space.code(c.User()), c.codeMode()
	if m.prefetch == 0 {
		return k.fetch(pc, mode)
	}
	w := &c.fetched
	m.ev.FetchedAt, m.ev.Fetched = w.fill(c.Space, pc, m.prefetch)
	if e := c.Space.entry(pc); e == nil || !k.mayFetch(e.pte) {
		return nil, k.fault(pc)
	}
	var buf [MaxPrefetch + insn.MaxLen + 1]byte
	code := buf[:copy(buf[:], w.b[:w.n])]
	if !whole(code, mode) {
		n := len(code)
		code = buf[:n+c.Space.Peek(c.Space.mask(pc+uint64(n)), buf[n:])]
	}
	slot := k.slot(pc)
	if d := slot.match(pc, mode, code); d != nil {
		return d, nil
	}
	return k.decode(slot, pc, mode, code)
}

// whole reports whether code begins with all of an instruction.
func whole(code []byte, mode insn.Mode) bool {
	in, err := insn.Decode(code, mode)
	return err == nil && in.Len > 0
}

// fill makes the window size bytes from pc on, as far as memory goes. Bytes that
// it has of them stay as they are. It tells which were asked for.
func (w *prefetched) fill(s *Space, pc uint64, size int) (from uint64, n int) {
	off := pc - w.at
	if off >= uint64(w.n) {
		*w = prefetched{}
	} else if off > 0 {
		copy(w.b[:], w.b[off:])
		w.n -= uint8(off)
		clear(w.b[w.n:])
	}
	w.at = pc
	from, n = s.mask(pc+uint64(w.n)), size-int(w.n)
	w.n += uint8(s.Peek(from, w.b[w.n:size]))
	return from, n
}

// staleByte finds the first byte of c's window that memory has changed since it
// was fetched, or the last one if there is another.
func (m *Machine) staleByte(c *CPU, last bool) (i int, ok bool) {
	w := &c.fetched
	if w.n == 0 {
		return 0, false
	}
	var now [MaxPrefetch]byte
	n, first := c.Space.Peek(w.at, now[:w.n]), -1
	for k := range n {
		if now[k] == w.b[k] {
			continue
		}
		if i, ok = k, true; first < 0 {
			first = k
		}
		if !last {
			return
		}
	}
	return i, ok && i != first
}

// Stale is the byte that a fetch of vCPU cpu has to do with, at linear address at:
// the vCPU has old, memory now.
func (m *Machine) Stale(u Unit, cpu int) (at uint64, old, now byte, ok bool) {
	c := m.CPUs[cpu]
	i, ok := m.staleByte(c, u == RefetchLast)
	if !ok {
		return 0, 0, 0, false
	}
	var b [1]byte
	at = c.Space.mask(c.fetched.at + uint64(i))
	c.Space.Peek(at, b[:])
	return at, c.fetched.b[i], b[0], true
}

// refetch is a step of its own: a byte that vCPU c has fetched ahead, and that
// has changed since, is fetched anew (T4).
func (m *Machine) refetch(c *CPU, u Unit) {
	at, old, now, ok := m.Stale(u, c.ID)
	if !ok {
		panic("no byte to fetch anew")
	}
	c.fetched.b[at-c.fetched.at] = now
	m.ev.Kind, m.ev.Refetched = StepRefetch, Refetched{At: at, Old: old, New: now}
	m.ev.FetchedAt, m.ev.Fetched = at, 1
}

// staleCode is d's code if memory may hold other bytes in its place, else nil.
func (m *Machine) staleCode(d *decoded) []byte {
	if m.prefetch == 0 {
		return nil
	}
	return d.bytes[:d.n]
}

// transfers are the instructions that go on elsewhere whatever the flags.
const transfers = insn.JmpRel | insn.JmpInd | insn.JmpFar | insn.Call | insn.RetNear | insn.RetFar | insn.Iret |
	insn.SoftInt | insn.Syscall | insn.Sysenter | insn.Sysret | insn.Sysexit

// flushedBy reports whether the step empties the window: it was no plain
// instruction, went on elsewhere, is serialising (SDM vol. 3, 9.3), or stored
// to a fetched byte (9.1.3). next is where the vCPU goes on.
func (w *prefetched) flushedBy(ev *Event, next uint64) bool {
	if w.n == 0 {
		return false
	}
	if ev.Kind != StepInstruction || ev.Insn.Attr().Has(transfers) || next != ev.PC+uint64(len(ev.Bytes)) || serialises(&ev.Insn) && !ev.weak {
		return true
	}
	for i := range ev.Writes {
		if o := &ev.Writes[i]; o.Addr < w.at+uint64(w.n) && w.at < o.Addr+uint64(o.Size) {
			return true
		}
	}
	return false
}
