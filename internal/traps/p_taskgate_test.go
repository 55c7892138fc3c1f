package traps_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

const dfTSS = 0x58 // selector of the double fault's TSS

// doubleFaultTask gives #DF a task gate and a TSS, as Linux has it from 2.6 on.
func doubleFaultTask(r *rig, edit func(*x86.TSS32, *x86.Descriptor)) (tss uint64) {
	r.Helper()
	at, err := r.k.AllocKernel(r.c.Space, emu.PageSize, emu.Write)
	require.NoError(r, err)
	l := r.k.Layout
	task := x86.TSS32{
		EIP: uint32(r.k.Symbol("double_fault")), EFLAGS: 2, CR3: 0x5000, IOMap: x86.TSSSize,
		GPR: [8]uint32{4: uint32(at) + emu.PageSize, 3: 0x1234},
		Seg: [6]uint16{l.KernelDS, l.KernelCS, l.KernelDS, l.KernelDS, 0, 0},
	}
	d := x86.Descriptor{Base: uint32(at), Limit: x86.TSSSize - 1, Access: x86.AccessTSS}
	if edit != nil {
		edit(&task, &d)
	}
	b := task.Encode()
	require.NoError(r, r.m.WriteBytes(r.c.Space, at, b[:]))
	require.True(r, r.m.PokeWord(r.c.Space, r.c.Sys.GDTR.Base+dfTSS, 8, d.Encode()))
	r.gate(x86.VecDF, func(g *x86.Gate) { *g = x86.Gate{Selector: dfTSS, Type: x86.TaskGate, Present: true} })
	return at
}

func (r *rig) tss(at uint64) x86.TSS32 {
	var b [x86.TSSSize]byte
	r.c.Space.Peek(at, b[:])
	return x86.DecodeTSS32(b)
}

// A stack that ran out is no obstacle to a double fault with a task gate: its
// handler has a TSS and a stack of its own (SDM vol. 3, 6.12.2, 7.3).
func TestP4TaskGateForTheDoubleFault(t *testing.T) {
	r := at(t, x86.I386, 0, 0x50) // push %eax
	fresh := doubleFaultTask(r, nil)
	r.c.GPR[x86.RSP] = r.k.Layout.StackTop(0) - 0x2000 // the guard page is below
	r.c.GPR[x86.RBX], r.c.RFLAGS = 0xabcd, r.c.RFLAGS|x86.CF
	r.c.Sys.DR[7] |= 0x2 | 0x1
	old, before := r.c.Sys.TR, r.c.Core
	d := r.delivery()
	require.Equal(t, []x86.Vector{x86.VecPF}, nested(d))
	require.EqualValues(t, x86.VecDF, d.Trap.Vector, "#PF on the way of #PF")
	require.Empty(t, d.Shutdown)
	require.EqualValues(t, dfTSS, d.Task)
	require.Equal(t, []string{"error code"}, names(d))
	require.Equal(t, fresh+emu.PageSize-4, r.c.GPR[x86.RSP])
	require.Zero(t, r.word(r.c.GPR[x86.RSP]))

	require.Equal(t, r.k.Symbol("double_fault"), r.c.RIP)
	require.EqualValues(t, 0x1234, r.c.GPR[x86.RBX])
	require.Equal(t, x86.NT|x86.FlagsFixed, r.c.RFLAGS, "a nested task")
	require.NotZero(t, r.c.Sys.CR0&emu.CR0TS)
	require.EqualValues(t, 0x5000, r.c.Sys.CR3)
	require.EqualValues(t, 0x2, r.c.Sys.DR[7]&0x3, "local breakpoints go off, global ones stay")
	require.EqualValues(t, dfTSS, r.c.Sys.TR.Sel)
	require.EqualValues(t, old.Sel, r.tss(fresh).Link)
	for _, sel := range []uint16{dfTSS, old.Sel} {
		v, _ := r.m.PeekWord(r.c.Space, r.c.Sys.GDTR.Base+uint64(sel), 8)
		require.EqualValues(t, 11, x86.DecodeDescriptor(v).Type(), "both are busy")
	}

	was := r.tss(old.Base)
	require.EqualValues(t, before.RIP, was.EIP)
	require.EqualValues(t, before.RFLAGS, was.EFLAGS)
	require.EqualValues(t, before.GPR[x86.RSP], was.GPR[x86.RSP])
	require.EqualValues(t, 0xabcd, was.GPR[x86.RBX])
	require.EqualValues(t, r.k.Layout.KernelCS, was.Seg[x86.CS])
	require.EqualValues(t, r.k.Layout.StackTop(0), was.Stacks[0].ESP, "what the processor does not save stays")

	for !r.m.CPUs[0].Halted && r.c.Shutdown == "" { // the stock handler's end
		r.step()
	}
	require.Contains(t, r.c.Shutdown, "double_fault")
}

func TestP4TaskSwitchThatFaultsIsATripleFault(t *testing.T) {
	for name, edit := range map[string]func(*x86.TSS32, *x86.Descriptor){
		"busy":         func(_ *x86.TSS32, d *x86.Descriptor) { d.Access |= 2 },
		"not present":  func(_ *x86.TSS32, d *x86.Descriptor) { d.Access &^= 0x80 },
		"too short":    func(_ *x86.TSS32, d *x86.Descriptor) { d.Limit-- },
		"no TSS":       func(_ *x86.TSS32, d *x86.Descriptor) { d.Access = x86.AccessData },
		"not mapped":   func(_ *x86.TSS32, d *x86.Descriptor) { d.Base = 0x5000 },
		"bad cs":       func(s *x86.TSS32, _ *x86.Descriptor) { s.Seg[x86.CS] = 0x18 },
		"null ss":      func(s *x86.TSS32, _ *x86.Descriptor) { s.Seg[x86.SS] = 0 },
		"bad ds":       func(s *x86.TSS32, _ *x86.Descriptor) { s.Seg[x86.DS] = 0x2000 },
		"bad ldt":      func(s *x86.TSS32, _ *x86.Descriptor) { s.LDT = 0x18 },
		"stack absent": func(s *x86.TSS32, _ *x86.Descriptor) { s.GPR[4] = 0x5004 },
	} {
		t.Run(name, func(t *testing.T) {
			r := at(t, x86.I386, 0, 0x0f, 0x0b)
			doubleFaultTask(r, edit)
			r.c.Sys.IDTR.Limit = 9*x86.GateSize32 - 1 // no #GP
			r.gate(6, func(g *x86.Gate) { g.Selector = 0x2000 })
			d := r.delivery()
			require.Contains(t, d.Shutdown, "triple fault")
			require.Equal(t, r.code, r.c.RIP)
		})
	}
}

// The T bit of the new task's TSS is a #DB at its first instruction (DR6.BT).
func TestP4TaskSwitchDebugTrap(t *testing.T) {
	r := at(t, x86.I386, 0, 0x0f, 0x0b)
	doubleFaultTask(r, func(s *x86.TSS32, _ *x86.Descriptor) { s.Trap = true })
	r.gate(6, func(g *x86.Gate) { g.Selector = 0x2000 })
	r.gate(x86.VecGP, func(g *x86.Gate) { g.Selector = 0x2000 })
	require.EqualValues(t, x86.VecDF, r.delivery().Trap.Vector)
	d := r.delivery()
	require.EqualValues(t, x86.VecDB, d.Trap.Vector)
	require.Equal(t, emu.DR6BT, r.c.Sys.DR[6]&^emu.DR6Fixed)
	require.Equal(t, r.k.Symbol("double_fault"), frame(d)["eip"])
}

// Task gates of other vectors, and in 64-bit mode, are not there: #GP.
func TestP4OtherTaskGates(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := at(t, a, 0, 0x0f, 0x0b)
		r.gate(6, func(g *x86.Gate) { g.Type = x86.TaskGate })
		d := r.delivery()
		require.EqualValues(t, x86.VecGP, d.Trap.Vector)
		require.EqualValues(t, 6*8+2+1, d.Trap.ErrCode)
	})
}
