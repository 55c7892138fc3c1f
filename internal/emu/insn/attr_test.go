package insn

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Attributes by mnemonic are compared with objdump in TestAgainstObjdump; these are the ones it cannot name.
func TestAttributes(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		text string
		want Attr
	}{
		{Mode64, "90", Nop90},
		{Mode64, "66 90", Nop90},
		{Mode64, "48 90", Nop90},
		{Mode64, "41 90", 0}, // xchg r8d,eax
		{Mode64, "f3 90", Pause},
		{Mode64, "0f 1f 44 00 00", NopModRM},
		{Mode64, "f3 0f 1e fa", HintNop}, // endbr64
		{Mode64, "0f 0d 08", HintNop},
		{Mode32, "17", SegLoad | MovSS},
		{Mode32, "8e d0", SegLoad | MovSS},
		{Mode32, "8e d8", SegLoad},
		{Mode32, "0f b2 00", SegLoad | Memory}, // lss holds nothing off
		{Mode32, "fb", Sti | IOPL},
		{Mode32, "cc", Int3 | Terminate},
		{Mode32, "cd 03", IntN | Terminate},
		{Mode32, "75 00", Jcc | ConditionCode | Terminate},
		{Mode32, "0f 0b", Undefined | Terminate},
		{Mode32, "f4", Hlt | Privileged | Terminate},
		{Mode64, "0f 05", Syscall | Terminate},
		{Mode64, "0f 01 c1", Terminate}, // vmcall
		{Mode64, "c6 f8 00", Terminate}, // xabort
		{Mode64, "f3 a4", String},
		{Mode64, "a4", String},
		{Mode64, "0f ae 00", X87 | SSE | Memory}, // fxsave
		{Mode64, "0f 6f c1", MMX},
		{Mode64, "66 0f 6f c1", SSE},
		{Mode64, "c5 f9 6f c1", AVX},
		{Mode64, "62 f1 7d 48 6f c1", AVX512},
		{Mode64, "c4 e2 78 f2 c1", 0}, // andn is not a vector instruction
		{Mode64, "0f 22 d8", CR | Privileged},
		{Mode64, "0f 23 f8", DR | Privileged},
	} {
		i := decode(t, c.mode, c.text)
		assert.Equal(t, c.want.String(), i.Attr().String(), "%v %s", c.mode, c.text)
	}
}

func TestAttrNames(t *testing.T) {
	assert.Equal(t, bits.Len64(uint64(AVX512)), len(attrNames))
	assert.Equal(t, "none", Attr(0).String())
	assert.Equal(t, "jmp|terminates-block", (JmpRel | Terminate).String())
	assert.Equal(t, "avx512|bit63", (AVX512 | 1<<63).String())
}
