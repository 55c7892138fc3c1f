package story

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

func names(a x86.Arch, s Syntax) *Names {
	return &Names{Arch: a, Syntax: s, Symbols: loader.NewSymbols([]loader.Symbol{
		{Name: "main", Addr: 0x1000, Size: 0x100, Kind: loader.Function},
		{Name: "table", Addr: 0x2000, Size: 0x10, Kind: loader.Object},
		{Name: "x", Addr: 0x3000, Size: 4, Kind: loader.Object},
	})}
}

func TestDisassemble(t *testing.T) {
	for _, c := range []struct {
		arch   x86.Arch
		syntax Syntax
		code   string
		want   string
	}{
		{x86.I386, ATT, "\x83\xc0\x05", "add $0x5,%eax"},
		{x86.I386, Intel, "\x83\xc0\x05", "add eax, 0x5"},
		{x86.I386, ATT, "\xe8\xfb\x0f\x00\x00", "call table"},
		{x86.I386, ATT, "\xeb\x04", "jmp main+0x6"},
		{x86.I386, ATT, "\xcc", "int3"},
		{x86.I386, ATT, "\x75\xfe", "jne main"},
		{x86.AMD64, ATT, "\x48\x8b\x05\xf9\x0f\x00\x00", "mov table(%rip),%rax"},
		{x86.AMD64, ATT, "\xc7\x05\xf6\x1f\x00\x00\x01\x00\x00\x00", "movl $0x1,x(%rip)"},
		{x86.AMD64, ATT, "\xf0\xff\x05\xf9\x1f\x00\x00", "lock incl x(%rip)"},
		{x86.AMD64, ATT, "\x0f\x0a", ".byte 0x0f,0x0a"}, // no instruction
		{x86.AMD64, ATT, "\xc5\xf8\x28\x05\xf8\x0f\x00\x00", "vmovaps table(%rip),%xmm0"},
		{x86.AMD64, Intel, "\xc4\xe2\x70\xf2\xc3", "andn eax, ecx, ebx"},
		{x86.I386, ATT, "\xf3\x0f\x38\xf6\xc3", "adox %ebx,%eax"},
		{x86.AMD64, ATT, "\xc4\xe2\x71\x50\xc3", ".byte 0xc4,0xe2,0x71,0x50,0xc3"}, // AVX-VNNI
	} {
		assert.Equal(t, c.want, names(c.arch, c.syntax).Disassemble(insn.ModeOf(c.arch), []byte(c.code), 0x1000), "% x", c.code)
	}
}

func TestNormalFoldsKernelText(t *testing.T) {
	tell := Teller{Level: Normal}
	kernel := &Record{Kind: "instruction", Kernel: true, At: "do_int3", Text: "push %ebp"}
	for range 3 {
		assert.Empty(t, tell.Tell(kernel))
	}
	switched := &Record{Kind: "instruction", Kernel: true, At: "do_int3+0x9", Text: "sti", Flags: []Flag{{"IF", true}}}
	assert.Len(t, tell.Tell(switched), 1, "a change of IF is always told")
	lines := tell.Tell(&Record{Kind: "instruction", At: "main", Text: "nop"})
	require.Len(t, lines, 2)
	assert.Equal(t, "          (3 kernel instructions in between are not shown)", lines[0].String())
	assert.Len(t, (&Teller{Level: Verbose}).Tell(kernel), 1)
	assert.Empty(t, (&Teller{Level: None}).Tell(kernel))
}

func TestReasonsAreBrokenAtWords(t *testing.T) {
	lines := reason(Line{{Plain, strings.Repeat(" ", 40)}}, "K4", strings.Repeat("word ", 40))
	require.Greater(t, len(lines), 1)
	for _, l := range lines {
		assert.LessOrEqual(t, len(l.String()), lineWidth)
		assert.False(t, strings.HasSuffix(l.String(), "wor"))
	}
}

func TestHexIsAStringInJSON(t *testing.T) {
	b, err := Hex(0xffffffff80100000).MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "0xffffffff80100000", string(b))
	var h Hex
	require.NoError(t, h.UnmarshalText(b))
	assert.Equal(t, Hex(0xffffffff80100000), h)
	assert.Error(t, h.UnmarshalText([]byte("x")))
}
