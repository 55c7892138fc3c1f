package traps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// intoVM86 starts a ring-0 task whose first instruction, IRET, enters
// virtual-8086 mode at 0x1000:0 with a stack at 0x1010:0xfe.
func intoVM86(t *testing.T, flags uint64, code ...byte) *rig {
	t.Helper()
	r := at(t, x86.I386, 0, 0xcf)
	require.NoError(t, r.k.MapZero(r.c.Space, 0x10000, 4096, emu.Write|emu.Exec|emu.User))
	require.NoError(t, r.m.WriteBytes(r.c.Space, 0x10000, code))
	r.c.GPR[x86.RSP] -= 36
	for i, w := range []uint64{0, 0x1000, x86.VM | 2 | flags, 0xfe, 0x1010, 0x1011, 0x1012, 0x1013, 0x1014} {
		require.True(t, r.m.PokeWord(r.c.Space, r.c.GPR[x86.RSP]+uint64(4*i), 4, w))
	}
	r.step()
	require.EqualValues(t, 0x10000, r.c.LinearPC())
	return r
}

// A trap from virtual-8086 mode pushes GS, FS, DS and ES too, and enters ring 0
// with null data segments; IRET goes back (SDM vol. 3, 20.3.1.1).
func TestP5FrameFromVM86(t *testing.T) {
	r := intoVM86(t, x86.IF, 0xcc, 0x90)
	before := r.c.Core
	d := r.delivery()
	require.Equal(t, []string{"gs", "fs", "ds", "es", "ss", "esp", "eflags", "cs", "eip"}, names(d))
	var words []uint64
	for _, w := range d.Frame {
		words = append(words, w.Value)
	}
	require.Equal(t, []uint64{0x1014, 0x1013, 0x1012, 0x1011, 0x1010, 0xfe, before.RFLAGS, 0x1000, 1}, words)
	require.Equal(t, r.k.Layout.StackTop(0)-4, d.Frame[0].Addr)
	require.Zero(t, r.c.RFLAGS&x86.VM)
	require.Zero(t, r.c.CPL)
	for _, i := range []int{x86.ES, x86.DS, x86.FS, x86.GS} {
		require.Equal(t, emu.Seg{}, r.c.Seg[i])
	}

	back := r.k.Symbol("return_from_trap") // an IRET of the kernel's
	r.c.RIP = back
	r.step()
	before.RIP = 1
	require.Equal(t, before, r.c.Core)
}

// The handler must be of ring 0: #GP(selector), delivered in turn.
func TestP4HandlerOfVM86(t *testing.T) {
	for name, edit := range map[string]func(*rig){
		"ring 3": func(r *rig) { r.gate(x86.VecBP, func(g *x86.Gate) { g.Selector = r.k.Layout.UserCS }) },
		"conforming": func(r *rig) {
			d := x86.FlatCode32
			d.Access |= 4
			r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, d.Encode())
			r.gate(x86.VecBP, func(g *x86.Gate) { g.Selector = 0x48 })
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := intoVM86(t, x86.IF, 0xcc)
			edit(r)
			d := r.delivery()
			require.Equal(t, []x86.Vector{x86.VecGP}, nested(d))
			require.EqualValues(t, x86.VecGP, d.Trap.Vector)
			require.EqualValues(t, d.Nested[0].ErrCode, d.Trap.ErrCode)
			require.Zero(t, frame(d)["eip"], "at the INT3")
		})
	}
}

// In 64-bit mode a handler's code must be 64-bit code (SDM vol. 3, 6.14.1).
func TestP4HandlerOf64BitMode(t *testing.T) {
	r := at(t, x86.AMD64, 3, 0xcc)
	r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, x86.FlatCode32.Encode())
	r.gate(x86.VecBP, func(g *x86.Gate) { g.Selector = 0x48 })
	d := r.delivery()
	require.EqualValues(t, x86.VecGP, d.Trap.Vector)
	require.EqualValues(t, 0x48, d.Trap.ErrCode)
}

// A 32-bit program under a 64-bit kernel: its traps have frames of 64 bits, and
// IRETQ goes back to 32-bit code.
func TestP5FrameFromCompatibilityMode(t *testing.T) {
	r := at(t, x86.AMD64, 3, 0xcc, 0x40)
	r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, x86.FlatCode32.WithDPL(3).Encode())
	require.Nil(t, r.m.LoadCode(r.c, 0x4b, 3))
	before := r.c.Core
	d := r.delivery()
	require.Equal(t, []string{"ss", "rsp", "rflags", "cs", "rip"}, names(d))
	require.EqualValues(t, 0x4b, frame(d)["cs"])
	require.NotZero(t, r.c.Code64)
	r.c.RIP = r.k.Symbol("return_from_trap")
	r.step()
	before.RIP++
	require.Equal(t, before, r.c.Core)
	r.step()
	require.EqualValues(t, before.GPR[x86.RAX]+1, r.c.GPR[x86.RAX])
}

// A stack that the TSS gave and that has no room is named in the error code.
func TestP4NewStackBeyondItsLimit(t *testing.T) {
	r := at(t, x86.I386, 3, 0xcd, 0x80)
	small := x86.Descriptor{Limit: 0xff, Access: x86.AccessData, Flags: 4}
	r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+0x48, 8, small.Encode())
	r.m.PokeWord(r.c.Space, r.c.Sys.TR.Base+8, 2, 0x48)
	r.gate(x86.VecSS, func(g *x86.Gate) { g.Selector, g.Offset = r.k.Layout.UserCS, userCode })
	d := r.delivery()
	require.EqualValues(t, x86.VecSS, d.Trap.Vector)
	require.EqualValues(t, 0x48, d.Trap.ErrCode)
}

// A trap of a virtual-8086 task is a task's whatever its CS looks like: entry code
// and handlers look at EFLAGS.VM too (2.5.30, entry.S: VM_MASK | 3).
func TestK14TrapOfVM86IsATasks(t *testing.T) {
	for _, direct := range []bool{false, true} {
		r := intoVM86(t, x86.IF, 0xf4) // hlt is of ring 0
		require.NoError(t, r.k.SetDirect(direct))
		require.False(t, r.finishes())
		require.Equal(t, "killed by SIGSEGV", r.c.Shutdown, "direct %v", direct)
	}
}

func TestK14FloatingPointErrorOfSSE(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, direct := range []bool{false, true} {
			r := at(t, a, 3, 0x90)
			require.NoError(t, r.k.SetDirect(direct))
			r.c.Raise(emu.Trap{Vector: x86.VecXM, Kind: emu.Exception})
			require.False(t, r.finishes())
			require.Equal(t, "killed by SIGFPE", r.c.Shutdown, "direct %v", direct)
		}
	})
}
