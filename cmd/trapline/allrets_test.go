package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// trace runs a program under trace, as a process whose output can be read.
func trace(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"trace"}, args...)...)
	cmd.Args[0] = "trapline" // which testscript.Main goes by
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// U13: a return probe's trampoline breaks a Go program whose stacks move; probes on the return instructions do not, and there are
// as many hits as calls.
func TestU13AllReturnsOfGo(t *testing.T) {
	prog := filepath.Join(t.TempDir(), "gostacks")
	build := exec.Command("go", "build", "-o", prog, "./testdata/gostacks")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	native, err := exec.Command(prog).Output()
	require.NoError(t, err)

	stdout, stderr, code := trace(t, "-p", "r:back "+prog+":main.grow", "--", prog)
	require.NotZero(t, code, "the trampoline's address is found by Go's own unwinding")
	require.NotEqual(t, string(native), stdout)
	require.Contains(t, stderr, "--returns=all-rets is safe from that")

	stdout, stderr, code = trace(t, "--returns=all-rets", "--profile", "-p", "r:grown "+prog+":main.grow $retval:s64", "-p", "r:left "+prog+":main.leaf $retval", "--", prog)
	require.Zero(t, code, stderr)
	require.Equal(t, string(native), stdout)
	var grows, leaves int
	_, err = fmt.Sscanf(regexp.MustCompile(`grow .*`).FindString(stdout), "grow %d leaf %d", &grows, &leaves)
	require.NoError(t, err)
	require.Greater(t, grows, 700)
	require.Equal(t, grows, strings.Count(stderr, ": grown: ("))
	require.Equal(t, leaves, strings.Count(stderr, ": left: ("))
	require.NotContains(t, stderr, "all-rets is safe")
	require.Contains(t, stderr, "arg1=-1") // what the program computes is what is fetched
}

// An exception passes functions whose returns are probed.
func TestAllReturnsLetExceptionsPass(t *testing.T) {
	source := filepath.Join(t.TempDir(), "throws.cc")
	require.NoError(t, os.WriteFile(source, []byte(`#include <cstdio>
__attribute__((noinline)) int deep(int n) { if (n > 2) throw n; return n; }
__attribute__((noinline)) int outer(int n) { return deep(n) + 1; }
int main() { int caught = 0; for (int i = 0; i < 5; i++) try { outer(i); } catch (int) { caught++; } std::printf("caught %d\n", caught); }
`), 0o644))
	prog := strings.TrimSuffix(source, ".cc")
	if out, err := exec.Command("g++", "-O1", "-o", prog, source).CombinedOutput(); err != nil {
		t.Skipf("g++: %s", out)
	}
	_, _, code := trace(t, "-p", "r:back "+prog+":outer", "--", prog)
	require.NotZero(t, code)
	stdout, stderr, code := trace(t, "--returns=all-rets", "-p", "r:back "+prog+":outer $retval:s32", "--", prog)
	require.Zero(t, code)
	require.Equal(t, "caught 2\n", stdout)
	require.Equal(t, 3, strings.Count(stderr, ": back: ("), "calls that are left by an exception do not return")
}

// Functions that do not return themselves are refused or said.
func TestAllReturnsSayWhatTheyDoNotSee(t *testing.T) {
	source := filepath.Join(t.TempDir(), "tail.c")
	require.NoError(t, os.WriteFile(source, []byte(`int counter;
__attribute__((noinline)) int other(int n) { return counter += n; }
__attribute__((noinline)) int tail(int n) { return other(n * 2); }
__attribute__((noinline)) int some(int n) { if (n & 1) return other(n * 3); return ++counter; }
int main(int argc, char **argv) { return tail(argc) + some(argc) + some(argc + 1); }
`), 0o644))
	prog := strings.TrimSuffix(source, ".c")
	if out, err := exec.Command("gcc", "-O2", "-o", prog, source).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	_, stderr, code := trace(t, "--returns=all-rets", "-p", "r:back "+prog+":tail", "--", prog)
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "the function has no return instruction: it leaves by a jump to another function")
	_, stderr, _ = trace(t, "--returns=all-rets", "-p", "r:back "+prog+":some", "--", prog)
	require.Contains(t, stderr, "the function also leaves by jumps to other functions, 1 of them, which return in its place: those returns are not seen")
	require.Equal(t, 1, strings.Count(stderr, ": back: ("))
	_, stderr, code = trace(t, "--returns=all-rets", "-p", "r:back "+prog+":some+1", "--", prog)
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "no function is known to begin there")
	_, stderr, _ = trace(t, "--returns=all-rets", "-p", "r:a/back "+prog+":other%return $retval", "--profile", "--", prog)
	require.Contains(t, stderr, " back ")
}
