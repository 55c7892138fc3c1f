package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Selectors of gdtRig's table.
const (
	selKernelCode = 0x10
	selKernelData = 0x18
	selUserCode   = 0x20 // with RPL 3: 0x23
	selUserData   = 0x28
	selAbsentCode = 0x30
	selAbsentData = 0x38
	selConforming = 0x40
	selReadOnly   = 0x48
	selTSS        = 0x50 // two slots
)

const gdtAt = 0x5800

// gdtRig is newTaken with a GDT in memory.
func gdtRig(t *testing.T, a x86.Arch, code ...byte) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c, k := newTaken(t, a, code...)
	long := a == x86.AMD64
	const present, access, write = 1 << 47, 1 << 40, 1 << 41
	for sel, d := range map[uint64]uint64{
		selKernelCode: flatCode(0, long).Encode(), selKernelData: flatData(0).Encode(),
		selUserCode: flatCode(3, long).Encode(), selUserData: flatData(3).Encode(),
		selAbsentCode: flatCode(0, long).Encode() &^ present, selAbsentData: flatData(0).Encode() &^ present,
		selConforming: flatCode(0, long).Encode() | 1<<42, selReadOnly: flatData(0).Encode() &^ write,
		selTSS: 0x0000890000000067 | 0x6000<<16,
	} {
		require.True(t, m.PokeWord(c.Space, gdtAt+sel, 8, d))
	}
	c.Sys.GDTR = TableReg{gdtAt, 0x5f}
	return m, c, k
}

// iretRig has a frame of the words on the stack, five of them where the mode
// or the privilege wants them.
func iretRig(t *testing.T, a x86.Arch, code []byte, words ...uint64) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c, k := gdtRig(t, a, code...)
	c.GPR[x86.RSP] = 0x7800
	for i, w := range words {
		require.True(t, m.PokeWord(c.Space, 0x7800+uint64(i*a.Word()), a.Word(), w))
	}
	return m, c, k
}

func iretCode(a x86.Arch) []byte {
	if a == x86.AMD64 {
		return []byte{0x48, 0xcf}
	}
	return []byte{0xcf}
}

func TestP11IretFaults(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name   string
			cs, ss uint64
			cpl    uint32
			nt     bool
			want   Trap
		}{
			{"null code selector", 0, 0x18, 0, false, *FaultErr(x86.VecGP, 0)},
			{"to an inner ring", 0x10, 0x18, 3, false, *FaultErr(x86.VecGP, 0x10)},
			{"data selector", 0x18, 0x18, 0, false, *FaultErr(x86.VecGP, 0x18)},
			{"beyond the table", 0x100, 0x18, 0, false, *FaultErr(x86.VecGP, 0x100)},
			{"not present", selAbsentCode, 0x18, 0, false, *FaultErr(x86.VecNP, selAbsentCode)},
			{"RPL is not DPL", 0x13, 0x2b, 0, false, *FaultErr(x86.VecGP, 0x10)},
			{"outer, stack of the wrong ring", 0x23, 0x18, 0, false, *FaultErr(x86.VecGP, 0x18)},
			{"outer, null stack", 0x23, 0, 0, false, *FaultErr(x86.VecGP, 0)},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := iretRig(t, a, iretCode(a), 0x1008, tt.cs, 2, 0x7f00, tt.ss)
				if tt.cpl == 3 {
					ring3(c)
					c.Space.Protect(0x7000, 1, Write|User)
				}
				before := c.Core
				m.Step(0)
				require.NoError(t, m.Err())
				require.Equal(t, tt.want, k.last(t))
				require.Equal(t, before, c.Core, "nothing changed")
			})
		}
	})
}

func TestP6IretFlagsByPrivilege(t *testing.T) {
	const all = x86.FlagsStatus | x86.TF | x86.IF | x86.DF | x86.IOPL | x86.NT | x86.RF | x86.AC | x86.ID
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			cpl  uint32
			iopl uint64
			want uint64
		}{
			{"ring 0", 0, 0, all | 2},
			{"ring 3, IOPL 0", 3, 0, all&^(x86.IF|x86.IOPL) | 2},
			{"ring 3, IOPL 3", 3, 3 << 12, all | 2},
		} {
			t.Run(tt.name, func(t *testing.T) {
				cs, ss := uint64(0x10), uint64(0x18)
				if tt.cpl == 3 {
					cs, ss = 0x23, 0x2b
				}
				m, c, k := iretRig(t, a, iretCode(a), 0x1008, cs, all|2, 0x7f00, ss)
				if tt.cpl == 3 {
					ring3(c)
				}
				c.RFLAGS |= tt.iopl
				m.Step(0)
				require.Empty(t, k.traps)
				require.Equal(t, tt.want, c.RFLAGS)
				require.EqualValues(t, 0x1008, c.RIP)
			})
		}
	})
}

func TestP11PopfByPrivilege(t *testing.T) {
	const all = x86.FlagsStatus | x86.TF | x86.IF | x86.DF | x86.IOPL | x86.NT | x86.AC | x86.ID
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			cpl  uint32
			iopl uint64
			want uint64
		}{{0, 0, all | 2}, {3, 0, all&^(x86.IF|x86.IOPL) | 2}, {3, 3 << 12, all | 2}} {
			m, c, k := iretRig(t, a, []byte{0x9d}, all|x86.RF|x86.VM|2)
			if tt.cpl == 3 {
				ring3(c)
			}
			c.RFLAGS |= tt.iopl
			m.Step(0)
			require.Empty(t, k.traps)
			require.Equal(t, tt.want, c.RFLAGS, "cpl %d: RF and VM are not loaded", tt.cpl)
		}
	})
}

func TestP5IretToRing3(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := iretRig(t, a, iretCode(a), 0x1008, 0x23, 2|x86.IF, 0x7f00, 0x2b)
		c.setSeg(x86.FS, selUserData|3, flatData(3))
		m.Step(0)
		require.Empty(t, k.traps)
		require.EqualValues(t, 3, c.CPL)
		require.EqualValues(t, 0x7f00, c.GPR[x86.RSP])
		require.EqualValues(t, 0x23, c.Seg[x86.CS].Sel)
		require.EqualValues(t, 0x2b, c.Seg[x86.SS].Sel)
		require.Zero(t, c.Seg[x86.DS].Sel, "ring-0 data segments are dropped")
		require.EqualValues(t, selUserData|3, c.Seg[x86.FS].Sel, "others stay")
	})
}

func TestP11SegmentLoads(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			seg  byte // register number
			sel  uint16
			cpl  uint32
			want *Trap
		}{
			{"ds data", x86.DS, 0x18, 0, nil},
			{"ds null", x86.DS, 0, 0, nil},
			{"ds null with RPL", x86.DS, 3, 3, nil},
			{"ds readable code", x86.DS, 0x10, 0, nil},
			{"ds user from ring 0", x86.DS, 0x2b, 0, nil},
			{"ds kernel from ring 3", x86.DS, 0x18, 3, FaultErr(x86.VecGP, 0x18)},
			{"ds RPL over DPL", x86.DS, 0x1b, 0, FaultErr(x86.VecGP, 0x18)},
			{"ds conforming code from ring 3", x86.DS, selConforming, 3, nil},
			{"ds not present", x86.DS, selAbsentData, 0, FaultErr(x86.VecNP, selAbsentData)},
			{"ds beyond the table", x86.DS, 0x1000, 0, FaultErr(x86.VecGP, 0x1000)},
			{"ds from an LDT that is not there", x86.DS, 0x1c, 0, FaultErr(x86.VecGP, 0x1c)},
			{"ds system descriptor", x86.DS, selTSS, 0, FaultErr(x86.VecGP, selTSS)},
			{"ss data", x86.SS, 0x18, 0, nil},
			{"ss code", x86.SS, 0x10, 0, FaultErr(x86.VecGP, 0x10)},
			{"ss read-only", x86.SS, selReadOnly, 0, FaultErr(x86.VecGP, selReadOnly)},
			{"ss not present", x86.SS, selAbsentData, 0, FaultErr(x86.VecSS, selAbsentData)},
			{"ss wrong ring", x86.SS, 0x2b, 0, FaultErr(x86.VecGP, 0x28)},
			{"ss null in ring 3", x86.SS, 3, 3, FaultErr(x86.VecGP, 0)},
			{"cs", x86.CS, 0x10, 0, Fault(x86.VecUD)},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := gdtRig(t, a, 0x8e, 0xc0|tt.seg<<3)
				if tt.cpl == 3 {
					ring3(c)
				}
				c.GPR[x86.RAX] = uint64(tt.sel)
				before := c.Core
				m.Step(0)
				require.NoError(t, m.Err())
				if tt.want != nil {
					require.Equal(t, *tt.want, k.last(t))
					require.Equal(t, before, c.Core)
					return
				}
				require.Empty(t, k.traps)
				require.EqualValues(t, tt.sel, c.Seg[tt.seg].Sel)
				require.EqualValues(t, 0x1002, c.RIP)
			})
		}
		m, c, k := gdtRig(t, a, 0x8e, 0xd0) // mov %eax,%ss with null in ring 0
		m.Step(0)
		require.Equal(t, a == x86.I386, len(k.traps) == 1, "null SS: only in 64-bit mode")
		_ = c
	})
}

func TestP11FarTransfers(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			op   byte // of ff /op
			sel  uint64
			want *Trap
		}{
			{"ljmp", 5, 0x10, nil},
			{"lcall", 3, 0x10, nil},
			{"ljmp conforming", 5, selConforming, nil},
			{"ljmp null", 5, 0, FaultErr(x86.VecGP, 0)},
			{"ljmp data", 5, 0x18, FaultErr(x86.VecGP, 0x18)},
			{"ljmp other ring", 5, 0x23, FaultErr(x86.VecGP, 0x20)},
			{"ljmp RPL over CPL", 5, 0x13, FaultErr(x86.VecGP, 0x10)},
			{"lcall not present", 3, selAbsentCode, FaultErr(x86.VecNP, selAbsentCode)},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := gdtRig(t, a, 0xff, tt.op<<3|3)
				c.GPR[x86.RBX] = 0x5000
				require.True(t, m.PokeWord(c.Space, 0x5000, 8, 0x1040|tt.sel<<32))
				before := c.Core
				m.Step(0)
				require.NoError(t, m.Err())
				if tt.want != nil {
					require.Equal(t, *tt.want, k.last(t))
					require.Equal(t, before, c.Core)
					return
				}
				require.Empty(t, k.traps)
				require.EqualValues(t, 0x1040, c.RIP)
				require.EqualValues(t, tt.sel, c.Seg[x86.CS].Sel)
				if tt.op == 3 {
					require.EqualValues(t, 0x8000-8, c.GPR[x86.RSP])
					v, _ := m.PeekWord(c.Space, c.GPR[x86.RSP], 8)
					require.EqualValues(t, 0x1002|0x10<<32, v)
				}
			})
		}
		t.Run("lret to ring 3 with arguments", func(t *testing.T) {
			m, c, k := gdtRig(t, a, 0xca, 4, 0)
			for i, w := range []uint64{0x1040, 0x23, 0xdead, 0x7f00, 0x2b} {
				require.True(t, m.PokeWord(c.Space, 0x7800+uint64(4*i), 4, w))
			}
			c.GPR[x86.RSP] = 0x7800
			m.Step(0)
			require.Empty(t, k.traps)
			require.EqualValues(t, 3, c.CPL)
			require.EqualValues(t, 0x1040, c.RIP)
			require.EqualValues(t, 0x7f04, c.GPR[x86.RSP], "the arguments come off both stacks")
		})
	})
}

func TestP11NullFSClearsItsBase(t *testing.T) {
	m, c, _ := gdtRig(t, x86.AMD64, 0x8e, 0xe0)
	c.Seg[x86.FS].Base = 0x123456
	m.Step(0)
	require.Zero(t, c.Seg[x86.FS].Base) // seen on hardware
}
