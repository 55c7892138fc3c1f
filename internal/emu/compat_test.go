package emu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// Selectors of compatRig's table beside gdtRig's.
const (
	selCode32     = 0x60 // ring 0
	selUserCode32 = 0x68 // with RPL 3: 0x6b
	selCode16     = 0x70
	selCode64Big  = 0x78 // L and D: reserved
)

// compatRig is gdtRig with a 64-bit kernel's 16- and 32-bit code segments.
func compatRig(t *testing.T, code ...byte) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c, k := gdtRig(t, x86.AMD64, code...)
	const big = 1 << 54
	for sel, d := range map[uint64]uint64{
		selCode32: flatCode(0, false).Encode(), selUserCode32: flatCode(3, false).Encode(), selCode16: flatCode(0, false).Encode() &^ big,
		selCode64Big: flatCode(0, true).Encode() | big,
	} {
		require.True(t, m.PokeWord(c.Space, gdtAt+sel, 8, d))
	}
	c.Sys.GDTR.Limit = 0x7f
	return m, c, k
}

// CS.L chooses the mode: a far jump there and back (SDM vol. 3, 3.4.5, 5.2.1).
func TestCompatibilityModeByFarJump(t *testing.T) {
	m, c, k := compatRig(t,
		0xff, 0x2b, // ljmp *(%rbx)
		0x40, // inc %eax; in 64-bit mode a REX prefix
		0x50, // push %eax
		0xea, 0x0b, 0x10, 0, 0, selKernelCode, 0,
		0x48, 0xff, 0xc0) // inc %rax
	require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0x02, 0x10, 0, 0, selCode32, 0}))
	c.GPR[x86.RBX], c.GPR[x86.RAX] = 0x5000, 0x1_ffffffff
	c.GPR[x86.RSP] |= 1 << 40
	m.Step(0)
	require.Zero(t, c.Code64)
	require.EqualValues(t, selCode32, c.Seg[x86.CS].Sel)
	require.EqualValues(t, 0x8000, c.GPR[x86.RSP], "cut, as on hardware")
	m.Step(0)
	require.Zero(t, c.GPR[x86.RAX], "32 bits")
	ev := m.Step(0)
	require.EqualValues(t, 0x7ffc, c.GPR[x86.RSP])
	require.EqualValues(t, 4, ev.Writes[0].Size)
	m.Step(0)
	require.NotZero(t, c.Code64)
	m.Step(0)
	require.EqualValues(t, 1, c.GPR[x86.RAX])
	require.Empty(t, k.traps)
}

// An offset beyond 4 GiB does not fit 32-bit code: #GP(0) at the transfer.
func TestCompatibilityModeOffsets(t *testing.T) {
	for _, tt := range []struct {
		name string
		code []byte
		rip  uint64
		cs   uint64
		want Trap
	}{
		{"iretq", []byte{0x48, 0xcf}, 0x1008, selCode32, Trap{}},
		{"iretq beyond", []byte{0x48, 0xcf}, 0x1_0000_1008, selCode32, *FaultErr(x86.VecGP, 0)},
		{"iretq, not canonical", []byte{0x48, 0xcf}, 1 << 63, selCode32, *FaultErr(x86.VecGP, 0)},
		{"lretq", []byte{0x48, 0xcb}, 0x1008, selCode32, Trap{}},
		{"lretq beyond", []byte{0x48, 0xcb}, 0x1_0000_1008, selCode32, *FaultErr(x86.VecGP, 0)},
		{"lretq to 16-bit code", []byte{0x48, 0xcb}, 0x1008, selCode16, Trap{}},
		{"L and D", []byte{0x48, 0xcb}, 0x1008, selCode64Big, *FaultErr(x86.VecGP, selCode64Big)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, c, k := compatRig(t, tt.code...)
			c.GPR[x86.RSP] = 0x7800
			for i, w := range []uint64{tt.rip, tt.cs, 2, 0x12345_00007f00, selKernelData} {
				require.True(t, m.PokeWord(c.Space, 0x7800+uint64(8*i), 8, w))
			}
			before := c.Core
			m.Step(0)
			if tt.want != (Trap{}) {
				require.Equal(t, tt.want, k.last(t))
				require.Equal(t, before, c.Core)
				return
			}
			require.Empty(t, k.traps)
			require.Equal(t, tt.rip, c.RIP)
			require.Zero(t, c.Code64)
			require.Zero(t, c.GPR[x86.RSP]>>32)
		})
	}
}

// Bases of ES, CS, SS and DS count in compatibility mode and not in 64-bit mode
// (SDM vol. 3, 3.4.4).
func TestCompatibilityModeHasSegments(t *testing.T) {
	for _, p := range []Processor{Interp, Unicorn} {
		for name, code := range map[string][]byte{"mov": {0x3e, 0x8b, 0x03}, "fld": {0x3e, 0xd9, 0x03}} { // of %ds:(%rbx)
			t.Run(fmt.Sprintf("%v/%s", p, name), func(t *testing.T) {
				m, c, k := compatRig(t, code...)
				c.Space.processor = p
				c.setSeg(x86.DS, 0x18, x86.DecodeDescriptor(flatData(0).Encode()|0x1000<<16))
				for _, tt := range []struct {
					cs   uint16
					d    x86.Descriptor
					want uint64
				}{{selKernelCode, flatCode(0, true), 0x5000}, {selCode32, flatCode(0, false), 0x6000}} {
					c.setSeg(x86.CS, tt.cs, tt.d)
					f, err := m.Mem.Alloc()
					require.NoError(t, err)
					require.NoError(t, c.Space.Map(0x6000, f, 1, Write))
					c.RIP, c.GPR[x86.RBX] = 0x1000, 0x5000
					ev := m.Step(0)
					require.Empty(t, k.traps)
					require.Equal(t, tt.want, ev.Reads[0].Addr)
				}
			})
		}
	}
}

// Run leaves what is not 64-bit code of a 64-bit machine to Step, and what may
// be beyond a limit; Run equals Step.
func TestRunLeavesSegmentsToStep(t *testing.T) {
	m, c, _ := compatRig(t, 0x90, 0xeb, 0xfd)
	n, _ := m.Run(0, 100)
	require.NotZero(t, n)
	c.setSeg(x86.CS, selCode32, flatCode(0, false))
	n, why := m.Run(0, 100)
	require.Zero(t, n)
	require.Equal(t, RunStep, why)

	m, c, _ = newTaken(t, x86.I386, 0x65, 0x8b, 0x03, 0xeb, 0xfb) // mov %gs:(%ebx),%eax
	c.GPR[x86.RBX] = 0x5000
	n, _ = m.Run(0, 100)
	require.NotZero(t, n)
	for name, edit := range map[string]func(){
		"null gs":    func() { c.Seg[x86.GS].Flags = 0 },
		"limited ss": func() { c.Seg[x86.SS].Limit = 0xfffff },
		"limited cs": func() { c.Seg[x86.CS].Limit = 0xfffff },
		"AC":         func() { ring3(c); c.RFLAGS |= x86.AC },
	} {
		flat(c)
		c.RIP = 0x1000
		edit()
		n, _ = m.Run(0, 100)
		require.Zero(t, n, name)
	}
}

// SYSCALL from compatibility mode is AMD's: it goes to CSTAR; SYSRET and SYSEXIT
// without REX.W go there.
func TestCompatibilityModeSystemCalls(t *testing.T) {
	for _, vendor := range []Vendor{AMD, Intel} {
		m, c, k := compatRig(t, 0x0f, 0x05)
		m.Vendor = vendor
		ring3(c)
		c.setSeg(x86.CS, selUserCode32|3, flatCode(3, false))
		c.Sys.MSR.Star, c.Sys.MSR.CStar, c.Sys.MSR.LStar = selKernelCode<<32, 0x1500, 0x1600
		m.Step(0)
		if vendor == Intel {
			require.Equal(t, *Fault(x86.VecUD), k.last(t))
			continue
		}
		require.Empty(t, k.traps)
		require.EqualValues(t, 0x1500, c.RIP)
		require.EqualValues(t, 0x1002, c.GPR[x86.RCX])
		require.NotZero(t, c.Code64)
	}
	m, c, k := compatRig(t, 0x0f, 0x07) // sysretl
	c.Sys.MSR.Star = selUserCode32 << 48
	c.GPR[x86.RCX], c.GPR[x86.R11] = 0x7_00001500, 0x202
	m.Step(0)
	require.Empty(t, k.traps)
	require.Zero(t, c.Code64)
	require.EqualValues(t, selUserCode32|3, c.Seg[x86.CS].Sel)
	require.EqualValues(t, selUserCode32+8|3, c.Seg[x86.SS].Sel)
	require.EqualValues(t, 0x1500, c.RIP)

	m, c, k = compatRig(t, 0x0f, 0x35) // sysexit
	c.Sys.MSR.SysenterCS = 0x50
	c.GPR[x86.RDX], c.GPR[x86.RCX] = 0x1500, 0x7800
	m.Step(0)
	require.Empty(t, k.traps)
	require.Zero(t, c.Code64)
	require.EqualValues(t, 0x63, c.Seg[x86.CS].Sel)
	require.EqualValues(t, 0x7800, c.GPR[x86.RSP])
}

// A far pointer in memory has an offset of 64 bits on Intel's processors only.
func TestFarPointerOf64Bits(t *testing.T) {
	for vendor, rip := range map[Vendor]uint64{Intel: 0x1_0000_1500, AMD: 0x1500} {
		m, c, k := compatRig(t, 0x48, 0xff, 0x2b) // ljmp *(%rbx)
		m.Vendor = vendor
		if vendor == Intel {
			require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0, 0x15, 0, 0, 1, 0, 0, 0, selKernelCode, 0}))
		} else {
			require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0, 0x15, 0, 0, selKernelCode, 0}))
		}
		c.GPR[x86.RBX] = 0x5000
		m.Step(0)
		require.Empty(t, k.traps)
		require.Equal(t, rip, c.RIP)
	}
}
