package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestX87: a program of x87 prints what it prints on the processor, with flags, signals and their frames.
func TestX87(t *testing.T) {
	for name, compiler := range map[string][]string{
		"amd64": {"gcc", "-mfpmath=387"}, "i386": {"gcc", "-m32", "-mfpmath=387", "-march=i686"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := compile(t, "x87.c", append(compiler, "-fno-builtin", "-fno-pie", "-no-pie", "-lm")...)
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}
