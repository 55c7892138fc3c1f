package linux

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	onStack   = regexp.MustCompile(`0x(7ffffff[ef]|fff[ef])[0-9a-f]{4}\b`)
	inLibrary = regexp.MustCompile(`0x((0000)?7fff)?f7[0-9a-f]{6}\b`)
	printed   = regexp.MustCompile(`(?m)^total .*\n`)
	anID      = regexp.MustCompile(`(LWP|process) [0-9]+`)
)

// session is what a debugger wrote, with addresses of the stack counted from the first, and without
// those of libraries and the numbers of processes. What the program prints, which comes when it comes, is at the end.
func session(text string) string {
	first := uint64(0)
	text = printed.ReplaceAllString(text, "") + printed.FindString(text)
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
	debug(t, string(mustRead(t, "testdata/debugged.gdb")))
}

// TestU15Debugger: the same of a 32-bit program, whose system calls are in a vDSO with names and unwinding tables.
func TestU15Debugger(t *testing.T) {
	t.Parallel()
	commands := strings.NewReplacer("rip rsp rbp cs ss", "eip esp ebp cs ss ds es fs gs eflags eax", "backtrace 1\n", "backtrace\nx/i $pc\n").
		Replace(string(mustRead(t, "testdata/debugged.gdb")))
	out := debug(t, commands, "-m32")
	require.Contains(t, out, "in __kernel_vsyscall ()\n#1 ")
}

// debug compares what gdb does with debugged.c, and gives what it wrote.
func debug(t *testing.T, commands string, flags ...string) string {
	t.Helper()
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip(err)
	}
	dir := workFolder(t)
	writeFile(t, dir, "debugged.c", string(mustRead(t, "testdata/debugged.c")))
	writeFile(t, dir, "debugged.gdb", commands)
	compiler := exec.Command("gcc", append([]string{"-g", "-O0", "-w", "-pthread", "-o", "debugged", "debugged.c"}, flags...)...)
	compiler.Dir = dir
	if out, err := compiler.CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	require.NoError(t, os.Chmod(filepath.Join(dir, "debugged"), 0o755))

	args := []string{gdb, "-nx", "-batch", "-x", "debugged.gdb", "./debugged"}
	want := nativeHere(t, dir, args)
	require.Contains(t, want.stdout, "total 135 107 5.0 pair, child 7", want.stderr)
	got, _ := runCommand(t, dir, args)
	require.Equal(t, session(want.stdout), session(got.stdout), "stderr: %s", got.stderr)
	require.Equal(t, session(want.stderr), session(got.stderr))
	require.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
	return got.stdout
}
