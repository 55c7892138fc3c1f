package linux

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// kernelOf is a Config.Kernel.
func kernelOf(a x86.Arch) *x86.Arch { return &a }

// TestU15ProgramsOf32Bits: under a kernel of either width 32-bit programs do what they do natively.
func TestU15ProgramsOf32Bits(t *testing.T) {
	for _, source := range []string{"everything.c", "vsyscall.c", "heap.c", "x87.c", "umip.c"} {
		for _, arch := range []x86.Arch{x86.AMD64, x86.I386} {
			t.Run(source+" "+arch.String(), func(t *testing.T) {
				prog := compile(t, source, "gcc", "-m32")
				want := runNative(t, "", nil, []string{prog})
				got := runProgram(t, Config{Kernel: kernelOf(arch)}, []string{prog})
				assert.Equal(t, want.stdout, got.stdout)
				assert.Equal(t, want.stderr, got.stderr)
				assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			})
		}
	}
}

// TestU15KernelOf32Bits: it does not run 64-bit programs.
func TestU15KernelOf32Bits(t *testing.T) {
	prog := compile(t, "heap.c", "gcc")
	fs, err := OpenFiles(prog)
	require.NoError(t, err)
	defer fs.Close()
	_, err = New(Config{Path: prog, FS: fs, Kernel: kernelOf(x86.I386)})
	require.ErrorIs(t, err, ErrOtherArch)
	assert.ErrorContains(t, err, "a 32-bit kernel does not run 64-bit programs")
}

// TestU15ProgramsOfBothWidths: under a 64-bit kernel they run each other, and see what they see natively.
func TestU15ProgramsOfBothWidths(t *testing.T) {
	small, large := compile(t, "widths.c", "gcc", "-m32"), compile(t, "widths.c", "gcc")
	for name, args := range map[string][]string{"from 64": {large, small, large, small}, "from 32": {small, small, large, small}} {
		t.Run(name, func(t *testing.T) {
			want := runNative(t, "", nil, args)
			got := runProgram(t, Config{Kernel: kernelOf(x86.AMD64)}, args, small, large)
			assert.Equal(t, want.stdout, got.stdout)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			assert.Equal(t, 10, got.res.Code)
		})
	}
	under32 := runProgram(t, Config{Kernel: kernelOf(x86.I386)}, []string{small, large}, large)
	assert.Contains(t, under32.stdout, "cs 73, ss 7b, i686, stack above 3 GiB: 0")
	assert.Equal(t, 128, under32.res.Code, "ENOEXEC")
}
