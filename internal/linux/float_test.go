package linux

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
)

var allPrograms = flag.Bool("all-programs", false, "compare all programs of floating point, not one of eight")

// floatVariants are the ways in which programs of floating point are compiled: as 64-bit code of AVX2 and FMA, and as 32-bit
// code of x87.
var floatVariants = map[string][]string{
	"v3":  {"gcc", "-O3", "-march=x86-64-v3", "-maes", "-msha", "-mpclmul"},
	"387": {"gcc", "-O3", "-m32", "-march=i686", "-mfpmath=387"},
}

// needsV3 skips a test whose programs the processor cannot run.
func needsV3(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("/proc/cpuinfo")
	have := strings.Fields(string(b))
	for _, flag := range []string{"avx2", "fma", "f16c", "bmi2", "sha_ni", "aes", "pclmulqdq"} {
		if err != nil || !slices.Contains(have, flag) {
			t.Skipf("the processor has no %s", flag)
		}
	}
}

// equalNative compares a program's run in a machine of level v3 with its native one, on a processor that has as much.
func equalNative(t *testing.T, dirs []string, stdin string, args ...string) {
	t.Helper()
	needsV3(t)
	env := []string{"HOME=/"}
	want := runNative(t, stdin, env, args)
	got := runProgram(t, Config{Level: emu.V3, Env: env, Stdin: strings.NewReader(stdin)}, args, dirs...)
	require.Equal(t, want.stdout, got.stdout)
	require.Equal(t, want.stderr, got.stderr)
	require.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}

// TestFloatPrograms compares programs of floating point and vectors with their native runs: those of testdata/float as v3 and
// 387, those of testdata/v3 as v3 only.
func TestFloatPrograms(t *testing.T) {
	both, err := filepath.Glob("testdata/float/*.c")
	require.NoError(t, err)
	intrinsics, err := filepath.Glob("testdata/v3/*.c")
	require.NoError(t, err)
	for variant, compiler := range floatVariants {
		sources := both
		if variant == "v3" {
			sources = slices.Concat(intrinsics, both)
		}
		require.GreaterOrEqual(t, len(sources), 50)
		for i, source := range sources {
			if !*allPrograms && i%8 != 0 {
				continue
			}
			t.Run(variant+"/"+filepath.Base(source), func(t *testing.T) {
				t.Parallel()
				source, err := filepath.Rel("testdata", source)
				require.NoError(t, err)
				equalNative(t, nil, "", compile(t, source, append(compiler, "-w")...))
			})
		}
	}
}

// TestFloatCases compares small programs with their native runs, in both widths and with both kinds of arithmetic.
func TestFloatCases(t *testing.T) {
	for name, compiler := range map[string][]string{
		"amd64": {"gcc"}, "amd64-387": {"gcc", "-mfpmath=387"}, "i386": {"gcc", "-m32"}, "i386-sse": {"gcc", "-m32", "-msse2", "-mfpmath=sse"},
	} {
		for _, run := range []struct {
			source string
			args   []string
		}{
			{"fxsave", nil}, {"transcendental", nil}, {"libm", nil}, {"flags", nil}, {"sigfpe", nil}, {"sigfpe", []string{"x87"}}, {"sigfpe", []string{"zero"}},
		} {
			t.Run(strings.Join(append([]string{name, run.source}, run.args...), "/"), func(t *testing.T) {
				t.Parallel()
				prog := compile(t, "cases/"+run.source+".c", slices.Concat(compiler, []string{"-fno-builtin", "-w"})...)
				equalNative(t, nil, "", append([]string{prog}, run.args...)...)
			})
		}
	}
}
