package linux

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
)

// parseCPUID reads what testdata/cpuinfo.c prints: what CPUID answers, and /proc/cpuinfo.
func parseCPUID(t *testing.T, text string) (func(leaf, subleaf uint32) [4]uint32, string) {
	text, info, ok := strings.Cut(text, "\n\n")
	require.True(t, ok)
	leaves := map[[2]uint32][4]uint32{}
	for line := range strings.Lines(text) {
		var at [2]uint32
		var r [4]uint32
		_, err := fmt.Sscan(line, &at[0], &at[1], &r[eax], &r[ebx], &r[ecx], &r[edx])
		require.NoError(t, err, line)
		leaves[at] = r
	}
	return func(leaf, subleaf uint32) [4]uint32 {
		r, ok := leaves[[2]uint32{leaf, subleaf}]
		require.True(t, ok, "leaf %#x", leaf)
		return r
	}, info
}

// field is the value of a line of /proc/cpuinfo, the first vCPU's.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// TestFeatureNames: the names of this processor's CPUID are those that its kernel shows, in the same order. Of names that the machine
// never shows it is only asked that none is shown without its bit: kernels take some away that they do not use.
func TestFeatureNames(t *testing.T) {
	prog := compile(t, "cpuinfo.c", "gcc")
	cpuid, info := parseCPUID(t, runNative(t, "", nil, []string{prog}).stdout)
	names, shown := featureNames(cpuid), strings.Fields(field(info, "flags"))
	require.NotEmpty(t, shown)
	inside, _ := parseCPUID(t, runProgram(t, Config{Level: emu.V3}, []string{prog}).stdout)
	for _, name := range featureNames(inside) {
		mayBeTaken := []string{"umip", "rdrand", "rdseed"}
		if slices.Contains(names, name) && !slices.Contains(mayBeTaken, name) {
			assert.Contains(t, shown, name)
		}
	}
	for _, w := range featureWords {
		for _, name := range w.names {
			if name != "" && slices.Contains(shown, name) {
				assert.Contains(t, names, name)
			}
		}
	}
	at := -1 // they are in the kernel's order
	for _, name := range names {
		if i := slices.Index(shown, name); i >= 0 {
			assert.Greater(t, i, at, name)
			at = i
		}
	}
}

// TestCPUInfo: /proc/cpuinfo tells what CPUID does, of each level and vCPU, under both kernels.
func TestCPUInfo(t *testing.T) {
	for _, width := range []string{"-m64", "-m32"} {
		prog := compile(t, "cpuinfo.c", "gcc", width)
		for _, level := range []emu.Level{emu.V1, emu.V2, emu.V3} {
			cpuid, text := parseCPUID(t, runProgram(t, Config{Level: level, CPUs: 2}, []string{prog}).stdout)
			assert.Equal(t, strings.Join(featureNames(cpuid), " "), field(text, "flags"))
			assert.Equal(t, width == "-m64", strings.Contains(field(text, "flags"), " lm "))
			assert.Equal(t, level == emu.V3, strings.Contains(field(text, "flags"), " avx2 "))
			assert.Equal(t, "AuthenticAMD", field(text, "vendor_id"))
			assert.Equal(t, fmt.Sprint(cpuid(leafFeatures, 0)[eax]>>8&0xf), field(text, "cpu family"))
			assert.Equal(t, 2, strings.Count(text, "processor\t"))
			assert.Contains(t, text, "apicid\t\t: 1\n")
		}
	}
}
