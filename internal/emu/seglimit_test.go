package emu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// segmentKind is a segment with the offsets that it allows, said byte by byte
// (SDM vol. 3, 3.4.5.1, 5.3).
type segmentKind struct {
	name        string
	d           x86.Descriptor
	read, write bool
	in          func(off uint64) bool
}

const (
	segBase  = 0x5000
	segLimit = 0x7f // bytes, less one
)

func segmentKinds() []segmentKind {
	segment := func(access, flags uint8) x86.Descriptor {
		return x86.Descriptor{Base: segBase, Limit: segLimit, Access: access, Flags: flags}
	}
	up := func(off uint64) bool { return off <= segLimit }
	none := func(uint64) bool { return false }
	return []segmentKind{
		{"data", segment(0xf3, 4), true, true, up},
		{"read-only data", segment(0xf1, 4), true, false, up},
		{"expand-down, 32 bits", segment(0xf7, 4), true, true, func(off uint64) bool { return off > segLimit && off <= 0xffffffff }},
		{"expand-down, 16 bits", segment(0xf7, 0), true, true, func(off uint64) bool { return off > segLimit && off <= 0xffff }},
		{"code, readable", segment(0xfb, 4), true, false, up},
		{"code, execute-only", segment(0xf9, 4), false, false, up},
		{"null", x86.Descriptor{}, true, true, none},
	}
}

// offsets around what could be a bound.
func boundOffsets() (l []uint64) {
	for _, near := range []uint64{8, segLimit, 0x10000, 0xfffffff8} {
		for d := range uint64(17) {
			l = append(l, (near-8+d)&0xffffffff)
		}
	}
	return l
}

// Every access, read or write of 1 to 8 bytes, through every kind of segment:
// allowed where each of its bytes is, else #GP(0).
func TestSegmentLimits(t *testing.T) {
	accesses := []struct {
		code  []byte // operand at (%ebx), through GS
		size  uint64
		write bool
	}{
		{[]byte{0x65, 0x8a, 0x03}, 1, false}, {[]byte{0x65, 0x88, 0x03}, 1, true},
		{[]byte{0x65, 0x66, 0x8b, 0x03}, 2, false}, {[]byte{0x65, 0x66, 0x89, 0x03}, 2, true},
		{[]byte{0x65, 0x8b, 0x03}, 4, false}, {[]byte{0x65, 0x89, 0x03}, 4, true},
		{[]byte{0x65, 0xff, 0x03}, 4, true},                                       // inc
		{[]byte{0x65, 0xdd, 0x03}, 8, false}, {[]byte{0x65, 0xdd, 0x13}, 8, true}, // fld, fst
		{[]byte{0x65, 0x0f, 0xc7, 0x0b}, 8, true},  // cmpxchg8b
		{[]byte{0x65, 0x0f, 0x00, 0x23}, 2, false}, // verr
	}
	for _, p := range []Processor{Interp, Unicorn} {
		t.Run(p.String(), func(t *testing.T) {
			for _, kind := range segmentKinds() {
				m, err := New(Config{Arch: x86.I386, CPUs: 1, Memory: 1 << 20, Processor: p})
				require.NoError(t, err)
				defer m.Close()
				c, k := m.CPUs[0], new(taken)
				m.Kernel = k
				f, err := m.Mem.AllocRun(16 + 3)
				require.NoError(t, err)
				require.NoError(t, c.Space.Map(0x1000, f, 1, Write|Exec))
				// all that the segment can reach: 64 KiB, and what is just below its base
				require.NoError(t, c.Space.Map(segBase-0x1000, f+1, 18, Write))
				for _, a := range accesses {
					t.Run(fmt.Sprintf("%s/% x", kind.name, a.code), func(t *testing.T) {
						require.NoError(t, m.WriteBytes(c.Space, 0x1000, a.code))
						for _, off := range boundOffsets() {
							name := fmt.Sprintf("at %#x", off)
							want := (!a.write || kind.write) && (a.write || kind.read)
							for i := range a.size {
								want = want && kind.in(off+i)
							}
							if !want || off <= 0xfff0 {
								checkAccess(t, m, k, kind.d, off, want, name)
							}
						}
					})
				}
			}
		})
	}
}

func checkAccess(t *testing.T, m *Machine, k *taken, d x86.Descriptor, off uint64, want bool, name string) {
	t.Helper()
	c := m.CPUs[0]
	flat(c)
	c.setSeg(x86.GS, 0x40, d)
	if d == (x86.Descriptor{}) {
		c.Seg[x86.GS].Flags = 0
	}
	c.RIP, c.GPR[x86.RBX], c.GPR[x86.RAX] = 0x1000, off, 0
	before := c.Core
	k.traps = nil
	ev := m.Step(0)
	require.NoError(t, m.Err(), name)
	if want {
		require.Empty(t, k.traps, name)
		require.NotEqual(t, before.RIP, c.RIP, name)
		return
	}
	require.Equal(t, []Trap{*FaultErr(x86.VecGP, 0)}, k.traps, name)
	require.Equal(t, before, c.Core, name)
	require.Empty(t, ev.Writes, name)
}

// Accesses through SS, by the stack pointer or by EBP, are #SS(0) beyond the
// limit.
func TestStackLimit(t *testing.T) {
	const frame = 0x40
	for _, tt := range []struct {
		name string
		code []byte
		sp   uint64
		want Trap // none: it fits
	}{
		{"push", []byte{0x50}, frame + 4, Trap{}},
		{"push below the lowest", []byte{0x50}, 3, *FaultErr(x86.VecSS, 0)},
		{"push at the top", []byte{0x50}, segLimit + 1, Trap{}},
		{"push above the limit", []byte{0x50}, segLimit + 2, *FaultErr(x86.VecSS, 0)},
		{"pop", []byte{0x58}, segLimit - 3, Trap{}},
		{"pop above the limit", []byte{0x58}, segLimit - 2, *FaultErr(x86.VecSS, 0)},
		{"pop to a segment", []byte{0x07}, segLimit - 2, *FaultErr(x86.VecSS, 0)},
		{"call", []byte{0xe8, 0, 0, 0, 0}, segLimit + 2, *FaultErr(x86.VecSS, 0)},
		{"far call", []byte{0x9a, 0, 0x10, 0, 0, 0x10, 0}, segLimit + 6, *FaultErr(x86.VecSS, 0)},
		{"ret", []byte{0xc3}, segLimit - 2, *FaultErr(x86.VecSS, 0)},
		{"far ret", []byte{0xcb}, segLimit - 6, *FaultErr(x86.VecSS, 0)},
		{"iret", []byte{0xcf}, segLimit - 10, *FaultErr(x86.VecSS, 0)},
		{"pusha", []byte{0x60}, 31, *FaultErr(x86.VecSS, 0)},
		{"popa", []byte{0x61}, segLimit - 30, *FaultErr(x86.VecSS, 0)},
		{"pushf", []byte{0x9c}, segLimit + 2, *FaultErr(x86.VecSS, 0)},
		{"enter", []byte{0xc8, 4, 0, 0}, 7, *FaultErr(x86.VecSS, 0)},
		{"leave", []byte{0xc9}, frame, *FaultErr(x86.VecSS, 0)},
		{"mov through ebp", []byte{0x8b, 0x45, 0}, frame, *FaultErr(x86.VecSS, 0)},
		{"mov through ebp and ds", []byte{0x3e, 0x8b, 0x45, 0}, frame, Trap{}},
		{"fld through ebp", []byte{0xd9, 0x45, 0}, frame, *FaultErr(x86.VecSS, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, p := range []Processor{Interp, Unicorn} {
				m, c, k := gdtRig(t, x86.I386, tt.code...)
				c.Space.processor = p
				c.setSeg(x86.SS, 0x40, x86.Descriptor{Base: segBase, Limit: segLimit, Access: 0x93, Flags: x86.FlagBig})
				c.GPR[x86.RSP], c.GPR[x86.RBP] = tt.sp, 0x1000
				before := c.Core
				m.Step(0)
				if tt.want == (Trap{}) {
					require.Empty(t, k.traps)
					continue
				}
				require.Equal(t, tt.want, k.last(t))
				require.Equal(t, before, c.Core)
			}
		})
	}
}

// The stack pointer is SP where SS.B is clear: the upper half of ESP stays.
func TestStackPointerOf16Bits(t *testing.T) {
	m, c, k := newTaken(t, x86.I386, 0x50, 0x58, 0xe8, 0, 0, 0, 0, 0x60)
	c.setSeg(x86.SS, 0x40, x86.Descriptor{Base: 0x5000, Limit: 0xffff, Access: 0x93})
	c.GPR[x86.RSP] = 0xabcd0000
	for _, want := range []uint64{0xabcdfffc, 0xabcd0000, 0xabcdfffc} {
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		require.NoError(t, c.Space.Map(0x14000, f, 1, Write))
		m.Step(0)
		require.Empty(t, k.traps)
		require.Equal(t, want, c.GPR[x86.RSP])
	}
}

// A byte of code beyond CS's limit is #GP(0): at the branch, or at the
// instruction that reaches over it; before the page fault of what is not there.
func TestCodeLimit(t *testing.T) {
	for _, tt := range []struct {
		name  string
		code  []byte
		limit uint32
		at    uint64 // RIP of the fault; 0: none
	}{
		{"within", []byte{0x90, 0xb8, 1, 0, 0, 0}, 0x1005, 0},
		{"reaches over", []byte{0x90, 0xb8, 1, 0, 0, 0}, 0x1004, 0x1001},
		{"begins behind", []byte{0x90, 0x90}, 0x1000, 0x1001},
		{"jump", []byte{0x90, 0xeb, 0x10}, 0x1010, 0x1001},
		{"call", []byte{0x90, 0xe8, 0x10, 0, 0, 0}, 0x1010, 0x1001},
		{"return", []byte{0x68, 0x80, 0x10, 0, 0, 0xc3}, 0x1010, 0x1005},
		{"indirect jump", []byte{0xbb, 0, 0, 0, 0x10, 0xff, 0xe3}, 0x1010, 0x1005},
		{"far jump", []byte{0x90, 0xea, 0x80, 0x10, 0, 0, 0x48, 0}, 0x1010, 0x1001},
		{"iret", []byte{0xcf}, 0x1010, 0x1000},
	} {
		for _, p := range []Processor{Interp, Unicorn} {
			t.Run(p.String()+"/"+tt.name, func(t *testing.T) {
				m, c, k := iretRig(t, x86.I386, tt.code, 0x1080, 0x48, 2)
				c.Space.processor = p
				d := x86.Descriptor{Limit: tt.limit, Access: 0x9b, Flags: x86.FlagBig}
				require.True(t, m.PokeWord(c.Space, gdtAt+0x48, 8, d.Encode()))
				c.setSeg(x86.CS, 0x48, d)
				m.Step(0)
				m.Step(0)
				if tt.at == 0 {
					require.Empty(t, k.traps)
					return
				}
				require.Equal(t, *FaultErr(x86.VecGP, 0), k.traps[0])
				require.Equal(t, tt.at, c.RIP)
			})
		}
	}
}

// A null data segment loads, and is #GP(0) once it is used; in 64-bit mode it
// may be used (SDM vol. 3, 3.4.2, 5.4.1).
func TestNullSegment(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := gdtRig(t, a, 0x8e, 0xd8, 0x8b, 0x03) // mov %eax,%ds; mov (%ebx),%eax
		c.GPR[x86.RAX], c.GPR[x86.RBX] = 3, 0x5000
		m.Step(0)
		require.Empty(t, k.traps)
		m.Step(0)
		if a == x86.AMD64 {
			require.Empty(t, k.traps)
			return
		}
		require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
	})
}
