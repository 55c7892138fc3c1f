package linux

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// sameAsNative runs a program of testdata on the host's C library, in both
// widths: output and status are the native run's.
func sameAsNative(t *testing.T, source string, args ...string) {
	t.Helper()
	for _, library := range []string{"glibc-64", "glibc-32"} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			prog := compile(t, source, append(libraries[library](t), "-w")...)
			command := append([]string{prog}, args...)
			want := runNative(t, "", nil, command)
			got := runProgram(t, Config{User: &User{}, CPUs: 2}, command)
			require.Equal(t, want.stdout, got.stdout)
			require.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// TestTraced: a tracer sees what it sees natively.
func TestTraced(t *testing.T) { sameAsNative(t, "traced.c") }

// TestCopyFileRange: bytes, offsets and refusals are the native ones.
func TestCopyFileRange(t *testing.T) { sameAsNative(t, "copyrange.c") }

// TestLongTransfers: bytes move as natively, however many they are and wherever
// their memory ends.
func TestLongTransfers(t *testing.T) { sameAsNative(t, "bigio.c") }
