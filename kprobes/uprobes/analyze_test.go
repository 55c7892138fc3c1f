package uprobes

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/kprobes/events"
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
		return s + fmt.Sprintf(" push %d %s", i.Len, i.source.Name(emu.AMD64))
	}
	fix := byte(i.Fixups &^ FixRIP)
	if i.Fixups.Has(FixRIP) {
		fix |= map[emu.Reg]byte{emu.RSI: 8, emu.RDI: 16, emu.RBX: 32}[i.Scratch]
	}
	return s + fmt.Sprintf(" step %d %02x", i.Len, fix)
}

// The file holds what the analysis of Linux 6.1's uprobes, compiled for user space with the kernel's own instruction
// decoder, says of pseudo-random bytes (U4, U7, U15). Left out are instructions of which that decoder does not know
// the length or the operands, and the processor does: 0F 19, 1D, FF (no effect), 0F 20..23 with a mod that is ignored
// (privileged), 66, F2 and F3 before an opcode that they do not belong to, and the extensions RAO-INT and Key Locker.
func TestU4AnalysisAgreesWithTheKernels(t *testing.T) {
	f, err := os.Open("testdata/analysis.txt")
	require.NoError(t, err)
	defer f.Close()
	lines := 0
	for in := bufio.NewScanner(f); in.Scan(); lines++ {
		mode, rest, _ := strings.Cut(in.Text(), " ")
		text, want, _ := strings.Cut(rest, " ")
		code, err := hex.DecodeString(text)
		require.NoError(t, err)
		m := insn.Mode32
		if mode == "64" {
			m = insn.Mode64
		}
		got := describe(Analyze(code, m))
		if _, err := insn.Decode(code, m); err != nil { // #UD whatever its length: refused or not is all that counts
			got, want = got[:1], want[:1]
		}
		if got != want {
			t.Errorf("%s %s: %s, want %s", mode, text, got, want)
		}
	}
	require.Greater(t, lines, 1000)
}
