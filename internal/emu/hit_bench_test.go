package emu_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// BenchmarkHit is one full hit of a kprobe that counts, from INT3 to the
// probed loop's next turn: with kernel text, stepped with full events ("text")
// and run freely between micro-steps ("run"), and without it ("direct").
func BenchmarkHit(b *testing.B) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		for _, mode := range []string{"text", "run", "direct", "direct-run"} {
			b.Run(engine+"/"+mode, func(b *testing.B) {
				m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 1})
				require.NoError(b, err)
				defer m.Close()
				g, err := kprobes.Boot(m, engine)
				require.NoError(b, err)
				require.NoError(b, g.K.SetDirect(mode == "direct" || mode == "direct-run"))
				s := m.CPUs[0].Space
				at, err := g.K.AllocKernel(s, emu.PageSize, emu.Write|emu.Exec)
				require.NoError(b, err)
				require.NoError(b, m.WriteBytes(s, at, []byte{0x40 /* 1: inc %eax */, 0xeb, 0xfd /* jmp 1b */}))
				require.NoError(b, g.K.Start(0, traps.Task{}, 0, at, 0))
				i, err := g.Define(kprobes.Probe{Name: "p", Addr: at, Pre: kprobes.Handler{Action: func(*kprobes.Call) uint64 { return 0 }}})
				require.NoError(b, err)
				require.NoError(b, g.Register(i))
				m.Quiet = true
				var calls, ran uint64
				for b.Loop() {
					for h := g.Stats(i).Posts; g.Stats(i).Posts == h; {
						if mode == "run" || mode == "direct-run" {
							n, _ := m.Run(0, 1<<20)
							ran += n
						}
						g.Observe(m.Step(0))
						calls++
					}
				}
				require.NoError(b, m.Err())
				b.ReportMetric(float64(calls)/float64(b.N), "steps/hit")
				b.ReportMetric(float64(ran)/float64(b.N), "run/hit")
			})
		}
	}
}
