package insn

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Registers that objdump prints are compared in TestAgainstObjdump; these are the implicit ones.
func TestUsedGPRsImplicit(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		text string
		want GPRSet
	}{
		{Mode64, "f3 a4", rSI | rDI | rCX},
		{Mode64, "a4", rSI | rDI},
		{Mode64, "ab", rAX | rDI},
		{Mode64, "f7 f1", rAX | rDX | rCX},    // div ecx
		{Mode64, "0f af c8", rAX | rCX},       // imul ecx,eax
		{Mode64, "d3 e3", rBX | rCX},          // shl ebx,cl
		{Mode64, "0f b1 0f", rAX | rCX | rDI}, // cmpxchg [rdi],ecx
		{Mode64, "0f c7 0e", rAX | rBX | rCX | rDX | rSI},
		{Mode64, "0f a2", rAX | rBX | rCX | rDX},
		{Mode64, "0f 05", rCX | r11},
		{Mode64, "53", rBX | rSP},
		{Mode64, "c9", rBP | rSP},
		{Mode64, "d7", rAX | rBX},
		{Mode64, "e2 00", rCX},
		{Mode32, "60", lowGPR},
		{Mode64, "c4 e2 fb f6 c3", rAX | rBX | rDX}, // mulx
		{Mode64, "66 0f f7 c1", rDI},                // maskmovdqu
		{Mode64, "df e0", rAX},                      // fnstsw
	} {
		assert.Equal(t, c.want.String(), decode(t, c.mode, c.text).UsedGPRs().String(), "%v %s", c.mode, c.text)
	}
}

// U7: what UsedGPRs leaves out can serve as scratch register of a RIP-relative instruction.
func TestU7RIPRelativeUsesNoBase(t *testing.T) {
	for text, want := range map[string]GPRSet{
		"48 8b 35 00 00 00 00":       rSI,                   // mov rsi,[rip]
		"4c 8b 35 00 00 00 00":       1 << 14,               // mov r14,[rip]
		"c4 e2 c0 f2 35 00 00 00 00": rSI | rDI,             // andn rsi,rdi,[rip]
		"c4 62 40 f2 35 00 00 00 00": 1<<14 | rDI,           // andn r14d,edi,[rip]
		"48 0f c7 0d 00 00 00 00":    rAX | rBX | rCX | rDX, // cmpxchg16b [rip]
		"c5 f8 10 05 00 00 00 00":    0,                     // vmovups xmm0,[rip]
		"f6 25 00 00 00 00":          rAX,                   // mul byte [rip]
		"ff 35 00 00 00 00":          rSP,                   // push [rip]
		"8a 25 00 00 00 00":          rAX,                   // mov ah,[rip]
		"40 8a 25 00 00 00 00":       rSP,                   // mov spl,[rip]
	} {
		i := decode(t, Mode64, text)
		assert.True(t, i.RIPRelative, text)
		assert.Equal(t, want.String(), i.UsedGPRs().String(), text)
	}
}

func TestGPRSet(t *testing.T) {
	assert.Equal(t, "none", GPRSet(0).String())
	assert.Equal(t, "rax|r11", (rAX | r11).String())
	assert.True(t, r11.Has(11) && !r11.Has(3))
}
