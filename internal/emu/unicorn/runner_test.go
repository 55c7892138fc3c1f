//go:build unicorn && cgo && linux && amd64

package unicorn

import (
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/regs"
)

// runnerRig is a Runner with one page of code at 0x1000, two of data at 0x5000.
type runnerRig struct {
	*Runner
	ctx  *Context
	core Core
	x    Exit
	p    Progress
	mem  []byte
}

func newRunnerRig(t testing.TB, w Width, code ...byte) *runnerRig {
	t.Helper()
	r, err := OpenRunner(w)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	mem, err := syscall.Mmap(-1, 0, 3*4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	copy(mem, code)
	require.NoError(t, r.Map(0x1000, 4096, ProtRead|ProtExec, unsafe.Pointer(&mem[0])))
	require.NoError(t, r.Map(0x5000, 8192, ProtRead|ProtWrite, unsafe.Pointer(&mem[4096])))
	ctx, err := r.NewContext()
	require.NoError(t, err)
	t.Cleanup(ctx.Close)
	rig := &runnerRig{Runner: r, ctx: ctx, mem: mem}
	rig.core.RFLAGS = 2
	rig.core.RIP = 0x1000
	for i := range rig.core.Seg {
		rig.core.Seg[i] = regs.Seg{Sel: 0x18, Limit: 0xffffffff, Flags: 0xcf9300}
	}
	rig.core.Seg[1] = regs.Seg{Sel: 0x10, Limit: 0xffffffff, Flags: 0xcf9b00}
	if w == Width64 {
		rig.core.Code64 = 1
		rig.core.Seg[1].Flags = 0xaf9b00
	}
	return rig
}

func (r *runnerRig) run(budget uint64) { r.Run(r.ctx, &r.core, &r.x, &r.p, budget) }

func TestRunnerCounts(t *testing.T) {
	for _, w := range []Width{Width32, Width64} {
		// mov $10,%ecx; 1: add $1,%eax; dec %ecx(ff c9); jnz 1b; nop; <not learnt> hlt
		r := newRunnerRig(t, w, 0xb9, 10, 0, 0, 0, 0x83, 0xc0, 1, 0xff, 0xc9, 0x75, 0xf9, 0x90, 0xf4)
		r.run(1000)
		require.Equal(t, Unverified, r.x.Status)
		require.EqualValues(t, 0, r.p.Executed)
		require.EqualValues(t, 0x1000, r.core.RIP)
		require.NoError(t, r.Learn(0x1000, 4, nil, false))
		r.run(1000)
		require.Equal(t, Unverified, r.x.Status)
		require.EqualValues(t, 4, r.p.Executed)
		require.EqualValues(t, 0x1005, r.core.RIP)
		require.NoError(t, r.Learn(0x1005, 3, nil, false))
		require.NoError(t, r.Learn(0x100c, 1, nil, false))
		require.NoError(t, r.Learn(0x100d, 0, nil, false))
		r.run(7)
		require.Equal(t, OK, r.x.Status)
		require.EqualValues(t, 6, r.p.Executed)
		require.EqualValues(t, 0x1005, r.core.RIP)
		require.EqualValues(t, 7, r.core.GPR[1])
		r.run(1000)
		require.Equal(t, StepOnly, r.x.Status)
		require.EqualValues(t, 7*3+1, r.p.Executed)
		require.EqualValues(t, 10, r.core.GPR[0])
		require.EqualValues(t, 0x100d, r.core.RIP)
	}
}

func TestRunnerFaultLeavesItsInstruction(t *testing.T) {
	// mov $5,%eax; cmp $6,%eax; mov %eax,(%ebx); inc... the store faults
	r := newRunnerRig(t, Width32, 0xb8, 5, 0, 0, 0, 0x83, 0xf8, 6, 0x89, 0x03, 0xb8, 9, 0, 0, 0, 0xeb, 0xfe)
	require.NoError(t, r.Learn(0x1000, 5, nil, false))
	r.core.GPR[3] = 0x9000
	r.run(100)
	require.Equal(t, Mem, r.x.Status)
	require.Equal(t, WriteUnmapped, r.x.MemKind)
	require.EqualValues(t, 0x1008, r.core.RIP)
	require.EqualValues(t, 5, r.core.GPR[0])
	require.EqualValues(t, 0x1000, r.p.Block)
	require.EqualValues(t, 5, r.p.BlockInsns)
	require.EqualValues(t, 1|4|0x10|0x80|2, r.core.RFLAGS&0x8d7, "flags of cmp 5,6")
}

func TestRunnerRepCountsIterations(t *testing.T) {
	for _, n := range []uint64{0, 1, 2, 7} {
		// rep stosb; <not learnt>
		r := newRunnerRig(t, Width64, 0xf3, 0xaa)
		require.NoError(t, r.Learn(0x1000, 1, nil, false))
		r.core.GPR[1], r.core.GPR[7] = n, 0x5000
		r.run(1000)
		require.EqualValues(t, 0x1002, r.core.RIP)
		require.EqualValues(t, max(n, 1), r.p.Executed)
		require.EqualValues(t, 0x5000+n, r.core.GPR[7])
	}
}

func TestRunnerDirtyPages(t *testing.T) {
	// mov %eax,(%ebx); jmp to itself's start
	r := newRunnerRig(t, Width32, 0x89, 0x03, 0xeb, 0xfc)
	require.NoError(t, r.Learn(0x1000, 2, nil, false))
	r.core.GPR[3] = 0x5ffe // crosses into 0x6000
	r.run(20)
	require.EqualValues(t, 20, r.p.Executed)
	require.ElementsMatch(t, []uint64{0x5000, 0x6000}, r.Dirty(&r.p)[:2])
	r.core.GPR[3] = 0x5100
	r.run(20)
	require.Empty(t, r.Dirty(&r.p))
	r.Watch()
	r.run(20)
	require.Equal(t, []uint64{0x5000}, r.Dirty(&r.p))
}
