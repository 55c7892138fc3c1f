package linux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	onStack   = regexp.MustCompile(`0x7ffffff[ef][0-9a-f]{4}\b`)
	inLibrary = regexp.MustCompile(`0x(0000)?7ffff7[0-9a-f]{6}\b`)
	anID      = regexp.MustCompile(`(LWP|process) [0-9]+`)
)

// session is what a debugger wrote, with addresses of the stack counted from the first, and without
// those of libraries and the numbers of processes.
func session(text string) string {
	first := uint64(0)
	text = onStack.ReplaceAllStringFunc(text, func(s string) string {
		at, _ := strconv.ParseUint(s[2:], 16, 64)
		if first == 0 {
			first = at
		}
		return fmt.Sprintf("stack%+d", int64(at-first))
	})
	return anID.ReplaceAllString(inLibrary.ReplaceAllString(text, "library"), "$1 N")
}

// TestDebugger: gdb inside the machine writes of a program inside what it writes natively: breakpoints with and
// without conditions, steps by line and instruction, watched variables, calls, signals, system calls, threads.
func TestDebugger(t *testing.T) {
	t.Parallel()
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip(err)
	}
	dir := workFolder(t)
	for _, name := range []string{"debugged.c", "debugged.gdb"} {
		writeFile(t, dir, name, string(mustRead(t, "testdata/"+name)))
	}
	compiler := exec.Command("gcc", "-g", "-O0", "-w", "-pthread", "-o", "debugged", "debugged.c")
	compiler.Dir = dir
	out, err := compiler.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.Chmod(filepath.Join(dir, "debugged"), 0o755))

	args := []string{gdb, "-nx", "-batch", "-x", "debugged.gdb", "./debugged"}
	want := nativeHere(t, dir, args)
	require.Contains(t, want.stdout, "total 135 107 5.0 pair, child 7", want.stderr)
	got, _ := runCommand(t, dir, args)
	require.Equal(t, session(want.stdout), session(got.stdout), "stderr: %s", got.stderr)
	require.Equal(t, session(want.stderr), session(got.stderr))
	require.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}
