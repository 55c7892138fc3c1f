package uprobes

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/events"
	"trapline/internal/x86"
)

// describe prints an analysis as testdata/analysis.txt does.
func describe(i *Instruction, errno events.Errno) string {
	if errno != 0 {
		return fmt.Sprint(-int(errno))
	}
	s := "0 " + hex.EncodeToString(i.Copy[:])
	switch i.Method {
	case EmulateBranch:
		return s + fmt.Sprintf(" branch %d %02x %d", i.Len, i.branch, i.offset)
	case EmulatePush:
		return s + fmt.Sprintf(" push %d %s", i.Len, i.source.Name(x86.AMD64))
	}
	fix := byte(i.Fixups &^ FixRIP)
	if i.Fixups.Has(FixRIP) {
		fix |= map[x86.Reg]byte{x86.RSI: 8, x86.RDI: 16, x86.RBX: 32}[i.Scratch]
	}
	return s + fmt.Sprintf(" step %d %02x", i.Len, fix)
}

// analysis.txt holds what the analysis of Linux 6.1's uprobes, compiled for user space with the kernel's own instruction
// decoder, says of pseudo-random bytes (U4, U7, U15).
func TestU4AnalysisAgreesWithTheKernels(t *testing.T) { compareAnalyses(t, "analysis.txt", 5000) }

// opcodes.txt holds the same of every opcode of the four maps, in both modes, behind no prefix, 66, F3 and F2, with an
// operand that is RIP-relative in 64-bit code. Among them are those whose operand the kernel's decoder does not know.
func TestU4EveryOpcode(t *testing.T) { compareAnalyses(t, "opcodes.txt", 2*4*4*256) }

func compareAnalyses(t *testing.T, file string, lines int) {
	f, err := os.Open("testdata/" + file)
	require.NoError(t, err)
	defer f.Close()
	n := 0
	for in := bufio.NewScanner(f); in.Scan(); n++ {
		mode, rest, _ := strings.Cut(in.Text(), " ")
		text, want, _ := strings.Cut(rest, " ")
		code, err := hex.DecodeString(text)
		require.NoError(t, err)
		m := insn.Mode32
		if mode == "64" {
			m = insn.Mode64
		}
		got := describe(Analyze(code, m))
		in, err := insn.Decode(code, m)
		if err != nil { // #UD whatever its length: refused or not is all that counts
			got, want = got[:1], want[:1]
		}
		toControl := in.Map == insn.Map0F && in.Opcode&^3 == 0x20 // #GP; the processor ignores their mod, the decoder does not
		if toControl || unusedLength.MatchString(want) {
			got, want = stepLength.ReplaceAllString(got, ""), stepLength.ReplaceAllString(want, "")
		}
		if got != want {
			t.Errorf("%s %s: %s, want %s", mode, text, got, want)
		}
	}
	require.Equal(t, lines, n)
}

// unusedLength is of an instruction with no other fix-up than the instruction pointer's, on whose length nothing
// depends: where the kernel's decoder does not know the operands its length is not the processor's. stepLength is any.
var (
	unusedLength = regexp.MustCompile(`step \d+ 0[014]$`)
	stepLength   = regexp.MustCompile(`step \d+`)
)
