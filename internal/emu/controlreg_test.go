package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Setting what does not exist in a control register is #GP(0) and changes
// nothing (SDM vol. 3, 2.5).
func TestReservedControlBits(t *testing.T) {
	const gp = true
	for _, tt := range []struct {
		name  string
		arch  x86.Arch
		cr    byte
		write uint64
		fault bool
		read  uint64
	}{
		{"cr0", x86.AMD64, 0, 0x80050033, !gp, 0x80050033},
		{"cr0, ET", x86.I386, 0, 0x80000001, !gp, 0x80000011},
		{"cr0, undefined low bits", x86.I386, 0, 0x9ffaffc1 | 1<<16, !gp, 0x80010011},
		{"cr0, high half", x86.AMD64, 0, 1<<32 | 0x80050033, gp, 0},
		{"cr0, NW without CD", x86.I386, 0, 0xa0050033, gp, 0},
		{"cr0, NW with CD", x86.I386, 0, 0xe0050033, !gp, 0xe0050033},
		{"cr0 without PG", x86.I386, 0, 0x00050033, gp, 0},
		{"cr0 without PE", x86.I386, 0, 0x80050032, gp, 0},
		{"cr4", x86.I386, 4, 0x00000ffc, !gp, 0x00000ffc},
		{"cr4, VME", x86.I386, 4, 1, gp, 0},
		{"cr4, PVI", x86.I386, 4, 2, gp, 0},
		{"cr4, SMEP", x86.AMD64, 4, 1<<20 | 0x20, gp, 0},
		{"cr4, OSXSAVE", x86.AMD64, 4, 1<<18 | 0x20, gp, 0},
		{"cr4, all", x86.AMD64, 4, 0xffffffff, gp, 0},
		{"cr4, high half", x86.AMD64, 4, 1<<40 | 0x20, gp, 0},
		{"cr4 without PAE", x86.AMD64, 4, 0, gp, 0},
		{"cr4 without PAE on i386", x86.I386, 4, 0, !gp, 0},
		{"cr8", x86.AMD64, 8, 15, !gp, 15},
		{"cr8, five bits", x86.AMD64, 8, 16, gp, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			modrm, rex := 0xc0|tt.cr&7<<3, byte(0x90) // nop
			if tt.cr == 8 {
				rex = 0x44
			}
			m, c, k := newTaken(t, tt.arch, rex, 0x0f, 0x22, modrm, rex, 0x0f, 0x20, modrm)
			c.GPR[x86.RAX] = tt.write
			for end := c.RIP + 8; c.RIP < end && len(k.traps) == 0; {
				m.Step(0)
			}
			if tt.fault {
				require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
				return
			}
			require.Empty(t, k.traps)
			require.Equal(t, tt.read, c.GPR[x86.RAX])
		})
	}
}

// EFER: reserved bits and a change of LME under paging are #GP, LMA is the
// processor's own (SDM vol. 3, 2.2.1).
func TestReservedEFERBits(t *testing.T) {
	const all = EFERSCE | EFERLME | EFERLMA | EFERNXE
	for _, tt := range []struct {
		write, read uint64
		fault       bool
	}{
		{EFERLME | EFERLMA, EFERLME | EFERLMA, false},
		{all, all, false},
		{all &^ EFERLMA, all, false},
		{all &^ EFERLME, all, true},
		{all | 1<<12, all, true}, // SVME
		{all | 1<<1, all, true},
		{all | 1<<63, all, true},
	} {
		m, c, k := newTaken(t, x86.AMD64, 0x0f, 0x30)
		c.GPR[x86.RCX], c.GPR[x86.RAX], c.GPR[x86.RDX] = msrEFER, tt.write&0xffffffff, tt.write>>32
		m.Step(0)
		require.Equal(t, tt.fault, len(k.traps) == 1, "%#x", tt.write)
		require.Equal(t, tt.read, c.Sys.EFER, "%#x", tt.write)
	}
}

// An interrupt whose class is not above CR8 waits (SDM vol. 3, 10.8.6).
func TestTaskPriorityHoldsInterruptsOff(t *testing.T) {
	m, c, k := newTaken(t, x86.AMD64, 0x90, 0x90)
	c.RFLAGS |= x86.IF
	c.Sys.CR8 = 3
	c.RaiseInterrupt(0x3f)
	m.Step(0)
	require.Empty(t, k.traps)
	c.RaiseInterrupt(0x40)
	m.Step(0)
	require.Equal(t, Trap{Vector: 0x40, Kind: External}, k.last(t))
	c.Sys.CR8 = 2
	m.Step(0)
	require.Equal(t, Trap{Vector: 0x3f, Kind: External}, k.last(t))
}

// RDTSC and RDTSCP are for ring 0 once CR4.TSD is set.
func TestTimeStampDisable(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, code := range [][]byte{{0x0f, 0x31}, {0x0f, 0x01, 0xf9}} {
			for _, user := range []bool{false, true} {
				m, c, k := newTaken(t, a, code...)
				c.Sys.CR4 |= CR4TSD
				if user {
					ring3(c)
				}
				m.Step(0)
				require.Equal(t, user, len(k.traps) == 1)
			}
		}
	})
}

// LGDT, LIDT: a base that is not canonical is #GP(0); 24 bits of it count with
// a 16-bit operand size (SDM vol. 2, LGDT/LIDT).
func TestTableBases(t *testing.T) {
	for _, op := range []byte{0x13, 0x1b} { // lgdt, lidt (%ebx)
		m, c, k := newTaken(t, x86.AMD64, 0x0f, 0x01, op)
		before := c.Sys
		require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0xff, 0, 0, 0, 0, 0, 0, 0x80, 0, 0}))
		c.GPR[x86.RBX] = 0x5000
		m.Step(0)
		require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
		require.Equal(t, before, c.Sys)

		m, c, k = newTaken(t, x86.I386, 0x66, 0x0f, 0x01, op)
		require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0xff, 0, 0x44, 0x33, 0x22, 0x11}))
		c.GPR[x86.RBX] = 0x5000
		m.Step(0)
		require.Empty(t, k.traps)
		got := c.Sys.GDTR
		if op == 0x1b {
			got = c.Sys.IDTR
		}
		require.Equal(t, TableReg{0x223344, 0xff}, got)
	}
}

// LTR and LLDT in 64-bit mode: the upper half of the descriptor counts.
func TestSystemDescriptorsAreSixteenBytes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit uint16
		upper []byte
		fault bool
	}{
		{"good", 0x1f, []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, false},
		{"not canonical", 0x1f, []byte{0, 0, 0, 0x80, 0, 0, 0, 0}, true},
		{"type bits above", 0x1f, []byte{0, 0, 0, 0, 0, 0x10, 0, 0}, true},
		{"beyond the table", 0x1e, []byte{0, 0, 0, 0, 0, 0, 0, 0}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, c, k := newTaken(t, x86.AMD64, 0x0f, 0x00, 0xd8) // ltr %ax
			require.NoError(t, m.WriteBytes(c.Space, 0x7010, append([]byte{0x67, 0, 0, 0, 0, 0x89, 0, 0x80}, tt.upper...)))
			c.Sys.GDTR = TableReg{0x7000, tt.limit}
			c.GPR[x86.RAX] = 0x10
			m.Step(0)
			if tt.fault {
				require.Equal(t, *FaultErr(x86.VecGP, 0x10), k.last(t))
				return
			}
			require.Empty(t, k.traps)
			require.Equal(t, uint64(0xffffffff80000000), c.Sys.TR.Base)
		})
	}
}
