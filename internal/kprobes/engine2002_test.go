package kprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// rig is a machine with one task in kernel mode on given code.
type rig struct {
	*testing.T
	m    *emu.Machine
	g    *kprobes.Manager
	code uint64
}

func newRig(t *testing.T, a x86.Arch, engine string, code ...byte) *rig {
	t.Helper()
	m, err := emu.New(emu.Config{Arch: a, CPUs: 1})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	g, err := kprobes.Boot(m, engine)
	require.NoError(t, err)
	s := m.CPUs[0].Space
	at, err := g.K.AllocKernel(s, 4096, emu.Write|emu.Exec)
	require.NoError(t, err)
	require.NoError(t, m.WriteBytes(s, at, code))
	require.NoError(t, g.K.Start(0, traps.Task{}, 0, at, 0))
	return &rig{t, m, g, at}
}

func (r *rig) probe(off uint64) int {
	r.Helper()
	i, err := r.g.Define(kprobes.Probe{Name: "p", Addr: r.code + off, Pre: kprobes.Handler{Action: nothing}})
	require.NoError(r, err)
	require.NoError(r, r.g.Register(i))
	return i
}

// run steps until the vCPU stops and returns the micro-steps' names.
func (r *rig) run() []string {
	r.Helper()
	var micro []string
	for range 10000 {
		ev := r.m.Step(0)
		require.NoError(r, r.m.Err())
		r.g.Observe(ev)
		if ev.Micro != nil {
			micro = append(micro, ev.Micro.Name)
		}
		if r.m.CPUs[0].Shutdown != "" {
			return micro
		}
	}
	r.Fatal("does not end")
	return nil
}

func TestK4K5FirstHit(t *testing.T) {
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		t.Run(a.String(), func(t *testing.T) {
			r := newRig(t, a, "2002",
				0xb8, 1, 0, 0, 0, // mov $1,%eax
				0x83, 0xc0, 2, // add $2,%eax
				0x9c, // pushf
				0x5b, // pop %ebx
				0xc3)
			p := r.probe(5)
			f := r.probe(8)
			micro := r.run()
			require.Equal(t, traps.TaskDone, r.m.CPUs[0].Shutdown)
			require.EqualValues(t, 3, r.m.CPUs[0].GPR[x86.RAX])
			require.EqualValues(t, x86.IF, r.m.CPUs[0].GPR[x86.RBX]&(x86.IF|x86.TF), "K10: the pushed image is mended")
			require.Equal(t, kprobes.Stats{Registered: true, Hits: 1, Posts: 1, Executions: 1}, r.g.Stats(p))
			require.Equal(t, kprobes.Stats{Registered: true, Hits: 1, Posts: 1, Executions: 1}, r.g.Stats(f))
			require.Equal(t, []string{
				"preempt_disable", "spin_lock", "set_kprobe_cpu", "get_kprobe", "hit_active", "save_flags",
				"pre_handler_action", "prepare_singlestep", "restore_opcode", "rewind_eip", "hit_ss",
				"save_debugreg6", "fix_pushf", "clear_tf", "write_breakpoint", "restore_saved_flags",
				"clear_kprobe_cpu", "spin_unlock", "preempt_enable_no_resched",
			}, withoutDirect(micro)[:19])
		})
	}
}

func BenchmarkHit2002(b *testing.B) {
	for _, direct := range []bool{false, true} {
		b.Run(map[bool]string{false: "text", true: "direct"}[direct], func(b *testing.B) {
			m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 1})
			require.NoError(b, err)
			defer m.Close()
			g, err := kprobes.Boot(m, "2002")
			require.NoError(b, err)
			require.NoError(b, g.K.SetDirect(direct))
			s := m.CPUs[0].Space
			at, err := g.K.AllocKernel(s, 4096, emu.Write|emu.Exec)
			require.NoError(b, err)
			require.NoError(b, m.WriteBytes(s, at, []byte{0x40, 0xeb, 0xfd}))
			require.NoError(b, g.K.Start(0, traps.Task{}, 0, at, 0))
			i, err := g.Define(kprobes.Probe{Name: "p", Addr: at, Pre: kprobes.Handler{Action: nothing}})
			require.NoError(b, err)
			require.NoError(b, g.Register(i))
			m.Quiet = true
			steps := 0
			for b.Loop() {
				for h := g.Stats(i).Posts; g.Stats(i).Posts == h; steps++ {
					g.Observe(m.Step(0))
				}
			}
			b.ReportMetric(float64(steps)/float64(b.N), "steps/hit")
		})
	}
}
