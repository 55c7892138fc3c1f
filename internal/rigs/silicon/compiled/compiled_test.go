package compiled_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/compiled"
	"trapline/internal/rigs/silicon/native"
	"trapline/internal/rigs/testkit"
)

// flags of the build. Unwind tables, notes and the library's string functions are left out, and
// code and read-only data share one segment, which is loaded into the code region.
var flags = strings.Fields(`-O2 -ffreestanding -fno-pic -no-pie -static -nostdlib -fcf-protection=none
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns
	-Wl,-Ttext=0x400000,--build-id=none,-N,-e,0`)

// TestPrebuilt fails when functions.c or the flags changed after the last build. Another compiler
// would give other bytes, so it is the hash of what went in that is kept.
func TestPrebuilt(t *testing.T) {
	const source, sum = "src/functions.c", "src/functions.sum"
	text, err := os.ReadFile(source)
	require.NoError(t, err)
	hash := sha256.Sum256(append(text, strings.Join(flags, " ")...))
	want := hex.EncodeToString(hash[:]) + "\n"
	if testkit.Updating() {
		for _, target := range [][]string{
			{"-m32", "-o", "functions32.elf"},
			{"-m64", "-mno-red-zone", "-o", "functions64.elf"},
		} {
			out, err := exec.Command("gcc", append(append(flags, target...), source)...).CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
		require.NoError(t, os.WriteFile(sum, []byte(want), 0o644))
	}
	got, err := os.ReadFile(sum)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "functions.c or the flags changed: run with -update")
}

// TestCallsReturn steps every call natively to its end.
func TestCallsReturn(t *testing.T) {
	for _, mode := range silicon.Modes {
		p, err := native.Open(mode)
		if errors.Is(err, native.ErrUnavailable) {
			t.Skipf("%s: %v", mode, err)
		}
		require.NoError(t, err)
		defer p.Close()
		calls, err := compiled.Calls(mode, 1)
		require.NoError(t, err)
		total := 0
		for _, c := range calls {
			steps, err := p.Run(c.Program, compiled.MaxSteps)
			require.NoError(t, err)
			last := steps[len(steps)-1]
			require.Equal(t, c.Stop, last.State.RIP, "%s %s stopped after %d steps: %s", mode, c.Name, len(steps), last.Signal)
			total += len(steps)
			t.Logf("%s: %d", c.Name, len(steps))
		}
		t.Logf("%s: %d steps", mode, total)
	}
}
