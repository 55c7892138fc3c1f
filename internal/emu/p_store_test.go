package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Every store of every kind of instruction is in the event: applying Writes
// to the memory before gives the memory after, and snapshots take it along.
func TestEveryStoreIsRecorded(t *testing.T) {
	both := map[string][]byte{
		"mov": {0x89, 0x03}, "movb": {0x88, 0x03}, "movw": {0x66, 0x89, 0x03}, "add": {0x01, 0x03},
		"lock add": {0xf0, 0x01, 0x03}, "xchg": {0x87, 0x03}, "lock cmpxchg": {0xf0, 0x0f, 0xb1, 0x0b},
		"lock xadd": {0xf0, 0x0f, 0xc1, 0x03}, "cmpxchg8b": {0x0f, 0xc7, 0x0b}, "lock cmpxchg8b": {0xf0, 0x0f, 0xc7, 0x0b},
		"bts": {0x0f, 0xab, 0x13}, "lock btc": {0xf0, 0x0f, 0xbb, 0x13}, "lock inc": {0xf0, 0xff, 0x03},
		"lock not": {0xf0, 0xf7, 0x13}, "lock neg": {0xf0, 0xf7, 0x1b}, "shl": {0xd3, 0x23}, "shld": {0x0f, 0xa5, 0x0b},
		"setz": {0x0f, 0x94, 0x03}, "push": {0x50}, "push mem": {0xff, 0x33}, "pop mem": {0x8f, 0x03},
		"call": {0xe8, 0, 0, 0, 0}, "call mem": {0xff, 0x13}, "pushf": {0x9c}, "enter": {0xc8, 0x20, 0, 2},
		"movs": {0xa5}, "stos": {0xab}, "movups": {0x0f, 0x11, 0x03}, "movaps": {0x0f, 0x29, 0x03}, "movnti": {0x0f, 0xc3, 0x03},
		"movq": {0x66, 0x0f, 0xd6, 0x03}, "movss": {0xf3, 0x0f, 0x11, 0x03}, "maskmovdqu": {0x66, 0x0f, 0xf7, 0xc1},
		"fst m32": {0xd9, 0x13}, "fst m64": {0xdd, 0x13}, "fstp m80": {0xdb, 0x3b}, "fist m16": {0xdf, 0x13}, "fbstp": {0xdf, 0x33},
		"fnstenv": {0xd9, 0x33}, "fnsave": {0xdd, 0x33}, "fnstcw": {0xd9, 0x3b}, "fnstsw": {0xdd, 0x3b},
		"fxsave": {0x0f, 0xae, 0x03}, "stmxcsr": {0x0f, 0xae, 0x1b}, "sgdt": {0x0f, 0x01, 0x03}, "sidt": {0x0f, 0x01, 0x0b},
		"sldt": {0x0f, 0x00, 0x03}, "str": {0x0f, 0x00, 0x0b}, "smsw": {0x0f, 0x01, 0x23},
		"mov from ds": {0x8c, 0x1b}, "push fs": {0x0f, 0xa0}, "lcall": {0xff, 0x1b},
		"pextrw": {0x66, 0x0f, 0x3a, 0x15, 0x03, 1}, "movbe": {0x0f, 0x38, 0xf1, 0x03},
	}
	only := map[x86.Arch]map[string][]byte{
		x86.I386: {"pusha": {0x60}, "mov moffs": {0xa3, 0, 0x50, 0, 0}, "push cs": {0x0e}},
		x86.AMD64: {"cmpxchg16b": {0x48, 0x0f, 0xc7, 0x0b}, "lock cmpxchg16b": {0xf0, 0x48, 0x0f, 0xc7, 0x0b},
			"mov 64": {0x48, 0x89, 0x03}, "fxsave64": {0x48, 0x0f, 0xae, 0x03}},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, set := range []map[string][]byte{both, only[a]} {
			for name, code := range set {
				t.Run(name, func(t *testing.T) {
					m, c, k := gdtRig(t, a, code...)
					for _, p := range []uint64{0x5000, 0x7000} {
						b := make([]byte, 0x800)
						for i := range b {
							b[i] = byte(i*7 + 3)
						}
						require.NoError(t, m.WriteBytes(c.Space, p, b))
					}
					m.PokeWord(c.Space, 0x5000, 8, 0x10<<32|0x1100)
					c.GPR[x86.RBX], c.GPR[x86.RSP], c.GPR[x86.RBP] = 0x5000, 0x7800, 0x7700
					c.GPR[x86.RSI], c.GPR[x86.RDI], c.GPR[x86.RCX] = 0x5200, 0x5300, 5
					c.GPR[x86.RAX], c.GPR[x86.RDX] = 0xdeadbeef, 0x77
					s := m.Snapshot()
					before := dump(c.Space)
					ev := m.Step(0).Clone()
					require.NoError(t, m.Err())
					require.Empty(t, k.traps)
					after := dump(c.Space)
					for _, w := range ev.Writes {
						for i := range uint64(w.Size) {
							require.Equal(t, byte(w.Old>>(8*i)), before[w.Addr+i], "old value at %#x", w.Addr+i)
							before[w.Addr+i] = byte(w.New >> (8 * i))
						}
					}
					require.Equal(t, before, after)
					done := m.Hash(true)
					m.Restore(s)
					m.Step(0)
					require.Equal(t, done, m.Hash(true))
				})
			}
		}
	})
}

// dump is all mapped memory by address.
func dump(s *Space) map[uint64]byte {
	all := map[uint64]byte{}
	for _, vpn := range s.Pages() {
		var b [PageSize]byte
		s.Peek(vpn*PageSize, b[:])
		for i, v := range b {
			all[vpn*PageSize+uint64(i)] = v
		}
	}
	return all
}
