package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMissingCallsHaveNames: what a program asked for and did not get is told by the
// name that the number has in the table that it was called by, once.
func TestMissingCallsHaveNames(t *testing.T) {
	got := runProgram(t, Config{}, []string{compile(t, "missing.c", "gcc")})
	require.Equal(t, 0, got.res.ExitStatus())
	require.Equal(t, []UnknownCall{
		{"kexec_load", false, 246, 3}, {"syscall_0x190", false, 400, 1},
		{"acct", true, 51, 1}, {"io_destroy", true, 246, 1}, {"syscall_0xfa0", true, 4000, 1},
	}, got.res.Unknown)
}
