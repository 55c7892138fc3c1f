package scenario

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes"
	"trapline/internal/scenario/kernelworld"
	"trapline/internal/scenario/programworld"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// outcomes is a system whose ends are told apart by what a scenario can see of
// them, not by what kernel text has left on stacks and in registers.
type outcomes struct {
	*explore.Machine
	run *kernelworld.World
}

func (s outcomes) EndHash() uint64 {
	var h emu.Hasher
	r := s.run
	d := r.Machine.Look()
	for _, c := range r.Machine.CPUs {
		h.String(c.Shutdown)
		h.Bool(c.Halted)
		if c.Shutdown == traps.TaskDone { // else it ends in kernel text
			h.Uint64(c.GPR[x86.RAX])
			h.Uint64(c.RFLAGS & (x86.IF | x86.TF))
		}
		h.Uint64(r.Kernel.PreemptCount(d, c.ID))
		h.Uint64(r.Kernel.Signals(d, c.ID))
	}
	for i, p := range r.Probes.Probes() {
		s := r.Probes.Stats(i)
		v, _ := d.Word(0, p.Addr, 1)
		for _, n := range []uint64{v, s.Hits, s.Posts, s.Faults, s.Executions, s.Missed, s.Nmissed, s.Reentrant, emu.B2U(s.Registered), emu.B2U(s.Lost)} {
			h.Uint64(n)
		}
	}
	for _, name := range []string{"kprobe_lock", "kprobe_cpu", "multiprobe_lock"} {
		if r.Kernel.HasSymbol(name) {
			v, _ := d.Word(0, r.Kernel.Symbol(name), r.Machine.Arch.Word())
			h.Uint64(v)
		}
	}
	for _, g := range r.Segments {
		b := make([]byte, g.High-g.Low)
		d.Peek(0, g.Low, b)
		h.Bytes(b)
	}
	return h.Sum()
}

// A search by micro-steps, and through kernel text by lines and by instructions.
var (
	byMicroSteps   = Options{}
	byLines        = Options{KernelText: true, Grain: explore.WholeLines}
	byInstructions = Options{KernelText: true}
)

// searchOutcomes searches every schedule under an engine.
func searchOutcomes(t *testing.T, f *File, engine string, o Options) *explore.Report {
	return searchOutcomesBy(t, f, engine, o, explore.Options{})
}

// searchOutcomesBy is searchOutcomes with options of the search.
func searchOutcomesBy(t *testing.T, f *File, engine string, o Options, by explore.Options) *explore.Report {
	t.Helper()
	by.KeepOutcomes, by.EveryEnd = true, true
	if strings.HasPrefix(f.Machine.Engine, engine) {
		engine = f.Machine.Engine // with its options
	}
	o.Engine, o.Direct, o.Scheduled = engine, !o.KernelText, true
	r, err := explore.Search(context.Background(), func() (explore.System, error) {
		run, err := Open(context.Background(), f, o)
		if err != nil {
			return nil, err
		}
		s := run.system()
		k := kernelOf(run)
		k.Probes.HashCounts(kprobes.AllCounts) // which tell ends apart
		return outcomes{s.(*explore.Machine), k}, nil
	}, by)
	if errors.Is(err, explore.ErrSystem) { // what the scenario asks for is another engine's
		return nil
	}
	require.NoError(t, err)
	return r
}

// C, by instructions and by lines, and its abstraction come to the same ends,
// over all schedules of every built-in scenario of kernel code that an engine
// can run.
func TestMicroStepsAndCHaveTheSameOutcomes(t *testing.T) {
	for _, engine := range []string{"2002", "2005", "modern"} {
		t.Run(engine, func(t *testing.T) { sameOutcomes(t, engine) })
	}
}

func sameOutcomes(t *testing.T, engine string) {
	list, err := Library()
	require.NoError(t, err)
	ends, searched, byLine := 0, 0, 0
	for _, b := range list {
		f, err := Load(b.Name)
		require.NoError(t, err)
		if f.Linux != nil {
			continue
		}
		f.Check, f.HasCheck = nil, true
		f.Machine.Steps = min(f.Machine.Steps, 1<<17) // of a livelock
		micro, lines, c := searchOutcomes(t, f, engine, byMicroSteps), searchOutcomes(t, f, engine, byLines), searchOutcomes(t, f, engine, byInstructions)
		if c == nil {
			continue
		}
		require.Equal(t, c.Exhausted, lines.Exhausted, "%s: %+v %+v", b.Name, c.Summary, lines.Summary)
		require.Equal(t, c.Outcomes, lines.Outcomes, b.Name)
		require.Contains(t, []explore.Grain{explore.WholeLines, c.Grain}, lines.Grain)
		if lines.Grain == explore.WholeLines {
			byLine++
		}
		require.Equal(t, micro.Exhausted, c.Exhausted, "%s: %+v %+v", b.Name, micro.Summary, c.Summary)
		require.Equal(t, micro.Outcomes, c.Outcomes, b.Name)
		ends += len(c.Outcomes)
		searched++
		if f.Machine.CPUs > 1 {
			t.Logf("%s: %d ends; micro-steps %d states, %d steps, %v; C %d states, %d steps, %v", b.Name, len(c.Outcomes),
				micro.States, micro.Steps, micro.Elapsed.Round(1e5), c.States, c.Steps, c.Elapsed.Round(1e5))
		}
	}
	require.Greater(t, searched, 25)
	require.Greater(t, ends, 40)
	require.Greater(t, byLine, 20)
}

// kernelOf is a run as one of kernel code; nil: it is none.
func kernelOf(r *Run) (k *kernelworld.World) {
	r.Visit(func(x *kernelworld.World) { k = x }, func(*programworld.World) {})
	return k
}
