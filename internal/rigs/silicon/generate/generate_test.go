package generate_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/generate"
)

func TestSequenceIsAFunctionOfSeedAndIndex(t *testing.T) {
	for _, mode := range silicon.Modes {
		config := generate.Config{Mode: mode, Seed: 7, Groups: generate.AllGroups}
		a, b := generate.New(config), generate.New(config)
		for _, i := range []uint64{3, 1, 4, 1, 5, 900} {
			a.Sequence(i + 1) // sequences are independent of each other
			require.Equal(t, a.Sequence(i), b.Sequence(i))
		}
		config.Seed = 8
		require.NotEqual(t, a.Sequence(1).Code, generate.New(config).Sequence(1).Code)
	}
}

// TestEverySequenceDecodes holds the encoder against an independent disassembler: objdump must
// see the same instruction boundaries and no byte it cannot decode.
func TestEverySequenceDecodes(t *testing.T) {
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			// Groups left out are those whose instructions are meant not to decode.
			g := generate.New(generate.Config{Mode: mode, Seed: 1, Groups: generate.AllGroups &^ (generate.Fault | generate.IllegalLock)})
			var code []byte
			starts := map[int]string{}
			for i := range 2 * g.Forms() {
				s := g.Sequence(uint64(i))
				for _, start := range s.Starts {
					starts[len(code)+start] = fmt.Sprintf("sequence %d %v", i, s.Units)
				}
				code = append(code, s.Code...)
			}
			for _, line := range disassemble(t, mode, code) {
				from, ok := starts[line.offset]
				require.True(t, ok, "objdump sees an instruction at %#x: %s", line.offset, line.text)
				require.False(t, strings.Contains(line.text, "(bad)"), "%#x: %s: %s", line.offset, line.text, from)
				delete(starts, line.offset)
			}
			require.Empty(t, starts, "instructions that objdump does not see")
		})
	}
}

type line struct {
	offset int
	text   string
}

// disassemble returns objdump's instructions.
func disassemble(t *testing.T, mode silicon.Mode, code []byte) []line {
	file := filepath.Join(t.TempDir(), "code.bin")
	require.NoError(t, os.WriteFile(file, code, 0o600))
	machine := map[silicon.Mode]string{silicon.Mode32: "i386", silicon.Mode64: "i386:x86-64"}[mode]
	cmd := exec.Command("objdump", "-D", "-z", "-b", "binary", "-m", machine, "--insn-width=16", file)
	out, err := cmd.Output()
	require.NoError(t, err, "objdump (binutils) is required")
	pattern := regexp.MustCompile(`^\s*([0-9a-f]+):\t[0-9a-f ]+\t?(.*)$`)
	var lines []line
	for text := range bytes.Lines(out) {
		m := pattern.FindStringSubmatch(strings.TrimRight(string(text), "\n"))
		if m == nil {
			continue
		}
		offset, err := strconv.ParseInt(m[1], 16, 64)
		require.NoError(t, err)
		lines = append(lines, line{int(offset), m[2]})
	}
	return lines
}
