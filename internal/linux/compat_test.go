package linux

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/testkit"
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
	fs, err := vfs.OpenFiles(prog)
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

// TestU15Ptrace: a debugger of each width has of a program of each width what it has natively, byte by byte: registers by
// word and as sets, what may be changed, calls of both entries, segments and bases.
func TestU15Ptrace(t *testing.T) {
	compiled := func(source string, flags ...string) string {
		return compile(t, source, append([]string{"gcc", "-w"}, flags...)...)
	}
	debuggers := map[string]string{"64": compiled("tracewidth.c"), "32": compiled("tracewidth.c", "-m32")}
	programs := map[string]string{"64": compiled("tracewidth.S", "-nostdlib", "-no-pie"), "32": compiled("tracewidth.S", "-m32", "-nostdlib", "-no-pie")}
	for debugger, path := range debuggers {
		for program, traced := range programs {
			t.Run(debugger+" on "+program, func(t *testing.T) {
				args := []string{path, traced}
				if program == "64" {
					args = append(args, "wide")
				}
				want := runNative(t, "", nil, args)
				if !strings.Contains(want.stdout, "\nend: status 500\n") {
					t.Skipf("the host does not let programs be traced: %s", want.stdout)
				}
				got := runProgram(t, Config{Kernel: kernelOf(x86.AMD64)}, args, traced)
				lines := func(text string) []string {
					return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
						return testkit.ProcessorIsOther() && strings.Contains(line, "fp") // AMD's save where x87 was with an exception only
					})
				}
				assert.Equal(t, lines(want.stdout), lines(got.stdout))
			})
		}
	}
}
