package kprobes_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/kprobes"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// TestGarbageInEngineData: a guest that writes into probes and what an engine keeps of a CPU may break the kernel, never
// the simulator.
func TestGarbageInEngineData(t *testing.T) {
	const steps, size = 2000, 128
	run := func(r *kit) {
		for n := 0; n < steps && r.m.CPUs[0].Shutdown == ""; n++ {
			ev := r.m.Step(0)
			r.g.Observe(ev)
		}
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, engine := range []string{"2002", "2005", "modern", "modern+boost"} {
			r := newKit(t, a, engine, 1)
			at := r.kernel(0x89, 0xc3 /* mov %eax,%ebx */, 0xc3)
			for range map[bool]int{false: 1, true: 2}[r.g.SharesAddresses()] {
				r.probe(kprobes.Probe{Name: "p", Addr: at, Post: kprobes.Handler{}})
			}
			before := r.m.Snapshot()
			for _, symbol := range []string{"kprobe_pool", "kprobe_ctlblk", "kprobe_table", "aggr_pool", "active_pool", "current_kprobe", "kretprobe_instances"} {
				if !r.k.HasSymbol(symbol) {
					continue
				}
				for off := uint64(0); off < size; off += 4 {
					for _, v := range []uint64{0, 1, 0x01010101, 0xfffffff0, r.k.Symbol("kprobe_pool") + 8} {
						for _, direct := range []bool{false, true} {
							if direct && !engines.Direct(engine) {
								continue
							}
							r.m.Restore(before)
							require.NoError(t, r.k.SetDirect(direct))
							r.start(0, at)
							r.k.Poke(r.s, r.k.Symbol(symbol)+off, v, 4)
							require.NotPanics(t, func() {
								run(r)
								r.g.Unregister(0)
								_ = r.g.Register(0)
							}, fmt.Sprintf("%s: %#x at %s+%d, direct %v", engine, v, symbol, off, direct))
						}
					}
				}
			}
		}
	})
}
