package interp

import (
	"trapline/internal/emu/regs"
	"trapline/internal/x86"
)

// parity has PF for every value of a result's low byte.
var parity = func() (t [256]uint8) {
	for i := range t {
		ones := 0
		for b := i; b != 0; b &= b - 1 {
			ones++
		}
		if ones%2 == 0 {
			t[i] = uint8(x86.PF)
		}
	}
	return t
}()

// resultFlags are SF, ZF and PF of a result of so many bits.
func resultFlags(r uint64, bits uint8) uint64 {
	f := r>>(bits-1)&1<<7 | uint64(parity[uint8(r)])
	if r == 0 {
		f |= x86.ZF
	}
	return f
}

// carryFlags turns the carries out of each bit into CF, AF and OF.
func carryFlags(carries uint64, bits uint8) uint64 {
	top := carries >> (bits - 2)
	return top>>1&1 | carries<<1&x86.AF | (top^top>>1)&1<<11
}

// addFlags are the status flags of r = a + b + carry.
func addFlags(a, b, r uint64, bits uint8) uint64 {
	return carryFlags(a&b|(a|b)&^r, bits) | resultFlags(r, bits)
}

// subFlags are the status flags of r = a - b - borrow.
func subFlags(a, b, r uint64, bits uint8) uint64 {
	return carryFlags(^a&b|^(a^b)&r, bits) | resultFlags(r, bits)
}

// withStatus is RFLAGS with other status flags.
func withStatus(c *regs.Core, f uint64) uint64 { return c.RFLAGS&^x86.FlagsStatus | f }

// setStatus replaces the status flags.
func setStatus(c *regs.Core, f uint64) { c.RFLAGS = withStatus(c, f) }

// setFlag replaces one flag.
func setFlag(c *regs.Core, flag uint64, on bool) {
	c.RFLAGS &^= flag
	if on {
		c.RFLAGS |= flag
	}
}
