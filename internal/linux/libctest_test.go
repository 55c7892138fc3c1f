package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// libcTests is how many programs of mathematics musl's libc-test has.
const libcTests = 199

// libcTestDiffers is what a program of libc-test prints otherwise here, and why.
var libcTestDiffers = map[string]string{
	"glibc-387/y0": "prints what a cancellation leaves of a logarithm, which FYL2X gives one unit of the last place off",
}

// TestLibcTest runs the mathematical programs of musl's libc-test, whose folder TRAPLINE_LIBC_TEST names, on musl and on the
// host's C library: what they say, of results and of exception flags in each rounding mode, is what they say natively.
func TestLibcTest(t *testing.T) {
	dir := os.Getenv("TRAPLINE_LIBC_TEST")
	if dir == "" {
		t.Skip("TRAPLINE_LIBC_TEST names no folder with musl's libc-test")
	}
	sources, err := filepath.Glob(filepath.Join(dir, "src/math/*.c"))
	require.NoError(t, err)
	require.Len(t, sources, libcTests)
	for library, variant := range map[string]string{"glibc-64": "v3", "glibc-32": "387", "musl-64": "v3", "musl-32": "387"} {
		name := strings.TrimRight(library, "3246") + variant
		t.Run(name, func(t *testing.T) {
			compiler := slices.Concat(libraries[library](t), floatVariants[variant][1:])
			if _, err := exec.LookPath(compiler[0]); err != nil {
				t.Skip(err)
			}
			for _, source := range sources {
				t.Run(strings.TrimSuffix(filepath.Base(source), ".c"), func(t *testing.T) {
					t.Parallel()
					if why, ok := libcTestDiffers[strings.TrimPrefix(t.Name(), "TestLibcTest/")]; ok {
						t.Skip(why)
					}
					equalNative(t, nil, "", compileLibcTest(t, compiler, dir, source))
				})
			}
		})
	}
}

// compileLibcTest builds one of them. glibc calls pow10 exp10.
func compileLibcTest(t *testing.T, compiler []string, dir, source string) string {
	common, prog := filepath.Join(dir, "src/common"), filepath.Join(t.TempDir(), "program")
	args := slices.Concat(compiler[1:], []string{"-std=c99", "-D_POSIX_C_SOURCE=200809L", "-fno-builtin", "-frounding-math", "-w",
		"-I", common, "-static", "-o", prog, source, filepath.Join(common, "mtest.c"), filepath.Join(common, "print.c"), "-lm"})
	if strings.HasPrefix(filepath.Base(source), "pow10") {
		args = append(args, "-Dpow10=exp10", "-Dpow10f=exp10f", "-Dpow10l=exp10l")
	}
	out, err := exec.Command(compiler[0], args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return prog
}
