package emu

import (
	"encoding/binary"

	"trapline/internal/x86"
)

// Load reads n bytes (1-8) at linear address va with the vCPU's view of
// permissions: as ring 3 if user. A refused byte gives its page fault.
func (m *Machine) Load(c *CPU, va uint64, n int, user bool) (uint64, *Trap) {
	va = c.Space.mask(va)
	if t := m.check(c, va, n, accessRead, user); t != nil {
		return 0, t
	}
	v := c.Space.Word(va, n)
	m.ev.Reads = append(m.ev.Reads, MemRead{va, v, uint8(n)})
	return v, nil
}

// Store writes n bytes (1-8) like Load, or changes nothing and gives the fault.
func (m *Machine) Store(c *CPU, va uint64, n int, v uint64, user bool, by By) *Trap {
	va = c.Space.mask(va)
	if t := m.check(c, va, n, accessWrite, user); t != nil {
		return t
	}
	m.pokeWord(c.Space, va, n, v, by)
	return nil
}

func (m *Machine) check(c *CPU, va uint64, n int, a access, user bool) *Trap {
	if !c.reachable(va, n) {
		return FaultErr(x86.VecGP, 0)
	}
	if bad, refused := c.Space.firstRefused(va, n, a, user); refused {
		return c.Space.pageFault(bad, a, user)
	}
	return nil
}

// Canonical reports whether va is a valid linear address: bits 47-63 alike.
func (c *CPU) Canonical(va uint64) bool { return c.Space.canonical(va) }

func (s *Space) canonical(va uint64) bool {
	return s.arch == x86.I386 || uint64(int64(va<<16)>>16) == va
}

// reachable reports whether all of [va, va+n) can be addressed: it is
// canonical, or does not reach over the segment limit of 4 GiB.
func (c *CPU) reachable(va uint64, n int) bool {
	last := va + uint64(n) - 1
	if c.Space.arch == x86.I386 {
		return last <= 0xffffffff
	}
	return c.Canonical(va) && c.Canonical(last)
}

// Word reads n bytes (1-8) at va, little endian, whatever the permissions; what
// is not there is zero. Nothing records it.
func (s *Space) Word(va uint64, n int) uint64 {
	if e := s.entry(va); e != nil && va%PageSize <= PageSize-8 {
		v := binary.LittleEndian.Uint64(e.data[va%PageSize:])
		return v & (^uint64(0) >> (64 - 8*n))
	}
	var b [8]byte
	s.Peek(va, b[:n])
	return binary.LittleEndian.Uint64(b[:])
}

func (m *Machine) pokeWord(s *Space, va uint64, n int, v uint64, by By) {
	told := by != ByMicro || !m.forgetsWord(PokesWord, s, va, Writes)
	keep := ^uint64(0) >> (64 - 8*n)
	v &= keep
	if e := s.entry(va); e != nil && va%PageSize <= PageSize-8 {
		word := e.data[va%PageSize:]
		old := binary.LittleEndian.Uint64(word)
		s.mem.MarkDirty(e.pte.Frame)
		binary.LittleEndian.PutUint64(word, old&^keep|v)
		if told {
			m.ev.Writes = append(m.ev.Writes, MemWrite{va, old & keep, v, uint8(n), by, false, false})
		}
		return
	}
	old := s.Word(va, n)
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	if s.poke(va, b[:n]) == nil && told {
		m.ev.Writes = append(m.ev.Writes, MemWrite{va, old, v, uint8(n), by, false, false})
	}
}

// PeekWord reads n bytes (1-8) at va as kernel-side work does: whatever the
// permissions, but the page must be there. The read is part of the step.
func (m *Machine) PeekWord(s *Space, va uint64, n int) (uint64, bool) {
	va = s.mask(va)
	if !s.present(va, n) {
		return 0, false
	}
	v := s.Word(va, n)
	if !m.forgetsWord(PeeksWord, s, va, Reads) {
		m.ev.Reads = append(m.ev.Reads, MemRead{va, v, uint8(n)})
	}
	return v, true
}

// present reports whether all of [va, va+n) is mapped. va is cut to the width
// of the space.
func (s *Space) present(va uint64, n int) bool {
	if va%PageSize+uint64(n) <= PageSize {
		return s.entry(va) != nil
	}
	_, refused := s.firstRefused(va, n, accessRead, false)
	return !refused
}

// PokeWord writes n bytes (1-8) at va as kernel-side work does: whatever the
// permissions. It is the one way that code bytes are changed from outside the
// guest; every view notices by comparing bytes before it runs them. It
// reports whether the memory was there.
func (m *Machine) PokeWord(s *Space, va uint64, n int, v uint64) bool {
	va = s.mask(va)
	if !s.present(va, n) {
		return false
	}
	m.pokeWord(s, va, n, v, ByMicro)
	return true
}

// PushWords is PokeWord for words of n bytes each, one below the other: the
// first ends at top. All of them or none.
func (m *Machine) PushWords(s *Space, top uint64, n int, words []uint64) bool {
	size := n * len(words)
	low := s.mask(top - uint64(size))
	if !s.present(low, size) {
		return false
	}
	for i, v := range words {
		m.pokeWord(s, s.mask(top-uint64((i+1)*n)), n, v, ByMicro)
	}
	return true
}

// PokeBytes is PokeWord for as many bytes as b has: all of it or nothing. The
// event lists it in pieces of at most 8 bytes.
func (m *Machine) PokeBytes(s *Space, va uint64, b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if _, refused := s.firstRefused(va, len(b), accessRead, false); refused {
		return false
	}
	for n := 0; len(b) > 0; b, va = b[n:], va+uint64(n) {
		n = min(len(b), 8-int(va&7))
		m.pokeWord(s, s.mask(va), n, littleEndian(b[:n]), ByMicro)
	}
	return true
}

// NoteRead adds to the present event that kernel-side work read b at va.
func (m *Machine) NoteRead(va uint64, b []byte) {
	for n := 0; len(b) > 0; b, va = b[n:], va+uint64(n) {
		n = min(len(b), 8-int(va&7))
		m.ev.Reads = append(m.ev.Reads, MemRead{va, littleEndian(b[:n]), uint8(n)})
	}
}

func littleEndian(b []byte) uint64 {
	var w [8]byte
	copy(w[:], b)
	return binary.LittleEndian.Uint64(w[:])
}

// Writable reports whether the supervisor may write all of [va, va+n).
func (m *Machine) Writable(c *CPU, va uint64, n int) bool {
	_, refused := c.Space.firstRefused(va, n, accessWrite, false)
	return !refused
}

// WriteBytes puts b into s at va, all of it or nothing, outside any step:
// loaders and tests use it.
func (m *Machine) WriteBytes(s *Space, va uint64, b []byte) error { return s.poke(va, b) }
