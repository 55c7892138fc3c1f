package asm_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// refuse assembles text that is wrong, as lines 11 and on of lesson.txtar.
func refuse(t *testing.T, text string) []asm.Diagnostic {
	t.Helper()
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{
		Name: "lesson.txtar", Text: text, FirstLine: 11, Arch: x86.I386, Base: 0x1000,
	})
	var bad *asm.Error
	require.ErrorAs(t, err, &bad)
	return bad.Diagnostics
}

func TestAssemblerErrorsAreAtTheLinesOfTheFile(t *testing.T) {
	got := refuse(t, "nop\n mov $1, %foo\nnop\n frob\n")
	require.Len(t, got, 2)
	assert.Equal(t, asm.Diagnostic{File: "lesson.txtar", Line: 12, Msg: "bad register name `%foo'"}, got[0])
	assert.Equal(t, 14, got[1].Line)
	assert.Equal(t, "lesson.txtar:12: bad register name `%foo'", got[0].String())
}

func TestErrorInAMacroNotesItsUse(t *testing.T) {
	got := refuse(t, ".macro m\n frob\n.endm\nnop\nm\n")
	require.Len(t, got, 2)
	assert.Equal(t, asm.SeverityError, got[0].Severity)
	assert.Equal(t, asm.SeverityNote, got[1].Severity)
	assert.Equal(t, 15, got[1].Line)
}

func TestUndefinedSymbolsAreAtTheLinesOfTheFile(t *testing.T) {
	got := refuse(t, "_start: nop\n call nowhere\n.data\n.byte 0\n.long nothing # nothing\n.long nothing\n")
	require.Len(t, got, 3)
	assert.Equal(t, asm.Diagnostic{File: "lesson.txtar", Line: 12, Msg: "undefined reference to `nowhere'"}, got[0])
	for _, d := range got[1:] { // data has no line information: the first mention
		assert.Equal(t, asm.Diagnostic{File: "lesson.txtar", Line: 15, Msg: "undefined reference to `nothing'"}, d)
	}
}

func TestRelocationOverflowIsAtTheLineOfTheFile(t *testing.T) {
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{
		Name: "a.S", Text: "_start: nop\n movl $_start, %eax\n", FirstLine: 11, Arch: x86.AMD64, Base: amd64Base,
	})
	var bad *asm.Error
	require.ErrorAs(t, err, &bad)
	require.Len(t, bad.Diagnostics, 1)
	assert.Equal(t, 12, bad.Diagnostics[0].Line)
	assert.Contains(t, bad.Diagnostics[0].Msg, "relocation truncated to fit")
}

func TestUndefinedLocalLabelHasNoLine(t *testing.T) {
	got := refuse(t, "jmp 1f\n")
	require.Len(t, got, 1)
	assert.Zero(t, got[0].Line)
	assert.Contains(t, got[0].Msg, "not defined")
}

func TestOverlappingBasesAreAnError(t *testing.T) {
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{
		Name: "a.S", Arch: x86.I386, Base: 0x1000, DataBase: 0x1001, Text: "nop; nop\n.data\n.long 1\n",
	})
	var bad *asm.Error
	require.ErrorAs(t, err, &bad)
	assert.Contains(t, err.Error(), "overlaps")
}

func TestBasesInOnePageAreAnError(t *testing.T) {
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{
		Name: "a.S", Arch: x86.I386, Base: 0x1000, DataBase: 0x1800, Text: "nop; nop\n.data\n.long 1\n",
	})
	assert.ErrorIs(t, err, loader.ErrMalformed)
	assert.ErrorContains(t, err, "share a page")
}

func TestWarningsAreGivenAway(t *testing.T) {
	var got []asm.Diagnostic
	assemble(t, asm.Source{
		Name: "w.S", Text: "nop\n movb $0x1234, %al\n", FirstLine: 5, Arch: x86.I386, Base: 0x1000,
		OnWarning: func(d asm.Diagnostic) { got = append(got, d) },
	})
	require.Len(t, got, 1)
	assert.Equal(t, "w.S:6: warning: 0x1234 shortened to 0x34", got[0].String())
}

func TestDiagnosticsAreBounded(t *testing.T) {
	assert.Len(t, refuse(t, strings.Repeat("frob\n", 1000)), 50)
}

func TestWideBaseIsRefusedFor32Bits(t *testing.T) {
	_, err := asm.Assemble(context.Background(), asm.Source{Name: "a.S", Arch: x86.I386, Base: 1 << 32, Text: "nop\n"})
	assert.ErrorContains(t, err, "expected 32 bits")
}
