package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux"
)

func syscalls(t *testing.T, args ...string) (string, string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(append([]string{"trapline", "syscalls"}, args...), &out, &errs)
	return out.String(), errs.String(), code
}

// TestSyscalls: one call, all of them, as JSON, and names that there are not.
func TestSyscalls(t *testing.T) {
	text, errs, code := syscalls(t, "read", "set_thread_area")
	require.Equal(t, exitHeld, code, errs)
	require.Regexp(t, `^  read +64:0 32:3 +partial +st_atime stays as it is`, text)
	require.Regexp(t, `\n  set_thread_area +64:205 +absent +x86-64 has only the number\n  set_thread_area +32:243 +full\n$`, text)

	all, errs, code := syscalls(t)
	require.Equal(t, exitHeld, code, errs)
	completed, _, _ := syscalls(t, "--generate-shell-completion")
	objects, _, _ := syscalls(t, "--json")
	list := linux.Calls()
	require.Equal(t, len(list), strings.Count(objects, "\n"))
	for i, line := range strings.Split(strings.TrimSpace(objects), "\n") {
		var back struct {
			Name, Support string
			AMD64, I386   int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &back))
		c := list[i]
		require.Equal(t, []any{c.Name, c.Support.String(), c.AMD64, c.I386}, []any{back.Name, back.Support, back.AMD64, back.I386})
		require.Contains(t, all, "  "+c.Name+" ")
		require.Contains(t, strings.Fields(completed), c.Name)
	}
	require.Contains(t, all, "\nMissing\n")

	out, errs, code := syscalls(t, "read", "reed")
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errs, `Linux has no system call "reed"; did you mean read?`)
}
