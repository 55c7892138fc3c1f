package linux

import (
	"bytes"
	"debug/elf"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestVDSOHasSections: readers of sections find the vDSO's functions in its code.
func TestVDSOHasSections(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(vdsoImage))
	require.NoError(t, err)
	symbols, err := f.DynamicSymbols()
	require.NoError(t, err)
	names := map[string]uint64{}
	for _, s := range symbols {
		assert.Equal(t, ".text", f.Sections[s.Section].Name)
		assert.Equal(t, vdsoVersion, s.Version)
		names[s.Name] = s.Value
	}
	assert.Equal(t, map[string]uint64{"__kernel_vsyscall": vdsoVsyscall, "__kernel_sigreturn": vdsoSigreturn, "__kernel_rt_sigreturn": vdsoRTSigreturn}, names)
}

// TestVDSOUnwinds: readelf's table of the vDSO's call frame information, an instruction a line.
func TestVDSOUnwinds(t *testing.T) {
	file := writeFile(t, t.TempDir(), "vdso.so", string(vdsoImage))
	out, err := exec.Command("readelf", "-W", "--debug-dump=frames-interp", file).Output()
	if err != nil {
		t.Skip(err)
	}
	for _, line := range []string{
		"pc=00000400..0000040d",
		"00000400 esp+4    u     u     u     c-4",
		"00000401 esp+8    c-8   u     u     c-4",
		"00000402 esp+12   c-8   c-12  u     c-4",
		"00000403 esp+16   c-8   c-12  c-16  c-4",
		"0000040a esp+12   c-8   c-12  u     c-4",
		"0000040b esp+8    c-8   u     u     c-4",
		"0000040c esp+4    u     u     u     c-4",
	} {
		assert.Contains(t, string(out), line, filepath.Base(file))
	}
}
