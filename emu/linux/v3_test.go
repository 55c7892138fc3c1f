package linux

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
)

// TestV3Programs compares what gcc makes of programs for x86-64-v3 with their native runs.
func TestV3Programs(t *testing.T) {
	b, err := os.ReadFile("/proc/cpuinfo")
	have := strings.Fields(string(b))
	for _, flag := range []string{"avx2", "fma", "f16c", "bmi2", "sha_ni", "aes", "pclmulqdq"} {
		if err != nil || !slices.Contains(have, flag) {
			t.Skipf("the processor has no %s", flag)
		}
	}
	sources, err := filepath.Glob("testdata/v3/*.c")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(sources), 10)
	for _, source := range sources {
		name := filepath.Base(source)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := compile(t, filepath.Join("v3", name), "gcc", "-O3", "-march=x86-64-v3", "-maes", "-msha", "-mpclmul", "-w")
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{Level: emu.V3}, []string{prog})
			require.Equal(t, want.stdout, got.stdout)
			require.Equal(t, want.stderr, got.stderr)
			require.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}
