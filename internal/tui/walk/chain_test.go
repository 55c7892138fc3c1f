package walk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/scenario"
	"trapline/internal/scenario/programworld"
	"trapline/internal/x86"
)

// shadow follows calls and traps by the instructions that make and end them: the
// second, naive call chain. A level is where its address lies on the stack.
type shadow struct {
	stack []shadowed
}

type shadowed struct {
	where uint64
	trap  bool
}

func (s *shadow) see(ev *emu.Event) {
	a := ev.Insn.Attr()
	switch {
	case ev.Delivery != nil && len(ev.Delivery.Frame) > 0:
		for _, x := range ev.Delivery.Frame {
			if x.Name == "eip" || x.Name == "rip" {
				s.stack = append(s.stack, shadowed{x.Addr, true})
			}
		}
	case ev.Kind != emu.StepInstruction || ev.Raised != nil && a == 0:
	case a.Has(insn.CallRel) || a.Has(insn.CallInd):
		s.stack = append(s.stack, shadowed{ev.After.GPR[x86.RSP], false})
	case a.Has(insn.RetNear) && len(s.stack) > 0:
		s.stack = s.stack[:len(s.stack)-1]
	case a.Has(insn.Iret):
		for len(s.stack) > 0 {
			top := s.stack[len(s.stack)-1]
			s.stack = s.stack[:len(s.stack)-1]
			if top.trap {
				break
			}
		}
	}
}

// At every step of a run: what the chain says for certain is in the shadow's, in its
// order, and no level of the shadow's is left out.
func TestCallChainsAreTrue(t *testing.T) {
	for _, c := range []struct{ name, engine string }{
		{"first-probe", ""}, {"first-probe", "modern"}, {"smp-missed-probe", "2005"}, {"fault-in-step", ""}, {"reentry-lost", "2005"}, {"probe-the-prober", ""},
		{"kretprobe", "2005"}, {"kretprobe", "modern"}, {"x86-64-first-probe", ""}, {"mov-ss-shadow", ""},
	} {
		t.Run(c.name+" "+c.engine, func(t *testing.T) {
			f, err := scenario.Load(c.name)
			require.NoError(t, err)
			w, err := Open(t.Context(), f, Options{Options: scenario.Options{Engine: c.engine}})
			require.NoError(t, err)
			defer w.Close()
			shadows := make([]shadow, len(w.Run.Machine.CPUs))
			sure, all, deepest := 0, 0, 0
			for range 6000 {
				n, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
				if n == 0 {
					break
				}
				ev := w.Event()
				s := &shadows[ev.CPU]
				s.see(ev)
				chain := w.unwind(ev.CPU)
				require.NotEmpty(t, chain)
				require.Equal(t, w.Place(w.Run.Machine.CPUs[ev.CPU].LinearPC()), chain[0].At)
				deepest = max(deepest, len(s.stack))
				if deepest > maxChain/2 {
					break // a chain has a bound
				}
				want := slices.Clone(s.stack)
				slices.Reverse(want)
				for _, x := range chain[1:] {
					if x.At == "task_exit" {
						break
					}
					i := slices.IndexFunc(want, func(y shadowed) bool { return y.where == x.where })
					if i < 0 {
						require.True(t, x.Maybe, "step %d: %s (at %x) is no level of %s", w.At(), x.At, x.where, told(w, ev.CPU, s.stack))
						continue
					}
					require.Zero(t, i, "step %d: levels before %s are left out: %s, and not %v", w.At(), x.At, told(w, ev.CPU, s.stack), chain)
					require.Equal(t, want[0].trap, x.Trap != "")
					want = want[1:]
					all++
					if !x.Maybe {
						sure++
					}
				}
				require.Empty(t, want, "step %d: %s, and not %v", w.At(), told(w, ev.CPU, s.stack), chain)
			}
			t.Logf("%d of %d levels certain, %d deep", sure, all, deepest)
			require.Greater(t, deepest, 2)
			require.Greater(t, sure*10, all*9)
		})
	}
}

// In a program's own stack, whose kernel is Go: what is certain is there.
func TestCallChainsOfPrograms(t *testing.T) {
	for _, name := range []string{"xol-slot", "signal-during-step", "uretprobe", "uretprobe-recursion-longjmp", "threads-xol"} {
		t.Run(name, func(t *testing.T) {
			f, err := scenario.Load(name)
			require.NoError(t, err)
			w, err := Open(t.Context(), f, Options{})
			require.NoError(t, err)
			defer w.Close()
			shadows := map[int]*shadow{} // by thread
			sure, returns, signals := 0, 0, 0
			for range 20_000 {
				n, err := w.Forward(t.Context(), 1)
				require.NoError(t, err)
				if n == 0 {
					break
				}
				ev := w.Event()
				tid := 0
				w.Run.Visit(nil, func(p *programworld.World) { tid, _ = p.ThreadOn(ev.CPU) })
				s := shadows[tid]
				if s == nil {
					s = &shadow{}
					shadows[tid] = s
				}
				s.see(ev)
				if sp := ev.After.GPR[x86.RSP]; ev.Micro != nil && ev.Before.GPR[x86.RSP] == sp+8 && ev.Before.RIP != ev.After.RIP {
					s.stack = append(s.stack, shadowed{sp, false}) // a call that the kernel makes
				}
				for _, x := range w.unwind(ev.CPU) {
					if x.Return {
						returns++
					}
					if x.Trap == "signal" {
						signals++
					}
					if x.where != 0 && !x.Maybe && x.Trap == "" {
						require.True(t, slices.ContainsFunc(s.stack, func(y shadowed) bool { return y.where == x.where }), "step %d: %s at %x of %v", w.At(), x.At, x.where, s.stack)
						sure++
					}
				}
			}
			require.Equal(t, name != "signal-during-step", sure > 10, "%d", sure)
			require.Equal(t, name == "signal-during-step", signals > 0)
			require.Equal(t, strings.HasPrefix(name, "uretprobe"), returns > 0)
		})
	}
}

func told(w *Walk, cpu int, l []shadowed) string {
	s := ""
	for _, x := range slices.Backward(l) {
		v, _ := w.word(w.Run.Machine.CPUs[cpu], x.where)
		s += fmt.Sprintf("%s(at %x, trap %v) ", w.Place(v), x.where, x.trap)
	}
	return s
}
