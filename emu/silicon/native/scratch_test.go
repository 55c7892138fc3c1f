package native_test

import (
	"testing"
	"time"

	"trapline/emu/silicon"
	"trapline/emu/silicon/generate"
)

func TestScratch(t *testing.T) {
	for _, m := range silicon.Modes {
		p := open(t, m)
		g := generate.New(generate.Config{Mode: m, Seed: 1, Groups: generate.AllGroups})
		t.Log(g.Forms())
		steps, insns := 0, 0
		sig := map[silicon.Signal]int{}
		first := map[string]int{}
		var gen time.Duration
		t0 := time.Now()
		const n = 4000
		var cmp silicon.Comparer
		long := 0
		for i := range n {
			a := time.Now()
			s := g.Sequence(uint64(i))
			gen += time.Since(a)
			insns += len(s.Starts)
			st, err := p.Run(s.Program, 200)
			if err != nil {
				t.Fatal(i, s.Units, err)
			}
			steps += len(st)
			if len(st) == 200 {
				long++
			}
			k := st[len(st)-1].Signal
			k.Addr = 0
			sig[k]++
			if len(st) == 1 && k.Number != 0 {
				first[s.Units[0]]++
			}
			st2, _ := p.Run(s.Program, 200)
			if d := cmp.Compare(s.Program, st, st2); d != nil {
				t.Errorf("%d %v: %v", i, s.Units, d)
			}
		}
		t.Log(m, n, "insns", insns, "steps", steps, sig, time.Since(t0), gen, "long", long, "cut", cmp.Cut)
	}
}
