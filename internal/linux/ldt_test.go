package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/x86"
)

// nativeAndInside compares output and end of a program of testdata in both widths.
func nativeAndInside(t *testing.T, source string, flags ...string) {
	t.Helper()
	for _, width := range []string{"-m64", "-m32"} {
		t.Run(source+width, func(t *testing.T) {
			prog := compile(t, source, append([]string{"gcc", width}, flags...)...)
			want := runNative(t, "", nil, append(ownNamespace("--ipc"), prog))
			got := runProgram(t, Config{CPUs: 2, Kernel: kernelOf(x86.AMD64)}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.Equal(t, want.stderr, got.stderr)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			assert.Empty(t, got.res.Unknown)
		})
	}
}

// TestLocalDescriptorTables: segments of the program's own, in code of 16, 32 and 64 bits.
func TestLocalDescriptorTables(t *testing.T) {
	nativeAndInside(t, "ldt.c", "-no-pie", "-O1", "-w")
}
