package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// threads is a program of four threads that call a function 80,000 times in all.
func threads(t *testing.T) string {
	prog := filepath.Join(t.TempDir(), "threads")
	if out, err := exec.Command("gcc", "-O1", "-static", "-pthread", "-o", prog, "testdata/threads.c").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	return prog
}

// K11: hits and what the engine says that it missed are all calls. An engine that misses none says nothing.
func TestK11TraceCountsMissedHits(t *testing.T) {
	prog := threads(t)
	count := func(pattern, text string) int {
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		require.NotNil(t, m, text)
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		return n
	}
	stdout, stderr, code := trace(t, "--engine", "uprobes-inline", "--cpus", "4", "-p", "p:leaf "+prog+":leaf", "-o", "/dev/null", "--profile", "--", prog)
	require.Zero(t, code)
	require.Equal(t, "ok\n", stdout)
	hits, missed := count(`leaf +(\d+)\n`, stderr), count(`: (\d+) hits were missed beside`, stderr)
	require.Greater(t, missed, 1000)
	require.Equal(t, 80_000, hits+missed)
	require.Contains(t, stderr, "another thread's step had the breakpoint out (K11)")

	file := filepath.Join(t.TempDir(), "trace")
	_, _, code = trace(t, "--engine", "uprobes-inline", "--cpus", "4", "-p", "p:leaf "+prog+":leaf", "-o", file, "--json", "--", prog)
	require.Zero(t, code)
	require.Contains(t, lastLine(t, file), `{"type":"missed","event":"uprobes/leaf",`)
	_, stderr, code = trace(t, "--cpus", "4", "-p", "p:leaf "+prog+":leaf", "-o", "/dev/null", "--profile", "--", prog)
	require.Zero(t, code)
	require.Equal(t, 80_000, count(`leaf +(\d+)\n`, stderr))
	require.NotContains(t, stderr, "missed")
}

// The bound on the trace's entries has a flag, and whoever reads JSON or the exit status learns that it was reached.
func TestTraceEntriesAreBounded(t *testing.T) {
	prog := threads(t)
	file := filepath.Join(t.TempDir(), "trace")
	_, stderr, code := trace(t, "-p", "p:leaf "+prog+":leaf", "--entries", "100", "-o", file, "--json", "--", prog)
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "79900 entries of the trace are lost: 100 are kept (--entries)")
	require.Equal(t, `{"type":"lost","entries":100,"lost":79900}`, lastLine(t, file))
	_, stderr, code = trace(t, "-p", "p:leaf "+prog+":leaf", "--entries", "80000", "-o", file, "--", prog)
	require.Zero(t, code)
	require.NotContains(t, stderr, "lost")
	_, stderr, code = trace(t, "-p", "p:leaf "+prog+":leaf", "--entries", "0", "--", prog)
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "--entries 0; expected 1 or more")
}

func lastLine(t *testing.T, file string) string {
	data, err := exec.Command("tail", "-n", "1", file).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(data))
}

// Quotes that have no partner, or that the shell should have taken away, are named.
func TestTraceNamesQuotes(t *testing.T) {
	for line, want := range map[string]string{
		`p:x "PROG:p_step %bx`:    `; the quote " at column 5 is not closed`,
		`p:x PROG:p_step" %bx`:    `is not closed`,
		`p:x 'PROG:p_step' %bx`:   `; the quote ' at column 5 is part of the line`,
		`p:x PROG:p_step %nosuch`: `errno=22`,
	} {
		code, stderr := runTrace(t, "-p", line)
		require.Equal(t, exitTrace, code)
		require.Contains(t, stderr, want, line)
	}
	_, stderr := runTrace(t, "-p", "p:x PROG:p_step %nosuch")
	require.NotContains(t, stderr, "quote")
}
