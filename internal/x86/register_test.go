package x86

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRegisterNames: SDM vol. 1, tables 3-1 and 3-2.
func TestRegisterNames(t *testing.T) {
	require.Equal(t, []string{"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"}, I386.RegNames())
	require.Equal(t, []string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"}, AMD64.RegNames())
	for r, names := range map[Reg][3]string{RCX: {"cx", "ecx", "rcx"}, RSP: {"sp", "esp", "rsp"}, R8: {"r8w", "r8d", "r8"}, R15: {"r15w", "r15d", "r15"}} {
		assert.Equal(t, names, [...]string{r.NameOf(2), r.NameOf(4), r.NameOf(8)})
	}
	for i, name := range []string{"es", "cs", "ss", "ds", "fs", "gs"} {
		s, ok := SegmentNamed(name)
		assert.True(t, ok)
		assert.Equal(t, i, s)
		assert.Equal(t, name, SegmentName(s))
	}
	_, ok := SegmentNamed("ip")
	assert.False(t, ok)
}

func TestParseReg(t *testing.T) {
	for _, a := range []Arch{I386, AMD64} {
		for i, name := range a.RegNames() {
			r, err := ParseReg(a, "%"+name)
			require.NoError(t, err)
			require.Equal(t, Reg(i), r)
		}
	}
	_, err := ParseReg(I386, "rax")
	require.EqualError(t, err, `"rax" is not a general register of i386; expected one of eax ecx edx ebx esp ebp esi edi`)
}
