package silicon_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
)

// oneStep returns a program of one instruction and a run of it that changes nothing but RIP.
func oneStep(code ...byte) (*silicon.Program, []silicon.Step) {
	p := &silicon.Program{
		Mode: silicon.Mode64, Origin: silicon.CodeBase, Code: code,
		Stop: silicon.CodeBase + uint64(len(code)), Init: silicon.Reset(silicon.Mode64),
	}
	s := silicon.Step{PC: p.Origin, State: p.Init}
	s.State.RIP = p.Stop
	return p, []silicon.Step{s}
}

func TestCompareNamesTheFirstDifference(t *testing.T) {
	tests := []struct {
		name   string
		change func(*silicon.Step)
		want   string
	}{
		{"register", func(s *silicon.Step) { s.State.GPR[silicon.RBX] = 7 }, "rbx is 0x0 on the processor, 0x7 here"},
		{"flag", func(s *silicon.Step) { s.State.RFLAGS |= silicon.CF | silicon.ZF }, "rflags is 0x202 on the processor, 0x243 here (CF ZF)"},
		{"vector", func(s *silicon.Step) { s.State.XMM[3][15] = 1 }, "xmm3 is 0x0:0000000000000000 on the processor, 0x100000000000000:0000000000000000 here"},
		{"signal", func(s *silicon.Step) { s.Signal = silicon.Signal{Number: silicon.SIGILL, Code: 2} }, "signal is no signal on the processor, SIGILL code 2 address 0x0 here"},
		{"memory", func(s *silicon.Step) {
			s.Changes = []silicon.Change{{Addr: silicon.DataBase, Bytes: []byte{9}}}
		}, "memory at 0x600000 is unchanged on the processor, 0x09 here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, want := oneStep(0x90)
			_, got := oneStep(0x90)
			test.change(&got[0])
			var c silicon.Comparer
			d := c.Compare(p, want, got)
			require.NotNil(t, d)
			require.Equal(t, "64-bit step 0 at 0x400000: 90 (nop): "+test.want, d.String())
		})
	}
}

func TestCompareSeesAMissingStep(t *testing.T) {
	p, want := oneStep(0x90)
	var c silicon.Comparer
	require.Equal(t, "number of steps", c.Compare(p, want, nil).Field)
	require.Nil(t, c.Compare(p, want, want))
}

func TestCompareLeavesUndefinedFlagsOut(t *testing.T) {
	p, want := oneStep(0xf7, 0xe3) // mul ebx: AF is undefined, CF is not
	_, got := oneStep(0xf7, 0xe3)
	var c silicon.Comparer
	got[0].State.RFLAGS |= silicon.AF
	require.Nil(t, c.Compare(p, want, got))
	got[0].State.RFLAGS |= silicon.CF
	require.Equal(t, silicon.CF, c.Compare(p, want, got).Bits)
}

func TestCompareEndsWhereAnUndefinedFlagIsRead(t *testing.T) {
	p, _ := oneStep(0xf7, 0xe3, 0x0f, 0x94, 0xc0) // mul ebx; sete al
	run := func(al uint64) []silicon.Step {
		a := silicon.Step{PC: p.Origin, State: p.Init}
		a.State.RIP += 2
		b := silicon.Step{PC: a.State.RIP, State: a.State}
		b.State.RIP += 3
		b.State.GPR[silicon.RAX] = al
		return []silicon.Step{a, b}
	}
	var c silicon.Comparer
	require.Nil(t, c.Compare(p, run(0), run(1)))
	require.Equal(t, 1, c.Cut)
	require.Equal(t, 1, c.Steps)
}

func TestExceptionLetsADifferencePass(t *testing.T) {
	p, want := oneStep(0x90)
	_, got := oneStep(0x90)
	got[0].State.MXCSR ^= 1
	known := &silicon.Exception{
		Reason: "a test",
		Match:  func(d *silicon.Difference) bool { return d.Field == "mxcsr" && d.Bits == 1 },
	}
	c := silicon.Comparer{Exceptions: []*silicon.Exception{known}}
	require.Nil(t, c.Compare(p, want, got))
	require.Equal(t, 1, known.Count)
	got[0].State.GPR[silicon.RAX] = 1
	require.NotNil(t, c.Compare(p, want, got), "other differences still count")
}

func TestEmptyX87RegistersAreNotCompared(t *testing.T) {
	p, want := oneStep(0x90)
	_, got := oneStep(0x90)
	got[0].State.X87.ST[0][9] = 1
	var c silicon.Comparer
	require.Nil(t, c.Compare(p, want, got))
	want[0].State.X87.Tag, got[0].State.X87.Tag = 1, 1
	require.Equal(t, "st(0)", c.Compare(p, want, got).Field)
}
