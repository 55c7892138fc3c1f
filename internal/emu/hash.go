package emu

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"trapline/internal/emu/regs"
)

// Fingerprint is a hash of 128 bits, of which the first 64 are a hash too.
type Fingerprint [2]uint64

// Hasher accumulates a state hash. It depends on the values fed only,
// not on process or machine, so hashes can be compared across runs (S2).
type Hasher struct{ h Fingerprint }

// Constants of the two halves: odd numbers with bits all over.
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xd6e8feb86659fd93
	mixC = 0xbf58476d1ce4e5b9
	mixD = 0x94d049bb133111eb
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mixA, b^mixB)
	return hi ^ lo
}

func mix2(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^mixC, b^mixD)
	return hi ^ lo
}

// at is the fingerprint of f at a place among others whose sum is formed.
func (f Fingerprint) at(place uint64) Fingerprint {
	return Fingerprint{mix(f[0], place), mix2(f[1], place)}
}

func (f *Fingerprint) add(g Fingerprint) { f[0], f[1] = f[0]+g[0], f[1]+g[1] }
func (f *Fingerprint) sub(g Fingerprint) { f[0], f[1] = f[0]-g[0], f[1]-g[1] }

// Uint64 feeds one value.
func (h *Hasher) Uint64(v uint64) {
	h.h[0] = mix(h.h[0], v) + mixA
	h.h[1] = mix2(h.h[1], v) + mixC
}

// Fingerprint feeds one.
func (h *Hasher) Fingerprint(f Fingerprint) {
	h.h[0] = mix(h.h[0], f[0]) + mixA
	h.h[1] = mix2(h.h[1], f[1]) + mixC
}

// Bool feeds one bit.
func (h *Hasher) Bool(b bool) {
	if b {
		h.Uint64(1)
	} else {
		h.Uint64(0)
	}
}

// String feeds a string and its length.
func (h *Hasher) String(s string) {
	h.Uint64(uint64(len(s)))
	h.bytes([]byte(s))
}

func (h *Hasher) bytes(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		h.Uint64(binary.LittleEndian.Uint64(b))
	}
	if len(b) > 0 {
		var t [8]byte
		copy(t[:], b)
		h.Uint64(binary.LittleEndian.Uint64(t[:]))
	}
}

// Sum is the hash of what was fed.
func (h *Hasher) Sum() uint64 { return mix(h.h[0], mixA) }

// All is the fingerprint of what was fed. Its first half is Sum.
func (h *Hasher) All() Fingerprint { return Fingerprint{mix(h.h[0], mixA), mix2(h.h[1], mixC)} }

func blockHash(b []byte) Fingerprint {
	var h Hasher
	h.bytes(b)
	return h.All()
}

// Clocked is a Part with clocks of its own, which only Machine.Hash(true) asks
// for.
type Clocked interface {
	Part
	HashClocks(h *Hasher)
}

// SpaceNumber tells address spaces apart in hashes: their order in the machine.
func (m *Machine) SpaceNumber(s *Space) int { return slices.Index(m.spaces, s) }

// Bytes feeds a byte string and its length.
func (h *Hasher) Bytes(b []byte) {
	h.Uint64(uint64(len(b)))
	h.bytes(b)
}

// Hash is the hash of everything that decides how the machine goes on:
// memory, mappings, registers, what is pending, and the parts' values. Clocks
// (Seq, Retired, TSC) are left out unless clocks is set or code has read one
// (V2).
func (m *Machine) Hash(clocks bool) uint64 { return m.HashWithout(clocks, nil)[0] }

// EndHash is Hash without any clock: of a state from which nothing goes on.
func (m *Machine) EndHash() uint64 { return m.EndHashWithout(nil)[0] }

func (m *Machine) stateHash(clocks bool, memory Fingerprint) Fingerprint {
	var h Hasher
	h.Fingerprint(memory)
	for _, s := range m.spaces {
		h.Fingerprint(s.hash())
	}
	for _, c := range m.CPUs {
		h.Uint64(uint64(m.SpaceNumber(c.Space)))
		c.hash(&h, clocks)
	}
	if clocks {
		h.Uint64(m.Seq)
	}
	for _, p := range m.parts {
		p.Hash(&h)
		if k, ok := p.(Clocked); ok && clocks {
			k.HashClocks(&h)
		}
	}
	return h.All()
}

func (s *Space) hash() Fingerprint {
	t := s.snapshot()
	if t.hash == (Fingerprint{}) {
		for v, p := range t.pages {
			entry := uint64(p.Frame)<<8 | uint64(p.Prot)
			t.hash.add(Fingerprint{mix(v+1, entry), mix2(v+1, entry)})
		}
		t.hash[0] |= 1
	}
	return t.hash
}

func (c *CPU) hash(h *Hasher, clocks bool) {
	hashCore(h, &c.Core)
	c.Sys.hash(h, clocks)
	h.Bool(c.Halted)
	h.String(c.Shutdown)
	hashTraps(h, c.Pending())
	h.Uint64(c.heldDR6)
	if c.fetched.n > 0 {
		h.Uint64(c.fetched.at)
		h.bytes(c.fetched.b[:c.fetched.n])
	}
	c.stores.hash(h)
	for _, v := range c.irqs {
		h.Uint64(v)
	}
	if c.inNMI {
		h.Bool(true)
	}
	if c.fpuUsed {
		hashExtended(h, c.extended())
	}
	if clocks {
		h.Uint64(c.Retired)
	}
}

func hashCore(h *Hasher, c *Core) {
	for _, v := range c.GPR {
		h.Uint64(v)
	}
	h.Uint64(c.RIP)
	h.Uint64(c.RFLAGS)
	for i := range c.Seg {
		s := &c.Seg[i]
		h.Uint64(s.Base)
		h.Uint64(uint64(s.Sel)<<32 | uint64(s.Limit))
		h.Uint64(uint64(s.Flags))
	}
	h.Uint64(uint64(c.CPL)<<32 | uint64(c.Shadow)<<1 | uint64(c.Code64))
}

func hashTraps(h *Hasher, l []Trap) {
	h.Uint64(uint64(len(l)))
	for _, t := range l {
		h.Uint64(uint64(t.Vector)<<56 | uint64(t.Kind)<<48 | uint64(t.Op)<<40 | uint64(t.ErrCode))
		h.Bool(t.HasErr)
		h.Bool(t.SetCR2)
		h.Uint64(t.CR2)
		h.Uint64(t.DR6)
	}
}

// hashExtended feeds the x87, SSE and AVX state if it is not that after reset.
func hashExtended(h *Hasher, x *regs.Extended) {
	if *x == resetExtended {
		return
	}
	var fx [FXSize]byte
	x.FXSave(&fx, len(x.YMM), true)
	h.bytes(fx[:])
	if l := &x.X87.Last; *l != (regs.LastX87{}) {
		h.Uint64(l.IP)
		h.Uint64(l.DP)
		h.Uint64(uint64(l.CS)<<32 | uint64(l.DS)<<16 | uint64(l.Opcode))
	}
	for i := range x.YMM {
		if high := x.YMM[i][2:]; high[0]|high[1] != 0 {
			h.Uint64(uint64(i))
			h.Uint64(high[0])
			h.Uint64(high[1])
		}
	}
}

// Hash feeds a saved context to h.
func (t *Context) Hash(h *Hasher) {
	hashCore(h, &t.Core)
	hashTraps(h, t.pending[:t.nPending])
	h.Uint64(t.heldDR6)
	if t.ext != nil {
		hashExtended(h, t.ext)
	}
}

// hash feeds CR0 with AM and CR4 with OSXMMEXCPT turned over: recordings of the
// time before the machine had the bits, which are set from reset on, keep their
// hashes.
func (s *System) hash(h *Hasher, clocks bool) {
	for _, v := range [...]uint64{
		s.GDTR.Base, uint64(s.GDTR.Limit), s.IDTR.Base, uint64(s.IDTR.Limit),
		uint64(s.LDTR.Sel), s.LDTR.Base, uint64(s.LDTR.Limit),
		uint64(s.TR.Sel), s.TR.Base, uint64(s.TR.Limit), uint64(s.TR.Type),
		s.CR0 ^ CR0AM, s.CR2, s.CR3, s.CR4 ^ CR4OSXMMEXCPT, s.EFER,
		s.MSR.Star, s.MSR.LStar, s.MSR.CStar, s.MSR.FMask, s.MSR.SysenterCS, s.MSR.SysenterESP,
		s.MSR.SysenterEIP, s.MSR.KernelGSBase, s.MSR.TSCAux,
	} {
		h.Uint64(v)
	}
	if s.CR8 != 0 {
		h.Uint64(s.CR8)
	}
	if s.XCR0 != 0 {
		h.Uint64(s.XCR0)
	}
	for _, v := range s.DR {
		h.Uint64(v)
	}
	if clocks {
		h.Uint64(s.TSC)
	}
}

// FPUHash tells x87, SSE and AVX states apart; 0: that after reset.
func (c *CPU) FPUHash() uint64 {
	if !c.fpuUsed {
		return 0
	}
	var h Hasher
	hashExtended(&h, c.extended())
	return h.Sum()
}
