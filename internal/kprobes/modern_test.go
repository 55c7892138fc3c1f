package kprobes_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/testkit"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

func TestM5GatheredProbes(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		var order []string
		r := newRig(t, a, "modern", 0x90, 0x90, 0xc3)
		var probes []int
		for _, name := range []string{"first", "second", "third"} {
			probes = append(probes, r.define(name, 0, &order))
			require.NoError(t, r.g.Register(probes[len(probes)-1]))
		}
		r.g.Unregister(probes[1])
		r.run()
		require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
		require.Equal(t, []string{"third", "first"}, order)
		require.EqualValues(t, 1, r.g.Stats(probes[0]).Hits)
	}
}

// TestO5TrapsPerHit counts what boosting and emulation save: two traps a hit
// with a step, one without.
func TestO5TrapsPerHit(t *testing.T) {
	code := []byte{0x48, 0x89, 0xc3 /* mov %rax,%rbx */, 0xeb, 0 /* jmp */, 0xf7, 0xd8 /* neg %eax */, 0xc3}
	for _, c := range []struct {
		engine string
		at     uint64
		traps  int
	}{
		{"modern", 0, 2}, {"modern", 3, 2},
		{"modern+boost", 0, 1}, {"modern+boost", 3, 2}, {"modern+boost", 5, 2},
		{"modern+int3", 0, 2}, {"modern+int3", 3, 1}, {"modern+int3", 7, 1},
		{"modern+int3+boost", 0, 1},
	} {
		r := newRig(t, x86.AMD64, c.engine, code...)
		r.probe(c.at)
		n := 0
		for r.m.CPUs[0].Shutdown == "" {
			if ev := r.m.Step(0); ev.Kind == emu.StepDelivery {
				n++
			}
		}
		require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown, "%s %d", c.engine, c.at)
		require.Equal(t, c.traps, n, "%s %d", c.engine, c.at)
	}
}

// TestO5LoopIsOffByOne: the 6.1 kernel tests the count before it decrements,
// so a probed LOOP runs once more than the processor would.
func TestO5LoopIsOffByOne(t *testing.T) {
	code := []byte{0xb9, 1, 0, 0, 0, 0xff, 0xc3 /* inc %ebx */, 0xe2, 0xfc /* loop -4 */, 0xc3}
	for engine, want := range map[string]uint64{"modern": 1, "modern+int3": 2} {
		r := newRig(t, x86.AMD64, engine, code...)
		r.probe(7)
		r.run()
		require.EqualValues(t, want, r.m.CPUs[0].GPR[x86.RBX], engine)
	}
}

// TestM5RegisteredByTasks: register_kprobe and unregister_kprobe of the kernel's
// text, on probes that share an address.
func TestM5RegisteredByTasks(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		var order []string
		r := newKit(t, a, "modern", 1)
		at := r.kernel(0x90, 0xc3)
		probe := func(name string) int {
			return r.define(kprobes.Probe{Name: name, Addr: at, Pre: kprobes.Handler{Action: func(c *kprobes.Call) uint64 {
				order = append(order, c.Probe.Name)
				return 0
			}}})
		}
		op := func(function string, i int, want int32) {
			cpu := r.call(0, function, i)
			r.done(0)
			if want != 0 || function == "register_kprobe" {
				require.EqualValues(t, want, int32(cpu.GPR[x86.RAX]), "%s %d", function, i)
			}
			cpu.Shutdown = ""
		}
		hit := func(want ...string) {
			order = nil
			c := r.start(0, at)
			r.done(0)
			c.Shutdown = ""
			require.Equal(t, want, order)
		}
		one, two, three := probe("one"), probe("two"), probe("three")
		op("register_kprobe", one, 0)
		op("register_kprobe", one, -22)
		op("register_kprobe", two, 0)
		op("register_kprobe", two, -22)
		op("register_kprobe", three, 0)
		hit("three", "two", "one")
		op("unregister_kprobe", one, 0)
		op("unregister_kprobe", one, 0) // -EINVAL inside
		hit("three", "two")
		op("register_kprobe", one, 0)
		hit("one", "three", "two")
		op("unregister_kprobe", two, 0)
		op("unregister_kprobe", one, 0)
		hit("three")
		require.EqualValues(t, 0xcc, r.byteAt(at))
		op("unregister_kprobe", three, 0)
		require.EqualValues(t, 0x90, r.byteAt(at))
		hit()
		require.Zero(t, r.wordAt(r.k.Symbol("aggr_pool")+2*uint64(a.Word())), "the aggregated probe is free")
		for i := range 3 {
			require.False(t, r.g.Stats(i).Registered)
			require.Zero(t, r.g.Stats(i).Missed)
		}
		op("register_kprobe", two, 0)
		hit("two")
	})
}

// TestO4DisabledByTasks: disable_kprobe and enable_kprobe. The breakpoint goes
// with the last enabled probe at its address.
func TestO4DisabledByTasks(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		r := newKit(t, a, "modern", 1)
		at := r.kernel(0x90, 0xc3)
		one, two := r.define(kprobes.Probe{Name: "one", Addr: at}), r.define(kprobes.Probe{Name: "two", Addr: at})
		op := func(function string, i int, want int32) {
			cpu := r.call(0, function, i)
			r.done(0)
			require.EqualValues(t, want, int32(cpu.GPR[x86.RAX]), function)
			cpu.Shutdown = ""
		}
		hit := func(ofOne, ofTwo uint64, first byte) {
			c := r.start(0, at)
			r.done(0)
			c.Shutdown = ""
			require.Equal(t, []uint64{ofOne, ofTwo}, []uint64{r.g.Stats(one).Hits, r.g.Stats(two).Hits})
			require.Equal(t, first, r.byteAt(at))
			require.Zero(t, r.g.Stats(one).Missed+r.g.Stats(two).Missed)
		}
		op("disable_kprobe", one, -22)
		op("enable_kprobe", one, -22)
		op("register_kprobe", one, 0)
		op("disable_kprobe", one, 0)
		hit(0, 0, 0x90)
		op("enable_kprobe", one, 0)
		hit(1, 0, 0xcc)
		op("register_kprobe", two, 0)
		op("disable_kprobe", one, 0)
		hit(1, 1, 0xcc)
		op("disable_kprobe", two, 0)
		hit(1, 1, 0x90)
		op("enable_kprobe", one, 0)
		hit(2, 1, 0xcc)
		op("enable_kprobe", two, 0)
		hit(3, 2, 0xcc)
		op("disable_kprobe", one, 0)
		op("disable_kprobe", two, 0)
		require.Zero(t, r.g.Stats(one).Executions-r.g.Stats(one).Hits)
		cpu := r.call(0, "unregister_kprobe", two)
		r.done(0)
		cpu.Shutdown = ""
		op("enable_kprobe", one, 0)
		hit(4, 2, 0xcc)
	})
}

// TestO4AThirdHitIsABug: a probe in the way of a reentrant hit.
func TestO4AThirdHitIsABug(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, direct := range []bool{false, true} {
			r := newKit(t, a, "modern", 1)
			require.NoError(t, r.k.SetDirect(direct))
			at := r.kernel(0x90, 0xc3, 0x90, 0x90, 0xc3)
			r.probe(kprobes.Probe{Name: "outer", Addr: at, Pre: kprobes.Handler{Guest: at + 2}})
			inner := r.probe(kprobes.Probe{Name: "inner", Addr: at + 2})
			// The copy of the inner probe's instruction is an int3 of a third one.
			third := r.probe(kprobes.Probe{Name: "third", Addr: r.wordAt(r.g.Address(inner) + 7*uint64(a.Word()))})
			r.start(0, at)
			why, _ := r.run(0)
			require.Contains(t, why, "oops: invalid_op in kernel mode at unrecoverable_kprobe", "direct %v", direct)
			require.Zero(t, r.g.Stats(third).Hits)
			require.EqualValues(t, 1, r.g.Stats(inner).Skipped)
		}
	})
}

// TestG0NoBreakpointInADebugTrap: DR7 is off while the kernel handles a #DB, so a
// post_handler may store where a watchpoint is (5.12, local_db_save).
func TestG0NoBreakpointInADebugTrap(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, direct := range []bool{false, true} {
			r := newKit(t, a, "modern", 1)
			require.NoError(t, r.k.SetDirect(direct))
			data := r.kernel(0, 0, 0, 0)
			incl := []byte{0xff, 0x05}
			if a == x86.AMD64 {
				incl = []byte{0xff, 0x04, 0x25}
			}
			at := r.kernel(join([]byte{0x90, 0xc3}, binary.LittleEndian.AppendUint32(incl, uint32(data)), []byte{0xc3})...)
			r.probe(kprobes.Probe{Name: "p", Addr: at, Post: kprobes.Handler{Guest: at + 2}})
			c := r.start(0, at)
			c.Sys.DR[0], c.Sys.DR[7] = data, emu.DR7Fixed|0xd0002 // G0, 4 bytes, writes
			before, n := c.Sys.DR[7], 0
			for c.Shutdown == "" {
				if ev := r.step(0); ev.Delivery != nil && ev.Delivery.Trap.Vector == x86.VecDB {
					n++
				}
			}
			require.Equal(t, traps.TaskDone, c.Shutdown)
			require.Equal(t, 1, n, "direct %v", direct)
			require.Equal(t, before, c.Sys.DR[7])
			require.EqualValues(t, 1, r.byteAt(data))
		}
	})
}
