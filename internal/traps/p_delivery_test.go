package traps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func TestP1SavedIPPointsBehindTheTrap(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			code []byte
			next uint64
		}{{[]byte{0xcc}, 1}, {[]byte{0xcd, 3}, 2}, {[]byte{0x66, 0xcc}, 2}} {
			for _, ring := range []int{0, 3} {
				r := at(t, a, ring, tt.code...)
				d := r.delivery()
				require.EqualValues(t, x86.VecBP, d.Trap.Vector)
				require.Equal(t, r.code+tt.next, frame(d)[ip(a)])
				require.NotContains(t, names(d), "error code")
			}
		}
	})
}

func TestP2GateDecidesTheFlags(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, typ := range []uint8{x86.InterruptGate, x86.TrapGate} {
			r := at(t, a, 0, 0xcc)
			r.gate(x86.VecBP, func(g *x86.Gate) { g.Type = typ })
			r.c.RFLAGS |= x86.IF | x86.TF | x86.NT | x86.RF | x86.DF | x86.AC
			d := r.delivery()
			require.Equal(t, typ, d.Gate.Type)
			require.Equal(t, r.k.Symbol("idt_table")+3*uint64(len(d.GateRaw)), d.GateAddr)
			require.Equal(t, r.k.Symbol("int3"), r.c.RIP)
			pushed := frame(d)[flags(a)]
			require.Equal(t, x86.IF|x86.TF|x86.NT|x86.DF|x86.AC, pushed&(x86.IF|x86.TF|x86.NT|x86.DF|x86.AC), "pushed as they were")
			require.Zero(t, r.c.RFLAGS&(x86.TF|x86.NT|x86.RF|x86.VM))
			require.Equal(t, x86.DF|x86.AC, r.c.RFLAGS&(x86.DF|x86.AC), "the others stay")
			require.Equal(t, typ == x86.TrapGate, r.c.RFLAGS&x86.IF != 0)
		}
	})
}

// The gate is read from memory at each delivery: changing it, or IDTR, counts at once.
func TestP2GateIsReadFromMemory(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 0, 0xcc)
		r.gate(x86.VecBP, func(g *x86.Gate) { g.Offset = r.k.Symbol("overflow") })
		r.delivery()
		require.Equal(t, r.k.Symbol("overflow"), r.c.RIP)

		r = at(t, a, 0, 0xcc)
		size := uint64(x86.GateSize32)
		if a == x86.AMD64 {
			size = x86.GateSize64
		}
		r.c.Sys.IDTR.Base += size // vector 3 now reads vector 4's gate
		r.delivery()
		require.Equal(t, r.k.Symbol("overflow"), r.c.RIP)
	})
}

func TestP3SoftwareInterruptsNeedTheGatesDPL(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			code []byte
			ring int
			dpl  uint8
			gp   bool
		}{
			{"int $1, DPL 0, ring 3", []byte{0xcd, 1}, 3, 0, true},
			{"int $1, DPL 3, ring 3", []byte{0xcd, 1}, 3, 3, false},
			{"int $1, DPL 0, ring 0", []byte{0xcd, 1}, 0, 0, false},
			{"int1, DPL 0, ring 3", []byte{0xf1}, 3, 0, false},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := at(t, a, tt.ring, tt.code...)
				r.gate(x86.VecDB, func(g *x86.Gate) { g.DPL = tt.dpl })
				d := r.delivery()
				if !tt.gp {
					require.EqualValues(t, x86.VecDB, d.Trap.Vector)
					require.Equal(t, r.code+uint64(len(tt.code)), frame(d)[ip(a)])
					return
				}
				require.EqualValues(t, x86.VecGP, d.Trap.Vector)
				require.EqualValues(t, 1*8+2, frame(d)["error code"], "vector*8+2, EXT clear")
				require.Equal(t, r.code, frame(d)[ip(a)], "#GP is a fault: at the INT")
			})
		}
	})
}

// int3 and into are checked as INT n is; hardware exceptions are not.
func TestP3HardwareExceptionsDoNotCheckDPL(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 3, 0xcc)
		r.gate(x86.VecBP, func(g *x86.Gate) { g.DPL = 0 })
		d := r.delivery()
		require.EqualValues(t, x86.VecGP, d.Trap.Vector)
		require.EqualValues(t, 3*8+2, d.Trap.ErrCode)
		require.Equal(t, r.code, frame(d)[ip(a)])

		r = at(t, a, 3, 0x0f, 0x0b)
		d = r.delivery()
		require.EqualValues(t, 0, d.Gate.DPL)
		require.EqualValues(t, x86.VecUD, d.Trap.Vector)

		r = at(t, a, 3, 0x90) // single step
		r.c.RFLAGS |= x86.TF
		require.EqualValues(t, x86.VecDB, r.delivery().Trap.Vector)
	})
}

func TestP3EXTMarksWhatIsNotSoftware(t *testing.T) {
	absent := func(g *x86.Gate) { g.Present = false }
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			code []byte
			vec  x86.Vector
			ext  uint32
		}{
			{"int $4", []byte{0xcd, 4}, 4, 0},
			{"int3", []byte{0xcc}, 3, 0},
			{"int1", []byte{0xf1}, 1, 1},
			{"ud2", []byte{0x0f, 0x0b}, 6, 1},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := at(t, a, 3, tt.code...)
				r.gate(tt.vec, func(g *x86.Gate) { g.DPL = 3 })
				r.gate(tt.vec, absent)
				d := r.delivery()
				require.EqualValues(t, x86.VecNP, d.Trap.Vector, "P4")
				require.Equal(t, uint32(tt.vec)*8+2+tt.ext, d.Trap.ErrCode)
				require.Equal(t, r.code, frame(d)[ip(a)])
			})
		}
		r := at(t, a, 0, 0x90)
		r.gate(0x20, absent)
		r.c.RaiseInterrupt(0x20)
		d := r.delivery()
		require.EqualValues(t, x86.VecNP, d.Trap.Vector)
		require.EqualValues(t, 0x20*8+2+1, d.Trap.ErrCode, "an external interrupt")
	})
}

func TestP5FrameWords(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		long := a == x86.AMD64
		t.Run("same privilege", func(t *testing.T) {
			r := at(t, a, 0, 0xcc)
			r.c.GPR[x86.RSP] -= 4 // not aligned to 16, nor to 8
			old := r.c.Core
			d := r.delivery()
			require.False(t, d.Switched)
			if long {
				require.Equal(t, []string{"ss", "rsp", "rflags", "cs", "rip"}, names(d))
				require.Equal(t, old.GPR[x86.RSP], frame(d)["rsp"])
				require.Equal(t, old.GPR[x86.RSP]&^15-8, d.Frame[0].Addr, "aligned down to 16 first")
				require.EqualValues(t, r.k.Layout.KernelDS, frame(d)["ss"])
			} else {
				require.Equal(t, []string{"eflags", "cs", "eip"}, names(d))
				require.Equal(t, old.GPR[x86.RSP]-4, d.Frame[0].Addr)
				// pt_regs.esp of a kernel-mode hit is the interrupted stack's own top word
				require.EqualValues(t, old.GPR[x86.RSP], d.Frame[2].Addr+12)
			}
			require.Equal(t, old.RFLAGS, frame(d)[flags(a)])
			require.EqualValues(t, r.k.Layout.KernelCS, frame(d)["cs"])
			for _, w := range d.Frame {
				require.Equal(t, w.Value, r.word(w.Addr), w.Name)
			}
			require.Equal(t, d.Frame[len(d.Frame)-1].Addr, r.c.GPR[x86.RSP])
		})
		t.Run("from ring 3", func(t *testing.T) {
			r := at(t, a, 3, 0xcc)
			d := r.delivery()
			require.True(t, d.Switched)
			require.EqualValues(t, 3, d.From)
			require.EqualValues(t, 0, d.To)
			want := []string{"ss", "esp", "eflags", "cs", "eip"}
			if long {
				want = []string{"ss", "rsp", "rflags", "cs", "rip"}
			}
			require.Equal(t, want, names(d))
			require.EqualValues(t, userStack, d.Frame[1].Value)
			require.EqualValues(t, r.k.Layout.UserDS, d.Frame[0].Value)
			require.EqualValues(t, r.k.Layout.UserCS, frame(d)["cs"])
			require.Equal(t, r.k.Layout.StackTop(0)-uint64(a.Word()), d.Frame[0].Addr, "esp0 of the TSS")
			if long {
				require.Zero(t, r.c.Seg[x86.SS].Sel, "SS is null with the new RPL")
			} else {
				require.EqualValues(t, r.k.Layout.KernelDS, r.c.Seg[x86.SS].Sel)
			}
		})
		t.Run("error code comes last", func(t *testing.T) {
			r := at(t, a, 3, 0xf4)
			d := r.delivery()
			require.Equal(t, "error code", names(d)[5])
			require.Zero(t, d.Frame[5].Value)
		})
	})
}

func TestP5IST(t *testing.T) {
	r := at(t, x86.AMD64, 0, 0xcc)
	r.gate(x86.VecBP, func(g *x86.Gate) { g.IST = 1 })
	sp := r.c.GPR[x86.RSP]
	d := r.delivery()
	require.True(t, d.Switched)
	require.Equal(t, r.word(r.c.Sys.TR.Base+36)-8, d.Frame[0].Addr)
	require.Equal(t, sp, frame(d)["rsp"])
	require.EqualValues(t, r.k.Layout.KernelDS, r.c.Seg[x86.SS].Sel, "same privilege: SS stays")
}

// A fault pushes RF set, a trap or software interrupt does not (SDM vol. 3, 17.3.1.1).
func TestP12RFInThePushedImage(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, tt := range map[string]struct {
			code []byte
			rf   bool
		}{
			"#UD":        {[]byte{0x0f, 0x0b}, true},
			"#DE":        {[]byte{0xf7, 0xf1}, true},
			"#GP":        {[]byte{0xcd, 0x81}, true},
			"#PF":        {[]byte{0x8b, 0x01}, true},
			"int3":       {[]byte{0xcc}, false},
			"int $0x80":  {[]byte{0xcd, 0x80}, false},
			"debug trap": {[]byte{0xf1}, false},
		} {
			t.Run(name, func(t *testing.T) {
				r := at(t, a, 3, tt.code...)
				d := r.delivery()
				require.Equal(t, tt.rf, frame(d)[flags(a)]&x86.RF != 0)
			})
		}
	})
}

func TestK1Gates(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		stock := boot(t, a, traps.Options{})
		require.EqualValues(t, x86.TrapGate, stock.k.Gate(stock.c.Space, 1).Type)
		require.EqualValues(t, 0, stock.k.Gate(stock.c.Space, 1).DPL)
		require.EqualValues(t, x86.TrapGate, stock.k.Gate(stock.c.Space, 3).Type)
		require.EqualValues(t, 3, stock.k.Gate(stock.c.Space, 3).DPL)
		patched := boot(t, a, traps.Options{Traits: traps.Traits{traps.ProbeGates, traps.UserDebugGate}})
		for _, vec := range []x86.Vector{x86.VecDB, x86.VecBP} {
			g := patched.k.Gate(patched.c.Space, vec)
			require.EqualValues(t, x86.InterruptGate, g.Type)
			require.EqualValues(t, 3, g.DPL)
			require.True(t, g.Present)
		}
	})
}
