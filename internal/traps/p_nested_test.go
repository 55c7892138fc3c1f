package traps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// vectors of the faults met on the way, the delivered one last.
func nested(d *emu.Delivery) []x86.Vector {
	var l []x86.Vector
	for _, t := range d.Nested {
		l = append(l, t.Vector)
	}
	return l
}

func TestP4VectorBeyondTheLimit(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 0, 0xcd, 0xff)
		size := uint16(x86.GateSize32)
		if a == x86.AMD64 {
			size = x86.GateSize64
		}
		r.c.Sys.IDTR.Limit = 0xff*size + size - 2 // one byte short
		d := r.delivery()
		require.EqualValues(t, x86.VecGP, d.Trap.Vector)
		require.EqualValues(t, 0xff*8+2, d.Trap.ErrCode)
	})
}

func TestP4GateChecksInOrder(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name string
			edit func(*x86.Gate)
			vec  x86.Vector
			err  uint32
		}{
			{"no gate type", func(g *x86.Gate) { g.Type, g.Present = 2, false }, x86.VecGP, 0x80*8 + 2},
			{"DPL before presence", func(g *x86.Gate) { g.DPL, g.Present = 0, false }, x86.VecGP, 0x80*8 + 2},
			{"not present", func(g *x86.Gate) { g.Present = false }, x86.VecNP, 0x80*8 + 2},
			{"null selector", func(g *x86.Gate) { g.Selector = 0 }, x86.VecGP, 0},
			{"selector beyond the GDT", func(g *x86.Gate) { g.Selector = 0x2000 }, x86.VecGP, 0x2000},
			{"data segment", func(g *x86.Gate) { g.Selector = 0x18 }, x86.VecGP, 0x18},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := at(t, a, 3, 0xcd, 0x80)
				r.gate(0x80, tt.edit)
				d := r.delivery()
				require.Equal(t, tt.vec, d.Trap.Vector)
				require.Equal(t, tt.err, d.Trap.ErrCode)
				require.Equal(t, r.code, frame(d)[ip(a)])
			})
		}
	})
}

// From ring 3 to a handler whose code segment is not present: #NP(selector).
func TestP4AbsentHandlerSegment(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 0, 0x0f, 0x0b)
		code := x86.FlatCode32
		if a == x86.AMD64 {
			code = x86.FlatCode64
		}
		code.Access &^= 0x80
		r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, code.Encode())
		r.gate(6, func(g *x86.Gate) { g.Selector = 0x48 })
		d := r.delivery()
		require.EqualValues(t, x86.VecNP, d.Trap.Vector)
		require.EqualValues(t, 0x48+1, d.Trap.ErrCode, "the fault came of a hardware exception: EXT")
	})
}

// What a second fault does depends on what was being delivered (SDM vol. 3, table 6-5).
func TestP4SecondFault(t *testing.T) {
	absent := func(vecs ...x86.Vector) func(*rig) {
		return func(r *rig) {
			for _, v := range vecs {
				r.gate(v, func(g *x86.Gate) { g.Present = false })
			}
		}
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range []struct {
			name   string
			code   []byte
			setup  func(*rig)
			nested []x86.Vector
			vec    x86.Vector
		}{
			{"int3 then #NP: in turn", []byte{0xcc}, absent(3), []x86.Vector{11}, 11},
			{"int3 then #NP then #NP: double", []byte{0xcc}, absent(3, 11), []x86.Vector{11, 11}, 8},
			{"#UD then #NP: in turn", []byte{0x0f, 0x0b}, absent(6), []x86.Vector{11}, 11},
			{"#DE then #NP: double", []byte{0xf7, 0xf1}, absent(0), []x86.Vector{11}, 8},
			{"#GP then #NP: double", []byte{0xcd, 0x81}, absent(13), []x86.Vector{13, 11}, 8},
			{"int $13 then #NP: in turn, not double", []byte{0xcd, 13}, absent(13), []x86.Vector{11}, 11},
			{"int $8 then #NP: in turn", []byte{0xcd, 8}, absent(8), []x86.Vector{11}, 11},
			{"#PF then #NP: double", []byte{0xa1, 0, 0, 0, 1, 0, 0, 0, 0}, absent(14), []x86.Vector{11}, 8},
		} {
			t.Run(tt.name, func(t *testing.T) {
				r := at(t, a, 0, tt.code...)
				tt.setup(r)
				d := r.delivery()
				require.Equal(t, tt.nested, nested(d))
				require.Equal(t, tt.vec, d.Trap.Vector)
				require.Empty(t, d.Shutdown)
				if tt.vec == x86.VecDF {
					require.Zero(t, frame(d)["error code"])
					require.Equal(t, "error code", names(d)[len(d.Frame)-1])
				}
				require.Equal(t, r.code, frame(d)[ip(a)])
			})
		}
	})
}

// A page fault met while delivering a contributory fault is delivered in turn;
// one met while delivering a page fault is a double fault.
func TestP4PageFaultsOnTheStack(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 3, 0x0f, 0x0b)
		tss := r.c.Sys.TR.Base
		bad := r.k.Layout.KernelEnd + 0x100000
		r.m.PokeWord(r.c.Space, tss+4, a.Word(), bad)
		d := r.delivery()
		if a == x86.AMD64 { // #UD, #PF, #PF again: #DF has a stack of its own
			require.Equal(t, []x86.Vector{14, 14}, nested(d))
			require.EqualValues(t, x86.VecDF, d.Trap.Vector)
			require.Equal(t, r.word(tss+36)-8, d.Frame[0].Addr)
			return
		}
		require.Equal(t, []x86.Vector{14, 14, 14}, nested(d))
		require.Contains(t, d.Shutdown, "triple fault")
		require.EqualValues(t, bad-4, r.c.Sys.CR2)
	})
}

func TestP4TripleFaultStopsTheCPUOnly(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 0, 0xf7, 0xf1)
		r.c.Sys.IDTR.Limit = 0
		ev := r.step()
		require.NotNil(t, ev.Delivery)
		require.Contains(t, ev.Delivery.Shutdown, "triple fault")
		require.Equal(t, []x86.Vector{13, 13}, nested(ev.Delivery), "#DE, #GP: #DF; #GP again: shutdown")
		require.Equal(t, ev.Delivery.Shutdown, r.c.Shutdown)
		require.False(t, r.c.CanStep())
		require.Equal(t, emu.StepIdle, r.step().Kind)
		require.Equal(t, r.code, r.c.RIP, "registers as they were")
	})
}

func TestP4BadStackInTheTSS(t *testing.T) {
	for _, tt := range []struct {
		name string
		ss   uint64
		vec  x86.Vector
		err  uint32
	}{
		{"null", 0, x86.VecTS, 0},
		{"wrong RPL", 0x2b, x86.VecTS, 0x28},
		{"code segment", 0x10, x86.VecTS, 0x10},
		{"beyond the GDT", 0x3000, x86.VecTS, 0x3000},
		{"not present", 0x48, x86.VecSS, 0x48},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := at(t, x86.I386, 3, 0xcd, 0x80)
			absent := x86.FlatData
			absent.Access &^= 0x80
			r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, absent.Encode())
			// the fault's own handler needs a good stack: let it be conforming
			// to ring 3 by a gate to a ring-3 segment
			for _, v := range []x86.Vector{x86.VecTS, x86.VecSS} {
				r.gate(v, func(g *x86.Gate) { g.Selector = r.k.Layout.UserCS; g.Offset = userCode })
			}
			r.m.PokeWord(r.c.Space, r.c.Sys.TR.Base+8, 2, tt.ss)
			d := r.delivery()
			require.Equal(t, tt.vec, d.Trap.Vector)
			require.Equal(t, tt.err, d.Trap.ErrCode, "no EXT: INT n is software")
			require.Equal(t, r.code, frame(d)["eip"])
		})
	}
	t.Run("non-canonical RSP0", func(t *testing.T) {
		r := at(t, x86.AMD64, 3, 0x0f, 0x0b)
		r.m.PokeWord(r.c.Space, r.c.Sys.TR.Base+4, 8, 1<<62)
		r.gate(x86.VecSS, func(g *x86.Gate) { g.IST = 1 })
		d := r.delivery()
		require.EqualValues(t, x86.VecSS, d.Trap.Vector)
		require.EqualValues(t, 1, d.Trap.ErrCode)
	})
	t.Run("TSS too short", func(t *testing.T) {
		r := at(t, x86.I386, 3, 0xcd, 0x80)
		r.c.Sys.TR.Limit = 8
		r.gate(x86.VecTS, func(g *x86.Gate) { g.Selector = r.k.Layout.UserCS; g.Offset = userCode })
		d := r.delivery()
		require.EqualValues(t, x86.VecTS, d.Trap.Vector)
		require.EqualValues(t, r.c.Sys.TR.Sel, d.Trap.ErrCode)
	})
}
