package native_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/native"
)

// open starts a processor, and skips the test where the machine does not allow it.
func open(t testing.TB, mode silicon.Mode) *native.Processor {
	t.Helper()
	p, err := native.Open(mode)
	if errors.Is(err, native.ErrUnavailable) {
		t.Skipf("%s: %v", mode, err)
	}
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// program returns code at the start of the code region, with the reset state.
func program(mode silicon.Mode, code ...byte) *silicon.Program {
	return &silicon.Program{
		Mode: mode, Origin: silicon.CodeBase, Code: code,
		Stop: silicon.CodeBase + uint64(len(code)), Init: silicon.Reset(mode),
	}
}

// run runs p and returns its steps.
func run(t *testing.T, p *native.Processor, prog *silicon.Program) []silicon.Step {
	t.Helper()
	const maxSteps = 50
	steps, err := p.Run(prog, maxSteps)
	require.NoError(t, err)
	return steps
}

func TestStepReportsRegistersFlagsAndMemory(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0x01, 0xd8, 0x50) // add eax, ebx; push rax
		prog.Init.GPR[silicon.RAX], prog.Init.GPR[silicon.RBX] = 0xfffffffe, 2
		steps := run(t, p, prog)
		require.Len(t, steps, 2)

		add := steps[0]
		require.EqualValues(t, silicon.CodeBase, add.PC)
		require.EqualValues(t, silicon.CodeBase+2, add.State.RIP)
		require.Zero(t, add.State.GPR[silicon.RAX])
		const carryOut = silicon.CF | silicon.ZF | silicon.PF | silicon.AF
		require.Equal(t, carryOut|silicon.IF|silicon.FlagOne, add.State.RFLAGS)
		require.Empty(t, add.Changes)

		width := uint64(mode) / 8
		push := steps[1]
		require.Equal(t, prog.Init.GPR[silicon.RSP]-width, push.State.GPR[silicon.RSP])
		require.Empty(t, push.Changes, "the stack held zero before")
	}
}

func TestChangesHoldWhatAStoreWrote(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0x89, 0x03, 0xc6, 0x43, 0x07, 0x99) // mov [rbx], eax; mov byte [rbx+7], 0x99
		prog.Init.GPR[silicon.RAX] = 0x44332211
		prog.Init.GPR[silicon.RBX] = silicon.DataBase + 100
		prog.Data = make([]byte, 200)
		prog.Data[101] = 0x22 // stays as it is
		steps := run(t, p, prog)
		require.Equal(t, []silicon.Change{
			{Addr: silicon.DataBase + 100, Bytes: []byte{0x11}},
			{Addr: silicon.DataBase + 102, Bytes: []byte{0x33, 0x44}},
		}, steps[0].Changes)
		require.Equal(t, []silicon.Change{{Addr: silicon.DataBase + 107, Bytes: []byte{0x99}}}, steps[1].Changes)
	}
}

func TestFaultsEndTheRunWithTheirSignal(t *testing.T) {
	const unmapped = silicon.DataBase + silicon.DataSize
	tests := []struct {
		name string
		code []byte
		want silicon.Signal
		next int // RIP after it, from the start of the code
	}{
		{"div by zero", []byte{0x31, 0xc9, 0xf7, 0xf1}, silicon.Signal{Number: silicon.SIGFPE, Code: silicon.CodeIntDivide, Addr: silicon.CodeBase + 2}, 2},
		{"ud2", []byte{0x90, 0x0f, 0x0b}, silicon.Signal{Number: silicon.SIGILL, Code: silicon.CodeBadOperand, Addr: silicon.CodeBase + 1}, 1},
		{"cli", []byte{0x90, 0xfa}, silicon.Signal{Number: silicon.SIGSEGV, Code: silicon.CodeKernel}, 1},
		{"int3", []byte{0x90, 0xcc}, silicon.Signal{Number: silicon.SIGTRAP, Code: silicon.CodeKernel}, 2},
		{"load from an unmapped page", []byte{0x90, 0x8b, 0x03}, silicon.Signal{Number: silicon.SIGSEGV, Code: silicon.CodeUnmapped, Addr: unmapped}, 1},
		{"store to code", []byte{0x90, 0x89, 0x06}, silicon.Signal{Number: silicon.SIGSEGV, Code: silicon.CodeProtected, Addr: silicon.CodeBase}, 1},
		{"int 0x80", []byte{0x90, 0xcd, 0x80}, silicon.Signal{Number: silicon.SIGSYS}, 3},
	}
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		for _, test := range tests {
			t.Run(mode.String()+" "+test.name, func(t *testing.T) {
				prog := program(mode, append(test.code, 0x90, 0x90)...)
				prog.Init.GPR[silicon.RAX] = 20 // getpid: it must not be carried out
				prog.Init.GPR[silicon.RBX], prog.Init.GPR[silicon.RSI] = unmapped, silicon.CodeBase
				steps := run(t, p, prog)
				require.Len(t, steps, 2)
				require.Equal(t, test.want, steps[1].Signal)
				require.EqualValues(t, silicon.CodeBase+test.next, steps[1].State.RIP)
			})
		}
	}
}

func TestDataIsNotExecutable(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0xff, 0xe3) // jmp rbx
		prog.Init.GPR[silicon.RBX] = silicon.DataBase
		steps := run(t, p, prog)
		require.Len(t, steps, 2, "the jump itself succeeds")
		require.Equal(t, silicon.Signal{Number: silicon.SIGSEGV, Code: silicon.CodeProtected, Addr: silicon.DataBase}, steps[1].Signal)
	}
}

func TestRepeatedStringStepsOnceAnIteration(t *testing.T) { // P8
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0xf3, 0xa4, 0x90) // rep movsb; nop
		prog.Init.GPR[silicon.RCX] = 3
		prog.Init.GPR[silicon.RSI], prog.Init.GPR[silicon.RDI] = silicon.DataBase, silicon.DataBase+64
		var at []uint64
		for _, s := range run(t, p, prog) {
			at = append(at, s.PC-silicon.CodeBase)
		}
		require.Equal(t, []uint64{0, 0, 0, 2}, at)
	}
}

func TestRunnersTrapFlagDoesNotShow(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0x9c, 0x58, 0x50, 0x9d, 0x90) // pushf; pop rax; push rax; popf; nop
		steps := run(t, p, prog)
		require.Equal(t, silicon.Reset(mode).RFLAGS, steps[1].State.GPR[silicon.RAX])
		for _, s := range steps {
			require.Zero(t, s.State.RFLAGS&silicon.TF)
		}
	}
}

func TestFloatingPointStateGoesInAndComesOut(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		prog := program(mode, 0xd9, 0xe8, 0x0f, 0x58, 0xc1) // fld1; addps xmm0, xmm1
		prog.Init.XMM[0] = [16]byte{3: 0x3f, 2: 0x80}       // 1.0
		prog.Init.XMM[1] = [16]byte{3: 0x40}                // 2.0
		steps := run(t, p, prog)
		require.Equal(t, [10]byte{9: 0x3f, 8: 0xff, 7: 0x80}, steps[0].State.X87.ST[0])
		require.EqualValues(t, 0x80, steps[0].State.X87.Tag)
		require.EqualValues(t, 7<<11, steps[0].State.X87.Status)
		require.Equal(t, [16]byte{3: 0x40, 2: 0x40}, steps[1].State.XMM[0]) // 3.0
	}
}

func TestProgramsDoNotSeeEachOther(t *testing.T) {
	for _, mode := range silicon.Modes {
		p := open(t, mode)
		first := program(mode, 0xfd, 0x9d, 0xd9, 0xe8, 0x89, 0x03, 0xcd, 0x80) // std; popf; fld1; mov [rbx], eax; int 0x80
		first.Init.GPR[silicon.RBX] = silicon.DataBase
		first.Init.GPR[silicon.RAX] = 0xdead
		run(t, p, first)
		second := program(mode, 0x8b, 0x03) // mov eax, [rbx]
		second.Init.GPR[silicon.RBX] = silicon.DataBase
		steps := run(t, p, second)
		want := second.Init
		want.RIP += 2
		require.Equal(t, []silicon.Step{{PC: silicon.CodeBase, State: want}}, steps)
	}
}

func TestProgramOfAnotherModeIsRefused(t *testing.T) {
	p := open(t, silicon.Mode64)
	_, err := p.Run(program(silicon.Mode32, 0x90), 1)
	require.ErrorContains(t, err, "32-bit program")
}

func BenchmarkStep(b *testing.B) {
	for _, mode := range silicon.Modes {
		b.Run(mode.String(), func(b *testing.B) {
			p := open(b, mode)
			prog := program(mode, 0x01, 0xd8, 0x90, 0x50, 0x58, 0x0f, 0x58, 0xc1, 0x90, 0x90)
			const instructions = 7
			for b.Loop() {
				_, err := p.Run(prog, instructions)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N*instructions)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
