package explore

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/sched"
	"trapline/internal/x86"
)

// Each of two vCPUs adds one to a word, without LOCK: a load, an addition and a
// store. lines are where lines of C begin; nil: there are none.
func adding(t *testing.T, lines ...uint64) func() (System, error) {
	line := func(at uint64) (n int) {
		for i, begin := range lines {
			if at >= begin {
				n = i + 1
			}
		}
		return n
	}
	return func() (System, error) {
		m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 2, Memory: 1 << 20})
		require.NoError(t, err)
		s := m.CPUs[0].Space
		for va, prot := range map[uint64]emu.Prot{0x1000: emu.Exec, 0x5000: emu.Write, 0x7000: emu.Write} {
			f, err := m.Mem.Alloc()
			require.NoError(t, err)
			require.NoError(t, s.Map(va, f, 1, prot))
		}
		require.NoError(t, m.WriteBytes(s, 0x1000, []byte{
			0xa1, 0, 0x50, 0, 0, // 1000 mov 0x5000,%eax
			0x40,                // 1005 inc %eax
			0xa3, 0, 0x50, 0, 0, // 1006 mov %eax,0x5000
			0xf4, // 100b hlt
		}))
		m.PokeWord(s, 0x7008, 8, x86.FlatCode32.Encode())
		m.PokeWord(s, 0x7010, 8, x86.FlatData.Encode())
		for _, c := range m.CPUs {
			c.Sys.GDTR = emu.TableReg{Base: 0x7000, Limit: 0x17}
			require.Nil(t, m.LoadCode(c, 8, 0))
			require.Nil(t, m.LoadData(c, x86.DS, 16))
			c.RIP = 0x1000
		}
		var c MachineConfig
		if lines != nil {
			c.InOneLine = func(a, b uint64) bool { return line(a) == line(b) }
		}
		return NewMachine(m, c), nil
	}
}

// A line with one access that others can see loses no end as one step. One with
// two loses the lost update, and the comparison with instructions shows it.
func TestGrainNeedsOneAccessALine(t *testing.T) {
	for name, x := range map[string]struct {
		lines []uint64
		ends  int
		grain Grain
	}{
		"instructions":        {nil, 3, WholeInstructions},
		"one access a line":   {[]uint64{0x1000, 0x1005, 0x100b}, 3, WholeLines},
		"two accesses a line": {[]uint64{0x1000, 0x100b}, 2, WholeLines},
	} {
		for _, plain := range []bool{false, true} {
			r, err := Search(t.Context(), adding(t, x.lines...), Options{KeepOutcomes: true, NoReduction: plain})
			require.NoError(t, err)
			require.True(t, r.Exhausted)
			require.Len(t, r.Outcomes, x.ends, name)
			require.Equal(t, x.grain, r.Verdict().Grain, name)
		}
	}
}

// Random executions do not come between the instructions of a line either.
func TestGrainOfExecutions(t *testing.T) {
	for n := range 50 {
		sys, err := adding(t, 0x1000, 0x1005, 0x100b)()
		require.NoError(t, err)
		s := &sched.Random{Seed: 1}
		s.Begin(n)
		out := Run(sys, s, 0)
		require.True(t, out.Ended)
		done := map[int]uint64{}
		for _, r := range out.Schedule.Runs() {
			done[r.Actor] += r.Steps
			require.NotEqual(t, uint64(2), done[r.Actor], "cpu%d is left behind inc in %v", r.Actor, out.Schedule.Runs())
		}
		sys.Close()
	}
}

// Where registers of others or clocks are looked at, an instruction is a step.
func TestGrainOfWhatOthersAsk(t *testing.T) {
	sys, err := adding(t, 0x1000)()
	require.NoError(t, err)
	defer sys.Close()
	m := sys.(*Machine)
	for asked, want := range map[Asked]Grain{{}: WholeLines, {Registers: true}: WholeInstructions, {Clocks: true}: WholeInstructions} {
		m.Tell(asked)
		require.Equal(t, want, m.Grain())
		require.NotNil(t, m.Step(0))
		require.Equal(t, want == WholeLines, m.Within(0) || m.M.CPUs[0].RIP > 0x1006, asked)
		m.M.CPUs[0].RIP = 0x1000
	}
}
