package kprobes_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// recursive calls itself until ebx is 0 and counts the depth in eax.
var recursive = []byte{
	0xb8, 0, 0, 0, 0, // 0 mov $0,%eax
	0xbb, 3, 0, 0, 0, // 5 mov $3,%ebx
	0xe8, 1, 0, 0, 0, // 10 call f
	0xc3,          // 15
	0x83, 0xeb, 1, // 16 f: sub $1,%ebx
	0x74, 5, // 19 jz 26
	0xe8, 0xf6, 0xff, 0xff, 0xff, // 21 call f
	0x83, 0xc0, 1, // 26 add $1,%eax
	0xc3, // 29
}

const recursiveF = 16

// returned is what a return handler saw: offsets from the code's start.
type returned struct{ to, ip, ax, sp uint64 }

// kretRig probes the returns of the function at off.
func (r *rig) kretprobe(off uint64, maxActive int, seen *[]returned) int {
	r.Helper()
	base := r.m.CPUs[0].GPR[x86.RSP]
	handler := func(c *kprobes.Call) uint64 {
		*seen = append(*seen, returned{c.Ret.Addr - r.code, c.Regs.Get(traps.FieldIP) - r.code,
			c.Regs.Reg(x86.RAX), base - c.Regs.Reg(x86.RSP)})
		return 0
	}
	i, err := r.g.Define(kprobes.Probe{Name: "ret", Addr: r.code + off, Return: &kprobes.Return{
		Handler: kprobes.Handler{Action: handler}, MaxActive: maxActive}})
	require.NoError(r, err)
	require.NoError(r, r.g.Register(i))
	return i
}

// eachKret runs f on each engine that has return probes, in each mode.
func eachKret(t *testing.T, f func(t *testing.T, r *rig)) {
	for _, engine := range []string{"2005", "modern"} {
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			for _, direct := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%v/direct=%v", engine, a, direct), func(t *testing.T) {
					r := newRig(t, a, engine, recursive...)
					require.NoError(t, r.g.K.SetDirect(direct))
					f(t, r)
				})
			}
		}
	}
}

// finish runs to the end and checks that the probed run's result is the
// unprobed one's.
func (r *rig) finish() {
	r.Helper()
	r.run()
	c := r.m.CPUs[0]
	require.Equal(r, traps.TaskDone, c.Shutdown)
	require.EqualValues(r, 3, c.GPR[x86.RAX])
	require.EqualValues(r, x86.IF, c.RFLAGS&(x86.IF|x86.TF))
}

func TestE7RecursiveReturns(t *testing.T) {
	eachKret(t, func(t *testing.T, r *rig) {
		var seen []returned
		i := r.kretprobe(recursiveF, 0, &seen)
		r.finish()
		w := uint64(r.m.Arch.Word())
		want := []returned{{26, 26, 1, 2 * w}, {26, 26, 2, w}, {15, 15, 3, 0}}
		if r.g.Engine == "2005" { // behind the trampoline's int3
			for n := range want {
				want[n].ip = r.g.K.Symbol("kretprobe_trampoline") + 1 - r.code
			}
		}
		require.Equal(t, want, seen)
		require.EqualValues(t, 3, r.g.Stats(i).Hits)
		require.Zero(t, r.g.Stats(i).Nmissed)
	})
}

func TestE7MaxActive(t *testing.T) {
	eachKret(t, func(t *testing.T, r *rig) {
		var seen []returned
		i := r.kretprobe(recursiveF, 2, &seen)
		r.finish()
		require.Len(t, seen, 2, "the innermost call had no instance")
		require.EqualValues(t, 2, seen[0].ax)
		require.EqualValues(t, 1, r.g.Stats(i).Nmissed)
	})
}

// TestE7UnregisterWhileOut takes the probe out in the middle of the calls.
func TestE7UnregisterWhileOut(t *testing.T) {
	eachKret(t, func(t *testing.T, r *rig) {
		var seen []returned
		i := r.kretprobe(recursiveF, 0, &seen)
		for r.g.Stats(i).Hits < 3 || r.m.CPUs[0].RIP != r.code+26 {
			r.g.Observe(r.m.Step(0))
			require.Empty(t, r.m.CPUs[0].Shutdown)
		}
		r.g.Unregister(i)
		r.finish()
		require.Empty(t, seen, "every call was under way: none has a handler any more")
	})
}

func TestE7TwoOnOneFunction(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		r := newRig(t, a, "modern", recursive...)
		var first, second []returned
		r.kretprobe(recursiveF, 0, &first)
		r.kretprobe(recursiveF, 0, &second)
		r.finish()
		require.Len(t, first, 3)
		require.Len(t, second, 3)
		require.EqualValues(t, 15, second[2].ip, "handlers see the true address")
		require.Equal(t, first, second, "in the instance too (5.12, __kretprobe_trampoline_handler)")
	}
}

func TestE7AgainAfterUnregister(t *testing.T) {
	eachKret(t, func(t *testing.T, r *rig) {
		var seen []returned
		i := r.kretprobe(recursiveF, 0, &seen)
		r.g.Unregister(i)
		require.NoError(t, r.g.Register(i))
		r.finish()
		require.Len(t, seen, 3)
	})
}

// TestE7AgainWhileOut: a probe that is registered again while two calls of its
// first life are under way. Those return to their callers, unseen, and keep
// their instances until then; the probe has a new set, so the later call is seen.
func TestE7AgainWhileOut(t *testing.T) {
	for _, maxActive := range []int{2, 3} {
		eachKret(t, func(t *testing.T, r *rig) {
			var seen []returned
			i := r.kretprobe(recursiveF, maxActive, &seen)
			for r.g.Stats(i).Hits < 2 || r.m.CPUs[0].RIP != r.code+recursiveF {
				r.g.Observe(r.m.Step(0))
				require.Empty(t, r.m.CPUs[0].Shutdown)
			}
			r.g.Unregister(i)
			require.NoError(t, r.g.Register(i))
			r.finish()
			require.Len(t, seen, 1)
			require.Zero(t, r.g.Stats(i).Nmissed)
			require.EqualValues(t, 3, r.m.CPUs[0].Reg(x86.RAX), "the program came out right")
		})
	}
}

// TestE7HitInsideHandler: in engine modern the handler counts as a hit, so a
// probe that it hits is only counted.
func TestE7HitInsideHandler(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		r := newRig(t, a, "modern", append(append([]byte{}, recursive...), 0xc3)...)
		i, err := r.g.Define(kprobes.Probe{Name: "ret", Addr: r.code + recursiveF,
			Return: &kprobes.Return{Handler: kprobes.Handler{Guest: r.code + 30}}})
		require.NoError(t, err)
		require.NoError(t, r.g.Register(i))
		inside := r.probe(30)
		r.finish()
		require.EqualValues(t, 3, r.g.Stats(inside).Nmissed)
		require.Zero(t, r.g.Stats(inside).Hits)
	}
}

func TestE7Refusals(t *testing.T) {
	r := newRig(t, x86.I386, "2002", recursive...)
	_, err := r.g.Define(kprobes.Probe{Name: "ret", Addr: r.code + recursiveF, Return: &kprobes.Return{}})
	require.ErrorIs(t, err, kprobes.ErrNoKretprobes)
	r = newRig(t, x86.I386, "modern", recursive...)
	_, err = r.g.Define(kprobes.Probe{Name: "ret", Addr: r.code, Return: &kprobes.Return{MaxActive: kprobes.MaxMaxActive + 1}})
	require.ErrorContains(t, err, "4097 instances; expected at most 4096")
	_, err = r.g.Define(kprobes.Probe{Name: "ret", Addr: r.code, Return: &kprobes.Return{}, Pre: kprobes.Handler{Action: nothing}})
	require.ErrorContains(t, err, "pre_handler is the kernel's own")
	require.Equal(t, 10, kprobes.DefaultMaxActive(1))
	require.Equal(t, 16, kprobes.DefaultMaxActive(8))
}
