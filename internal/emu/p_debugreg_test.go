package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// dr7 enables breakpoint i (local) with the given R/W and LEN fields.
func dr7(i int, rw, length uint64) uint64 {
	return DR7Fixed | 1<<(2*i) | rw<<(16+4*i) | length<<(18+4*i)
}

func TestP12ExecuteBreakpointIsAFault(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for i := range 4 {
			m, c, k := newTaken(t, a, 0x90, 0x90, 0x90)
			c.Sys.DR[i], c.Sys.DR[7] = 0x1001, dr7(i, 0, 0)
			m.Step(0)
			require.Empty(t, k.traps)
			m.Step(0)
			require.Equal(t, Trap{Vector: x86.VecDB, Kind: Exception, DR6: 1 << i}, k.last(t))
			require.EqualValues(t, 0x1001, c.RIP, "before the instruction")
			require.EqualValues(t, 1<<i, c.Sys.DR[6]&0xf)
			c.RFLAGS |= x86.RF // as the handler's IRET would set it
			m.Step(0)
			require.Len(t, k.traps, 1, "RF skips it")
			require.EqualValues(t, 0x1002, c.RIP)
			require.Zero(t, c.RFLAGS&x86.RF, "once")
		}
		m, c, k := newTaken(t, a, 0x90)
		c.Sys.DR[0], c.Sys.DR[7] = 0x1000, DR7Fixed
		m.Step(0)
		require.Empty(t, k.traps, "not enabled")
	})
}

func TestP12DataBreakpointsAreTraps(t *testing.T) {
	read, write, rmw := []byte{0x8b, 0x03}, []byte{0x89, 0x03}, []byte{0x01, 0x03}
	const onWrite, onAccess = 1, 3
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name     string
			code     []byte
			addr, at uint64 // breakpoint, access of 4 bytes
			rw, len  uint64
			hit      bool
		}{
			{"write on write", write, 0x5000, 0x5000, onWrite, 3, true},
			{"read on write", read, 0x5000, 0x5000, onWrite, 3, false},
			{"read on access", read, 0x5000, 0x5000, onAccess, 3, true},
			{"add on write", rmw, 0x5000, 0x5000, onWrite, 3, true},
			{"overlap by one byte", write, 0x5003, 0x5000, onWrite, 0, true},
			{"just behind", write, 0x5004, 0x5000, onWrite, 0, false},
			{"just before", write, 0x5000, 0x5001, onWrite, 0, false},
			{"two bytes, aligned down", write, 0x5005, 0x5001, onWrite, 1, true},
			{"eight bytes", write, 0x5000, 0x5004, onWrite, 2, true},
			{"across pages", write, 0x5ffc, 0x5ffe, onWrite, 3, true},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := newTaken(t, a, append(tt.code, 0x90)...)
				f, err := m.Mem.Alloc()
				require.NoError(t, err)
				require.NoError(t, c.Space.Map(0x6000, f, 1, Write))
				c.GPR[x86.RBX] = tt.at
				c.Sys.DR[2], c.Sys.DR[7] = tt.addr, dr7(2, tt.rw, tt.len)
				m.Step(0)
				require.EqualValues(t, 0x1002, c.RIP, "the instruction completes")
				require.Equal(t, tt.hit, len(c.Pending()) == 1)
				m.Step(0)
				if tt.hit {
					require.Equal(t, Trap{Vector: x86.VecDB, Kind: Exception, DR6: 4}, k.last(t))
				}
			})
		}
	})
}

// A single step and a data breakpoint of one instruction are one #DB.
func TestP12OneTrapForStepAndBreakpoint(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0x50)
		c.RFLAGS |= x86.TF
		c.Sys.DR[0], c.Sys.DR[7] = 0x8000-uint64(a.Word()), dr7(0, 1, 0)
		m.Step(0)
		m.Step(0)
		require.Len(t, k.traps, 1)
		require.Equal(t, DR6BS|1, k.traps[0].DR6)
		require.Equal(t, DR6Fixed|DR6BS|1, c.Sys.DR[6])
	})
}

func TestP12DebugRegisterAccess(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		mov := func(op, dr byte) []byte { return []byte{0x0f, op, 0xc0 | dr<<3} } // mov %eax <-> %drN
		for _, tt := range []struct {
			dr            byte
			write, expect uint64
		}{
			{0, 0x1234, 0x1234}, {3, 0xfffff000, 0xfffff000},
			{6, 0, DR6Fixed}, {6, 0xffffffff, 0xffffeff0 | 0xf},
			{7, 0, DR7Fixed}, {7, 0xffff0fff, 0xffff07ff},
		} {
			m, c, k := newTaken(t, a, append(mov(0x23, tt.dr), mov(0x21, tt.dr)...)...)
			c.GPR[x86.RAX] = tt.write
			m.Step(0)
			c.Sys.DR[7] = c.Sys.DR[7] &^ 0xff // nothing fires
			want := tt.expect
			if tt.dr == 7 {
				want &^= 0xff
			}
			m.Step(0)
			require.Empty(t, k.traps)
			require.Equal(t, want, c.GPR[x86.RAX], "dr%d = %#x", tt.dr, tt.write)
		}
		for _, dr := range []byte{4, 5} {
			m, c, k := newTaken(t, a, append(mov(0x23, dr), mov(0x21, dr)...)...)
			m.Step(0)
			require.EqualValues(t, x86.VecUD, k.last(t).Vector, "CR4.DE: no DR4, DR5")
			c.Sys.CR4 &^= CR4DE
			c.GPR[x86.RAX] = 8
			m.Step(0)
			c.GPR[x86.RAX] = 0
			m.Step(0)
			require.Len(t, k.traps, 1)
			require.Equal(t, c.Sys.DR[dr+2], c.GPR[x86.RAX], "another name of DR6, DR7")
			require.EqualValues(t, 8, c.GPR[x86.RAX]&8)
		}
		m, c, k := newTaken(t, a, mov(0x21, 0)...)
		ring3(c)
		m.Step(0)
		require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
		_ = m
	})
}

func TestP12GeneralDetect(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0x0f, 0x21, 0xc0)
		c.Sys.DR[7] |= DR7GD
		m.Step(0)
		require.Equal(t, Trap{Vector: x86.VecDB, Kind: Exception, DR6: DR6BD}, k.last(t))
		require.EqualValues(t, 0x1000, c.RIP, "a fault")
		require.Zero(t, c.Sys.DR[7]&DR7GD, "cleared, so that the handler may look")
		m.Step(0)
		require.Len(t, k.traps, 1)

		m, c, k = newTaken(t, a, 0x90) // any #DB clears it
		c.Sys.DR[7] |= DR7GD
		c.RFLAGS |= x86.TF
		m.Step(0)
		m.Step(0)
		require.Len(t, k.traps, 1)
		require.Zero(t, c.Sys.DR[7]&DR7GD)
	})
}

// B0-B3 tell of the last #DB only; BS and BD stay until software clears them.
func TestP12ConditionBitsAreSetAnew(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, tt := range map[string]struct {
			code []byte
			tf   uint64
			now  uint64
		}{
			"single step":        {[]byte{0x90}, x86.TF, DR6BS},
			"another breakpoint": {[]byte{0x50}, 0, 4},
			"int1":               {[]byte{0xf1}, 0, 0},
			"int $1":             {[]byte{0xcd, 1}, 0, 1}, // no debug exception: the register stays
		} {
			t.Run(name, func(t *testing.T) {
				m, c, k := newTaken(t, a, tt.code...)
				c.Sys.DR[6] |= DR6BD | 1
				c.RFLAGS |= tt.tf
				c.Sys.DR[2], c.Sys.DR[7] = 0x8000-uint64(a.Word()), dr7(2, 1, 0)
				for len(k.traps) == 0 {
					m.Step(0)
				}
				require.Equal(t, DR6Fixed|DR6BD|tt.now, c.Sys.DR[6])
			})
		}
	})
}

// What MOV SS held off comes with INT1's own #DB, and behind INT n's delivery (P7).
func TestP7HeldBreakpointAndSoftwareInterrupt(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			code  []byte
			traps []Trap
		}{
			{[]byte{0xf1}, []Trap{{Vector: x86.VecDB, Kind: PrivSoftInt, Op: 0xf1, DR6: 1}}},
			{[]byte{0xcd, 1}, []Trap{{Vector: x86.VecDB, Kind: SoftwareInt, Op: 0xcd}, {Vector: x86.VecDB, Kind: Exception, DR6: 1}}},
			{[]byte{0xcc}, []Trap{{Vector: x86.VecBP, Kind: SoftwareInt, Op: 0xcc}, {Vector: x86.VecDB, Kind: Exception, DR6: 1}}},
		} {
			m, c, k := newTaken(t, a, append([]byte{0x8e, 0x13}, tt.code...)...) // mov (%ebx),%ss
			require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0x18, 0}))
			require.NoError(t, m.WriteBytes(c.Space, 0x7018, []byte{0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0}))
			c.Sys.GDTR = TableReg{0x7000, 0x1f}
			c.GPR[x86.RBX] = 0x5000
			c.Sys.DR[0], c.Sys.DR[7] = 0x5000, dr7(0, 3, 1)
			for range tt.traps {
				m.Step(0)
			}
			m.Step(0)
			require.Equal(t, tt.traps, k.traps, "% x", tt.code)
		}
	})
}
