package traps_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"trapline/internal/emu"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	userCode  = 0x08048000
	userStack = 0x08060000 // top
)

// rig is a booted stock kernel with one task at given code, kernel or user.
type rig struct {
	*testing.T
	m    *emu.Machine
	k    *traps.Kernel
	c    *emu.CPU
	code uint64
	sp   uint64 // at start
}

func boot(t *testing.T, a x86.Arch, o traps.Options) *rig {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: a, CPUs: 1})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	text := traps.StockText(a)
	stock, err := text.Options()
	require.NoError(t, err)
	o.Image, o.Source, o.Places, o.Pieces = stock.Image, stock.Source, stock.Places, stock.Pieces
	k, err := traps.Boot(m, o)
	require.NoError(t, err)
	return &rig{T: t, m: m, k: k, c: m.CPUs[0]}
}

// at boots a stock kernel with a task in the ring on code.
func at(t *testing.T, a x86.Arch, ring int, code ...byte) *rig {
	t.Helper()
	r := boot(t, a, traps.Options{})
	r.start(ring, code...)
	return r
}

func (r *rig) start(ring int, code ...byte) {
	r.Helper()
	s := r.c.Space
	sp := uint64(0)
	if ring == 3 {
		r.code, sp = userCode, userStack
		require.NoError(r, r.k.MapZero(s, userCode, 4096, emu.Exec|emu.Write|emu.User))
		require.NoError(r, r.k.MapZero(s, userStack-4096, 4096, emu.Write|emu.User))
	} else {
		var err error
		r.code, err = r.k.AllocKernel(s, 4096, emu.Write|emu.Exec)
		require.NoError(r, err)
	}
	require.NoError(r, r.m.WriteBytes(s, r.code, code))
	require.NoError(r, r.k.Start(0, traps.Task{Name: "t"}, ring, r.code, sp))
	r.sp = r.c.GPR[x86.RSP]
}

func (r *rig) step() *emu.Event {
	r.Helper()
	ev := r.m.Step(0)
	require.NoError(r, r.m.Err())
	return ev
}

// delivery steps until a vector is delivered.
func (r *rig) delivery() *emu.Delivery {
	r.Helper()
	for range 100 {
		if ev := r.step(); ev.Delivery != nil {
			return ev.Clone().Delivery
		}
	}
	r.Fatal("nothing was delivered")
	return nil
}

func (r *rig) word(at uint64) uint64 {
	r.Helper()
	v, ok := r.m.PeekWord(r.c.Space, at, r.m.Arch.Word())
	require.True(r, ok, "%#x", at)
	return v
}

// gate changes one vector's gate in guest memory.
func (r *rig) gate(vec x86.Vector, f func(*x86.Gate)) {
	g := r.k.Gate(r.c.Space, vec)
	f(&g)
	r.k.SetGate(r.c.Space, vec, g)
}

// frame is the words of a delivery by name.
func frame(d *emu.Delivery) map[string]uint64 {
	f := map[string]uint64{}
	for _, w := range d.Frame {
		f[w.Name] = w.Value
	}
	return f
}

// names is the words of a frame as pushed.
func names(d *emu.Delivery) []string {
	var l []string
	for _, w := range d.Frame {
		l = append(l, w.Name)
	}
	return l
}

func ip(a x86.Arch) string {
	if a == x86.AMD64 {
		return "rip"
	}
	return "eip"
}

func flags(a x86.Arch) string {
	if a == x86.AMD64 {
		return "rflags"
	}
	return "eflags"
}
