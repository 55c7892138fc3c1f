package asm_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/x86"
)

func TestReadingFilesIsRefusedAtItsPlace(t *testing.T) {
	for _, c := range []struct {
		text      string
		line, col int
	}{
		{"nop\n.incbin \"/etc/passwd\"\n", 12, 1},
		{"nop\n  .INCLUDE \"x\"\n", 12, 3},
		{"a: .incbin\t\"x\"\n", 11, 4},
		{"nop; .include \"x\"\n", 11, 6},
		{"/* c */ .include \"x\"\n", 11, 9},
		{"/* two\n lines */.include \"x\"\n", 12, 10},
		{".macro m d f\n\\d \\f\n.endm\nm .incbin, \"/etc/passwd\"\n", 14, 3},
		{".mri 1\n include \"x\"\n", 11, 1},
		{"mov $'\", %al; .include \"x\"\n", 11, 15},
		{".ascii \"a\\\"\"; .include \"x\"\n", 11, 15},
	} {
		got := refuse(t, c.text)
		require.Len(t, got, 1, c.text)
		assert.Equal(t, [2]int{c.line, c.col}, [2]int{got[0].Line, got[0].Col}, c.text)
		assert.Contains(t, got[0].Msg, "not allowed", c.text)
	}
}

func TestReadingFilesThroughMacrosIsRefused(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hidden words\n"), 0o644))
	for _, text := range []string{
		".macro m x\n.inc\\x \"" + secret + "\"\n.endm\nm bin\n",
		".macro m x\n.inc\\x \"" + secret + "\"\n.endm\nm lude\n",
		".irp x, bin\n.inc\\x \"" + secret + "\"\n.endr\n",
	} {
		for _, d := range refuse(t, text) {
			assert.Contains(t, d.Msg, "may not read files", text)
			assert.NotContains(t, d.Msg, "hidden")
		}
	}
}

func TestWordsInCommentsAndStringsAreNoDirectives(t *testing.T) {
	assemble(t, asm.Source{Arch: x86.I386, Base: 0x1000, Text: strings.Join([]string{
		"# .include is not used here", "nop # nor .incbin", "/* nor", " .line 5 */",
		`.ascii ".include \"x\" .loc 1"`, "jmp .local", ".local:", "my.include: nop", "# 12 apples", "",
	}, "\n")})
}

func TestRenumberingLinesIsRefused(t *testing.T) {
	for _, text := range []string{
		"nop\n# 7 \"other.S\"\n", "nop\n.line 7\n", "nop\n.loc 1 7\n", "nop\n.file 1 \"x.c\"\n", "nop\n.linefile 7 \"x\"\n",
	} {
		got := refuse(t, text)
		require.Len(t, got, 1, text)
		assert.Equal(t, 12, got[0].Line, text)
		assert.Contains(t, got[0].Msg, "lines of this file", text)
	}
}

func TestExplodingSourceHitsABound(t *testing.T) {
	needBinutils(t)
	for name, c := range map[string]struct{ text, want string }{
		"fill":         {".fill 1000000000, 8, 1\n", "wrote over"},
		"org":          {".org 0x7fffffff\nnop\n", "wrote over"},
		"rept":         {".rept 1000000000\nnop\n.endr\n", "memory"},
		"bss":          {"nop\n.bss\n.space 0x40000000\n", "memory"},
		"large source": {strings.Repeat("nop\n", asm.MaxSource/4+1), "source of"},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := asm.Assemble(context.Background(), asm.Source{
				Name: "a.S", Text: c.text, Arch: x86.I386, Base: 0x1000,
			})
			require.Error(t, err)
			assert.ErrorContains(t, err, c.want)
			assert.Less(t, time.Since(start), 10*time.Second)
		})
	}
}

func TestMacroRecursionIsAnError(t *testing.T) {
	got := refuse(t, ".macro r\nr\n.endm\nr\n")
	assert.Contains(t, got[0].Msg, "nested too deeply")
}

func TestEndlessExpansionEndsWithTheContext(t *testing.T) {
	needBinutils(t)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	text := ".altmacro\n.macro a n\n.if n\na %n-1\na %n-1\n.endif\n.endm\na 60\n"
	_, err := asm.Assemble(ctx, asm.Source{Name: "a.S", Text: text, Arch: x86.I386, Base: 0x1000})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	assemble(t, asm.Source{Arch: x86.I386, Base: 0x1000, Text: "nop\n"})
	refuse(t, "frob\n")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
