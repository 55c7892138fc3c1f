package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// stepsUntilDB runs until a #DB is taken and says how many instructions retired before.
func stepsUntilDB(t *testing.T, m *Machine, k *taken) int {
	t.Helper()
	for n := 0; n < 20; n++ {
		m.Step(0)
		require.NoError(t, m.Err())
		if len(k.traps) > 0 {
			return n
		}
	}
	t.Fatal("no trap")
	return 0
}

func TestP6TrapAfterTheNextInstruction(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			code []byte
			push []uint64 // on the stack, top first
			tf   bool     // at the start
			rip  uint64   // of the trap
		}{
			{"TF before nop", []byte{0x90, 0x90}, nil, true, 1},
			{"TF before jmp", []byte{0xeb, 0x02, 0x90, 0x90, 0x90}, nil, true, 4},
			{"popf sets TF: the next one traps", []byte{0x9d, 0x90, 0x90}, []uint64{x86.TF | 2}, false, 2},
			{"popf clears TF: still trapped", []byte{0x9d, 0x90, 0x90}, []uint64{2}, true, 1},
			{"popf keeps TF", []byte{0x9d, 0x90}, []uint64{x86.TF | 2}, true, 1},
			{"hlt", []byte{0xf4, 0x90}, nil, true, 1},
			{"mov to cr3", []byte{0x0f, 0x22, 0xd8}, nil, true, 3},
			{"mov to ds", []byte{0x8e, 0xd8}, nil, true, 2},
			{"sti gives #DB no shadow", []byte{0xfb, 0x90}, nil, true, 1},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := newTaken(t, a, tt.code...)
				for i, v := range tt.push {
					at := c.GPR[x86.RSP] - uint64((len(tt.push)-i)*a.Word())
					require.True(t, m.PokeWord(c.Space, at, a.Word(), v))
				}
				c.GPR[x86.RSP] -= uint64(len(tt.push) * a.Word())
				if tt.tf {
					c.RFLAGS |= x86.TF
				}
				stepsUntilDB(t, m, k)
				require.Equal(t, Trap{Vector: x86.VecDB, Kind: Exception, DR6: DR6BS}, k.last(t))
				require.Equal(t, 0x1000+tt.rip, c.RIP)
				require.Equal(t, DR6BS, c.Sys.DR[6]&^DR6Fixed)
			})
		}
	})
}

func TestP6FaultGivesNoStepTrap(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, code := range [][]byte{{0x0f, 0x0b}, {0xf7, 0xf1}, {0x8b, 0x03}, {0x0f, 0x20, 0xc8}, {0x8e, 0xd3}} {
			m, c, k := newTaken(t, a, code...)
			c.GPR[x86.RBX] = 0x44440
			c.RFLAGS |= x86.TF
			m.Step(0)
			require.NoError(t, m.Err())
			require.Len(t, k.traps, 1)
			require.NotEqual(t, x86.VecDB, k.traps[0].Vector)
			require.Empty(t, c.Pending())
			require.EqualValues(t, 0x1000, c.RIP)
		}
	})
}

func TestP6IretThatSetsTFIsNotTrappedItself(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		code := []byte{0xcf}
		if a == x86.AMD64 {
			code = []byte{0x48, 0xcf}
		}
		m, c, k := iretRig(t, a, code, 0x1008, 0x10, x86.TF|x86.RF|2, 0x8000, 0x18)
		require.NoError(t, m.WriteBytes(c.Space, 0x1008, []byte{0x90, 0x90}))
		m.Step(0)
		require.Empty(t, k.traps)
		require.Empty(t, c.Pending())
		require.EqualValues(t, 0x1008, c.RIP)
		require.Equal(t, x86.RF, c.RFLAGS&x86.RF, "IRET loads RF")
		require.Equal(t, 1, stepsUntilDB(t, m, k))
		require.EqualValues(t, 0x1009, c.RIP)
		require.Zero(t, c.RFLAGS&x86.RF, "for one instruction")
	})
}

func TestP7MovSSHoldsOffDebugTraps(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		codes := map[string][]byte{"mov ss": {0x8e, 0xd0, 0x90, 0x90}}
		if a == x86.I386 {
			codes["pop ss"] = []byte{0x17, 0x90, 0x90}
		}
		for name, code := range codes {
			t.Run(name, func(t *testing.T) {
				m, c, k := gdtRig(t, a, code...)
				c.GPR[x86.RAX] = 0x18
				c.GPR[x86.RSP] -= 8
				require.True(t, m.PokeWord(c.Space, c.GPR[x86.RSP], 4, 0x18))
				c.RFLAGS |= x86.TF | x86.IF
				c.RaiseInterrupt(0x20)
				c.irqs = [4]uint64{} // not yet
				m.Step(0)
				c.RaiseInterrupt(0x20)
				require.Empty(t, c.Pending(), "no trap after MOV SS")
				require.False(t, c.interrupted(), "nor an interrupt")
				m.Step(0)
				require.Empty(t, k.traps)
				require.Len(t, c.Pending(), 1)
				m.Step(0)
				require.EqualValues(t, x86.VecDB, k.last(t).Vector)
				require.EqualValues(t, len(code)-1, c.RIP-0x1000)
				m.Step(0)
				require.Equal(t, External, k.last(t).Kind)
			})
		}
	})
}

// A data breakpoint met by MOV SS is taken after the next instruction; when
// that is INT n, at the first instruction of its handler.
func TestP7DataBreakpointHeldByMovSS(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, next := range []byte{0x90, 0xcc} {
			m, c, k := gdtRig(t, a, 0x8e, 0x13 /* mov (%ebx),%ss */, next, 0x90)
			require.NoError(t, m.WriteBytes(c.Space, 0x5000, []byte{0x18, 0}))
			c.GPR[x86.RBX] = 0x5000
			c.Sys.DR[0], c.Sys.DR[7] = 0x5000, DR7Fixed|1|0x3<<16|1<<18
			m.Step(0)
			require.Empty(t, c.Pending())
			m.Step(0)
			if next == 0xcc {
				require.EqualValues(t, x86.VecBP, k.last(t).Vector)
			}
			require.Equal(t, []Trap{{Vector: x86.VecDB, Kind: Exception, DR6: 1}}, c.Pending())
		}
	})
}

func TestP7MovSSSuppressesAnExecuteBreakpoint(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := gdtRig(t, a, 0x8e, 0xd0, 0x90, 0x90)
		c.GPR[x86.RAX] = 0x18
		c.Sys.DR[0], c.Sys.DR[1], c.Sys.DR[7] = 0x1002, 0x1003, DR7Fixed|1|1<<2
		m.Step(0)
		m.Step(0)
		require.Empty(t, k.traps)
		m.Step(0)
		require.EqualValues(t, 2, k.last(t).DR6)
		// STI has no such effect
		m, c, k = gdtRig(t, a, 0xfb, 0x90)
		c.Sys.DR[0], c.Sys.DR[7] = 0x1001, DR7Fixed|1
		m.Step(0)
		m.Step(0)
		require.EqualValues(t, 1, k.last(t).DR6)
	})
}

func TestP7StiHoldsOffInterruptsForOneInstruction(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, next := range [][]byte{{0x90}, {0xf4}, {0x0f, 0x06}, {0x8e, 0xd8}} {
			m, c, k := gdtRig(t, a, append([]byte{0xfb}, append(next, 0x90)...)...)
			c.GPR[x86.RAX] = 0x18
			c.RaiseInterrupt(0x20)
			m.Step(0)
			require.Empty(t, k.traps)
			m.Step(0)
			require.Empty(t, k.traps, "the instruction after STI runs")
			m.Step(0)
			require.Equal(t, Trap{Vector: 0x20, Kind: External}, k.last(t))
			require.EqualValues(t, 0x1001+len(next), c.RIP)
		}
		// sti; cli: nothing gets in
		m, c, k := newTaken(t, a, 0xfb, 0xfa, 0x90)
		c.RaiseInterrupt(0x20)
		for range 3 {
			m.Step(0)
		}
		require.Empty(t, k.traps)
		// STI with IF set already has no shadow
		m, c, k = newTaken(t, a, 0xfb, 0x90)
		c.RFLAGS |= x86.IF
		m.Step(0)
		c.RaiseInterrupt(0x20)
		m.Step(0)
		require.Len(t, k.traps, 1)
		require.EqualValues(t, 0x1001, c.RIP)
	})
}

func TestP8RepTrapsAfterEachIteration(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			code []byte
			cx   uint64
			want []uint64 // RIP of each trap
		}{
			{"rep movsb", []byte{0xf3, 0xa4, 0x90}, 3, []uint64{0x1000, 0x1000, 0x1002, 0x1003}},
			{"rep stosl", []byte{0xf3, 0xab, 0x90}, 2, []uint64{0x1000, 0x1002, 0x1003}},
			{"repne scasb stops at a match", []byte{0xf2, 0xae, 0x90}, 9, []uint64{0x1002, 0x1003}},
			{"rep with count 0", []byte{0xf3, 0xa4, 0x90}, 0, []uint64{0x1002, 0x1003}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := newTaken(t, a, tt.code...)
				c.RFLAGS |= x86.TF
				c.GPR[x86.RCX], c.GPR[x86.RSI], c.GPR[x86.RDI] = tt.cx, 0x5000, 0x5100
				for i, rip := range tt.want {
					k.traps = nil
					stepsUntilDB(t, m, k)
					require.Equal(t, rip, c.RIP, "trap %d", i)
				}
			})
		}
	})
}

func TestP9SoftwareInterruptsAreNotStepped(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		codes := [][]byte{{0xcc}, {0xcd, 0x40}, {0xf1}}
		if a == x86.I386 {
			codes = append(codes, []byte{0xce})
		}
		for _, code := range codes {
			m, c, k := newTaken(t, a, code...)
			c.RFLAGS |= x86.TF | x86.OF
			m.Step(0)
			require.Len(t, k.traps, 1)
			require.NotEqual(t, Exception, k.traps[0].Kind)
			require.Empty(t, c.Pending(), "no #DB: delivery pushes TF and clears it")
		}
		if a == x86.I386 { // INTO that does not trap is stepped like anything else
			m, c, k := newTaken(t, a, 0xce)
			c.RFLAGS |= x86.TF
			stepsUntilDB(t, m, k)
			require.EqualValues(t, 0x1001, c.RIP)
		}
	})
}

func TestP9Syscall(t *testing.T) {
	for _, fmask := range []uint64{x86.TF | x86.IF, x86.IF} {
		m, c, k := newTaken(t, x86.AMD64, 0x0f, 0x05)
		require.NoError(t, m.WriteBytes(c.Space, 0x1100, []byte{0x90}))
		ring3(c)
		c.Space.Protect(0x1000, 1, Exec|User)
		c.Sys.MSR.Star, c.Sys.MSR.LStar, c.Sys.MSR.FMask = 0x10<<32, 0x1100, fmask
		c.RFLAGS |= x86.TF | x86.IF | x86.ZF
		before := c.RFLAGS
		m.Step(0)
		require.Empty(t, k.traps)
		require.EqualValues(t, 0x1100, c.RIP)
		require.EqualValues(t, 0x1002, c.GPR[x86.RCX])
		require.Equal(t, before, c.GPR[x86.R11])
		require.Equal(t, before&^fmask, c.RFLAGS)
		require.EqualValues(t, 0, c.CPL)
		require.EqualValues(t, 0x10, c.Seg[x86.CS].Sel)
		require.EqualValues(t, 0x18, c.Seg[x86.SS].Sel)
		if fmask&x86.TF != 0 {
			require.Empty(t, c.Pending(), "FMASK clears TF: the handler runs untraced")
		} else {
			require.Len(t, c.Pending(), 1)
		}
	}
	m, c, k := newTaken(t, x86.I386, 0x0f, 0x05)
	m.Step(0)
	require.EqualValues(t, x86.VecUD, k.last(t).Vector, "Intel has SYSCALL in 64-bit mode only")
	_ = c
}

// SYSRET's own TF counts: a trap right after it (as IRET does not).
func TestP9Sysret(t *testing.T) {
	for _, to := range []uint64{0, x86.TF} {
		m, c, _ := newTaken(t, x86.AMD64, 0x48, 0x0f, 0x07)
		c.Sys.MSR.Star = 0x20 << 48
		c.GPR[x86.RCX], c.GPR[x86.R11] = 0x1100, 2|x86.IF|x86.RF|to
		c.RFLAGS |= x86.TF ^ to
		m.Step(0)
		require.EqualValues(t, 3, c.CPL)
		require.EqualValues(t, 0x1100, c.RIP)
		require.Equal(t, 2|x86.IF|to, c.RFLAGS, "RF is cleared")
		require.EqualValues(t, 0x33, c.Seg[x86.CS].Sel)
		require.EqualValues(t, 0x2b, c.Seg[x86.SS].Sel)
		require.Len(t, c.Pending(), int(to/x86.TF))
	}
}

func TestP9SysenterKeepsTF(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0x0f, 0x34)
		ring3(c)
		c.Sys.MSR.SysenterCS, c.Sys.MSR.SysenterEIP, c.Sys.MSR.SysenterESP = 0x10, 0x1100, 0x7800
		c.RFLAGS |= x86.TF | x86.IF
		m.Step(0)
		require.Empty(t, k.traps)
		require.EqualValues(t, 0x1100, c.RIP)
		require.EqualValues(t, 0x7800, c.GPR[x86.RSP])
		require.EqualValues(t, 0, c.CPL)
		require.Equal(t, x86.TF, c.RFLAGS&(x86.TF|x86.IF), "IF off, TF as it was; nothing is saved")
		m.Step(0)
		require.Equal(t, Trap{Vector: x86.VecDB, Kind: Exception, DR6: DR6BS}, k.last(t))
		require.EqualValues(t, 0x1100, c.RIP, "the kernel's first instruction takes it")

		m, c, k = newTaken(t, a, 0x0f, 0x34)
		ring3(c)
		m.Step(0)
		require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t), "no SYSENTER_CS")
	})
}

func TestP10PushfPushesTFAndIFAsTheyAre(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, f := range []uint64{0, x86.TF, x86.IF, x86.TF | x86.IF, x86.TF | x86.IF | x86.RF} {
			for _, at := range []uint64{0x8000, 0x8000 - 0xffe} { // the second crosses into the page below
				m, c, _ := newTaken(t, a, 0x9c)
				fr, err := m.Mem.Alloc()
				require.NoError(t, err)
				require.NoError(t, c.Space.Map(0x6000, fr, 1, Write))
				c.GPR[x86.RSP] = at
				c.RFLAGS |= f
				m.Step(0)
				require.NoError(t, m.Err())
				v, _ := m.PeekWord(c.Space, c.GPR[x86.RSP], a.Word())
				require.Equal(t, (2|f)&^x86.RF, v, "RF is pushed as clear")
			}
		}
		m, c, _ := newTaken(t, a, 0x66, 0x9c)
		m.Step(0)
		v, _ := m.PeekWord(c.Space, c.GPR[x86.RSP], 2)
		require.EqualValues(t, 2, v)
		require.EqualValues(t, 0x8000-2, c.GPR[x86.RSP])
	})
}
