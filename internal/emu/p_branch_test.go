package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// nowhere is no canonical address.
const nowhere = 1 << 62

// edge is the last page of the lower canonical half.
const edge = 0x7fff_ffff_f000

// offEdge are near branches to non-canonical addresses, at 0x1000 or edge. RAX
// and the words at RBX and RSP are nowhere.
var offEdge = []struct {
	name string
	at   uint64
	code []byte
}{
	{"jmp *rax", 0x1000, []byte{0xff, 0xe0}},
	{"jmp *(rbx)", 0x1000, []byte{0xff, 0x23}},
	{"jmp *r8", 0x1000, []byte{0x41, 0xff, 0xe0}}, // the lowest such address
	{"bnd jmp *rax", 0x1000, []byte{0xf2, 0xff, 0xe0}},
	{"call *rax", 0x1000, []byte{0xff, 0xd0}},
	{"call *(rbx)", 0x1000, []byte{0xff, 0x13}},
	{"call *rsp", 0x1000, []byte{0xff, 0xd4}}, // only where RSP is nowhere: #SS first
	{"ret", 0x1000, []byte{0xc3}},
	{"ret $16", 0x1000, []byte{0xc2, 16, 0}},
	{"jmp rel32", edge, []byte{0xe9, 0, 0x10, 0, 0}},
	{"call rel32", edge, []byte{0xe8, 0, 0x10, 0, 0}},
	{"jno rel32", edge, []byte{0x0f, 0x81, 0, 0x10, 0, 0}},
	{"jmp rel8", edge + 0xff0, []byte{0xeb, 0x20}},
	{"jrcxz", edge + 0xff0, []byte{0xe3, 0x20}},
	{"loop", edge + 0xff0, []byte{0xe2, 0x20}},
}

// branchRig has the branch at at, on code pages at 0x1000 and edge.
func branchRig(t *testing.T, at uint64, code []byte) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c, k := newTaken(t, x86.AMD64)
	f, err := m.Mem.Alloc()
	require.NoError(t, err)
	require.NoError(t, c.Space.Map(edge, f, 1, Write|Exec))
	require.NoError(t, m.WriteBytes(c.Space, at, code))
	c.GPR[x86.RSP], c.GPR[x86.RBX], c.GPR[x86.RAX], c.GPR[x86.R8] = 0x7800, 0x5000, nowhere, 0x8000_0000_0000
	for _, va := range []uint64{0x7800, 0x5000} {
		require.True(t, m.PokeWord(c.Space, va, 8, nowhere))
	}
	require.True(t, m.PokeWord(c.Space, 0x77f8, 8, 0x1122334455667788))
	c.RIP = at
	return m, c, k
}

// contents are the bytes of all pages.
func contents(s *Space) []byte {
	var all []byte
	for _, vpn := range s.Pages() {
		all = append(all, s.entry(vpn*PageSize).data...)
	}
	return all
}

// P11: a near branch to a non-canonical address raises #GP(0) at the branch,
// and nothing is done: no push, no pop, no count. Run ends before it.
func TestP11BranchToNonCanonical(t *testing.T) {
	for _, tt := range offEdge {
		for _, tf := range []uint64{0, x86.TF} {
			name := tt.name
			if tf != 0 {
				name += " traced"
			}
			t.Run(name, func(t *testing.T) {
				m, c, k := branchRig(t, tt.at, tt.code)
				want := *FaultErr(x86.VecGP, 0)
				if tt.name == "call *rsp" {
					c.GPR[x86.RSP], want = nowhere, *FaultErr(x86.VecSS, 0)
				}
				c.GPR[x86.RCX] = uint64(2 * b2i(tt.name != "jrcxz"))
				c.RFLAGS |= tf
				before, memory := c.Core, contents(c.Space)
				n, why := m.Run(0, 10)
				require.Zero(t, n)
				require.Equal(t, RunStep, why)
				got := c.Core
				got.CR0 = before.CR0
				require.Equal(t, before, got, "after Run")
				m.Step(0)
				require.NoError(t, m.Err())
				require.Equal(t, []Trap{want}, k.traps)
				got = c.Core
				got.CR0 = before.CR0
				require.Equal(t, before, got)
				require.Empty(t, m.Event().Writes)
				require.Zero(t, c.Retired)
				require.Zero(t, c.Sys.CR2)
				require.Equal(t, memory, contents(c.Space))
			})
		}
	}
}

// A branch that is not taken goes on; the last canonical address can be reached.
func TestP11BranchInsideCanonical(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   uint64
		code []byte
		to   uint64
	}{
		{"jo not taken", edge, []byte{0x0f, 0x80, 0, 0x10, 0, 0}, edge + 6},
		{"jrcxz not taken", edge + 0xff0, []byte{0xe3, 0x20}, edge + 0xff2},
		{"loop ends", edge + 0xff0, []byte{0xe2, 0x20}, edge + 0xff2},
		{"jmp to the last byte", edge + 0xff0, []byte{0xeb, 0x0d}, edge + 0xfff},
		{"jmp *rax to the last byte", 0x1000, []byte{0xff, 0xe0}, edge + 0xfff},
		{"jmp *rax to the first of the upper half", 0x1000, []byte{0xff, 0xe0}, 0xffff_8000_0000_0000},
		{"call *rax, unmapped", 0x1000, []byte{0xff, 0xd0}, 0x123000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, run := range []bool{false, true} {
				m, c, k := branchRig(t, tt.at, tt.code)
				c.GPR[x86.RCX], c.GPR[x86.RAX] = 1, tt.to
				n := uint64(0)
				if run {
					n, _ = m.Run(0, 1)
				}
				if n == 0 {
					m.Step(0)
				}
				require.NoError(t, m.Err())
				require.Empty(t, k.traps)
				require.Equal(t, tt.to, c.RIP)
				require.EqualValues(t, 1, c.Retired)
			}
		})
	}
}

// Faults of the operand and of the push come before the target's.
func TestP11BranchFaultsInOrder(t *testing.T) {
	for _, tt := range []struct {
		name     string
		code     []byte
		rbx, rsp uint64
		want     Trap
	}{
		{"call *rax, stack unmapped", []byte{0xff, 0xd0}, 0x5000, 0x9008, Trap{Vector: x86.VecPF, Kind: Exception, HasErr: true, ErrCode: 2, SetCR2: true, CR2: 0x9000}},
		{"call *rax, stack non-canonical", []byte{0xff, 0xd0}, 0x5000, nowhere, *FaultErr(x86.VecSS, 0)},
		{"call *(rbx), pointer unmapped", []byte{0xff, 0x13}, 0x9000, 0x9008, Trap{Vector: x86.VecPF, Kind: Exception, HasErr: true, SetCR2: true, CR2: 0x9000}},
		{"ret, stack unmapped", []byte{0xc3}, 0x5000, 0x9000, Trap{Vector: x86.VecPF, Kind: Exception, HasErr: true, SetCR2: true, CR2: 0x9000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, c, k := branchRig(t, 0x1000, tt.code)
			c.GPR[x86.RBX], c.GPR[x86.RSP] = tt.rbx, tt.rsp
			before := c.Core
			n, _ := m.Run(0, 1)
			require.Zero(t, n)
			m.Step(0)
			require.NoError(t, m.Err())
			require.Equal(t, tt.want, k.last(t))
			before.CR0 = c.CR0
			require.Equal(t, before, c.Core)
		})
	}
}

// P11: far transfers check their target before they push; SYSEXIT its registers.
func TestP11FarToNonCanonical(t *testing.T) {
	for _, tt := range []struct {
		name string
		code []byte
	}{
		{"ljmp *(rbx)", []byte{0x48, 0xff, 0x2b}},
		{"lcall *(rbx)", []byte{0x48, 0xff, 0x1b}},
		{"lretq", []byte{0x48, 0xcb}},
		{"iretq", []byte{0x48, 0xcf}},
		{"sysexit", []byte{0x48, 0x0f, 0x35}},
		{"sysret", []byte{0x48, 0x0f, 0x07}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, c, k := gdtRig(t, x86.AMD64, tt.code...)
			c.Sys.EFER |= EFERSCE
			c.Sys.MSR.SysenterCS = selKernelCode
			c.GPR[x86.RSP], c.GPR[x86.RBX], c.GPR[x86.RCX], c.GPR[x86.RDX] = 0x7800, 0x5000, nowhere, nowhere
			for _, va := range []uint64{0x5000, 0x7800} {
				for i, w := range []uint64{nowhere, selKernelCode, 2, 0x7f00, selKernelData} {
					require.True(t, m.PokeWord(c.Space, va+8*uint64(i), 8, w))
				}
			}
			before, memory := c.Core, contents(c.Space)
			m.Step(0)
			require.NoError(t, m.Err())
			require.Equal(t, []Trap{*FaultErr(x86.VecGP, 0)}, k.traps)
			require.Equal(t, before, c.Core)
			require.Equal(t, memory, contents(c.Space))
		})
	}
}
