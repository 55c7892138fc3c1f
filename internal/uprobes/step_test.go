package uprobes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/x86"
)

const (
	testAddr = 0x401000
	testSlot = 0x7fffffffe080
	testSP   = 0x7fff0000
)

func analyzed(t *testing.T, code ...byte) *Instruction {
	i, errno := Analyze(code, insn.Mode64)
	require.Zero(t, errno)
	return i
}

func refuse(uint64, []byte) bool { return false }

// U8: a call whose push fails is stepped as "call 1f"; if that push succeeds after all, the call is hit anew.
func TestU8CallThatCannotPush(t *testing.T) {
	i := analyzed(t, 0xe8, 0x10, 0x20, 0x30, 0x40)
	require.Equal(t, EmulateBranch, i.Method)
	require.Equal(t, []byte{0xe8, 0, 0, 0, 0}, i.Copy[:5])

	c := emu.Core{RIP: testAddr}
	c.GPR[x86.RSP] = testSP
	require.False(t, i.Emulate(&c, refuse))
	s := i.Begin(&c, testAddr, testSlot)
	require.Equal(t, uint64(testSlot), c.RIP)

	faulted := c
	s.Abort(&faulted)
	require.Equal(t, uint64(testAddr), faulted.RIP)

	c.GPR[x86.RSP] -= 8 // the copy's push
	c.RIP += 5
	o := s.Finish(&c, refuse)
	require.Equal(t, Outcome{Restart: true}, o)
	require.Equal(t, uint64(testAddr), c.RIP)
	require.Equal(t, uint64(testSP), c.GPR[x86.RSP])
}

// U8: the target of an emulated jump is not checked: the processor faults there, not in a slot.
func TestU8JumpToNonCanonicalAddress(t *testing.T) {
	i := analyzed(t, 0xe9, 0xff, 0xff, 0xff, 0x7f)
	c := emu.Core{RIP: 0x7fffffffe000}
	require.True(t, i.Emulate(&c, refuse))
	require.Equal(t, uint64(0x80007fffe004), c.RIP)
}

// U7: the scratch register holds the next instruction's address during the step only, also when the copy faults.
func TestU7ScratchRegister(t *testing.T) {
	i := analyzed(t, 0x48, 0x89, 0x35, 1, 0, 0, 0) // mov %rsi,1(%rip)
	require.Equal(t, x86.RDI, i.Scratch)
	require.Equal(t, []byte{0x48, 0x89, 0xb7, 1, 0, 0, 0}, i.Copy[:7])
	for _, end := range []func(s *Step, c *emu.Core){
		func(s *Step, c *emu.Core) { s.Finish(c, refuse) },
		func(s *Step, c *emu.Core) { s.Abort(c) },
	} {
		c := emu.Core{RIP: testAddr}
		c.GPR[x86.RDI] = 42
		s := i.Begin(&c, testAddr, testSlot)
		require.Equal(t, uint64(testAddr+7), c.GPR[x86.RDI])
		end(&s, &c)
		require.Equal(t, uint64(42), c.GPR[x86.RDI])
	}
}

// U11: the program's own TF survives a step and brings its SIGTRAP; without it the step's TF goes.
func TestU11TrapFlag(t *testing.T) {
	i := analyzed(t, 0x48, 0xff, 0xc0) // inc %rax
	for _, own := range []uint64{0, x86.TF} {
		c := emu.Core{RIP: testAddr, RFLAGS: x86.FlagsFixed | own}
		s := i.Begin(&c, testAddr, testSlot)
		require.NotZero(t, c.RFLAGS&x86.TF)
		c.RIP += 3
		o := s.Finish(&c, refuse)
		require.Equal(t, Outcome{Trap: own != 0}, o)
		require.Equal(t, own, c.RFLAGS&x86.TF)
		require.Equal(t, uint64(testAddr+3), c.RIP)
	}
}

// U9: the traps of one hit.
func TestU9TrapsPerHit(t *testing.T) {
	for _, c := range []struct {
		code           []byte
		probe, returns int
	}{
		{[]byte{0x90}, 1, 2},             // nop
		{[]byte{0x55}, 1, 2},             // push %rbp
		{[]byte{0x41, 0x57}, 1, 2},       // push %r15
		{[]byte{0xeb, 0x00}, 1, 2},       // jmp
		{[]byte{0x48, 0x89, 0xe5}, 2, 3}, // mov %rsp,%rbp
		{[]byte{0x66, 0x90}, 1, 2},       // xchg %ax,%ax
		{[]byte{0x0f, 0x1f, 0}, 2, 3},    // nopl: 6.1 knows 90 only
	} {
		i := analyzed(t, c.code...)
		require.Equal(t, c.probe, i.Traps(false), "% x", c.code)
		require.Equal(t, c.returns, i.Traps(true), "% x", c.code)
	}
}

// U10: 66 before a relative branch, on which Intel and AMD differ, is refused; so is a branch hint's segment prefix.
func TestU10PrefixedBranches(t *testing.T) {
	for _, m := range []insn.Mode{insn.Mode32, insn.Mode64, insn.Mode64AMD} {
		for _, code := range [][]byte{{0x66, 0xe8, 0, 0, 0, 0}, {0x66, 0xe9, 0, 0, 0, 0}, {0x66, 0xeb, 0}, {0x66, 0x0f, 0x84, 0, 0, 0, 0}, {0x3e, 0x74, 0}} {
			_, errno := Analyze(code, m)
			require.EqualValues(t, 524, errno, "%v % x", m, code)
		}
	}
}

// The kernel's decoder knows opcodes by their first byte: these are accepted and then go wrong, in 6.1 too.
func TestU4MistakenOpcodes(t *testing.T) {
	require.Equal(t, EmulateBranch, analyzed(t, 0x41, 0x90).Method, "xchg r8,rax is skipped as a nop")
	require.Equal(t, EmulateBranch, analyzed(t, 0xc5, 0xf9, 0x7f, 0x00).Method, "vmovdqa to memory is taken for jg")
	require.Zero(t, analyzed(t, 0xc5, 0xf8, 0xc2, 0xc1, 0).Fixups, "vcmpps is taken for ret imm16")
	_, errno := Analyze([]byte{0xc5, 0xf9, 0xef, 0xc1}, insn.Mode64)
	require.EqualValues(t, 524, errno, "vpxor is taken for out")
}
