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
	text := f.Section(".text")
	assert.Equal(t, elf.SHF_ALLOC|elf.SHF_EXECINSTR, text.Flags)
	code, err := text.Data()
	require.NoError(t, err)
	names := map[string][]byte{}
	for _, s := range symbols {
		assert.Equal(t, ".text", f.Sections[s.Section].Name)
		assert.Equal(t, vdsoVersion, s.Version)
		if assert.LessOrEqual(t, s.Value-text.Addr+s.Size, uint64(len(code)), s.Name) {
			names[s.Name] = code[s.Value-text.Addr:][:s.Size]
		}
	}
	assert.Equal(t, map[string][]byte{"__kernel_vsyscall": codeVsyscall, "__kernel_sigreturn": codeSigreturn, "__kernel_rt_sigreturn": codeRTSigreturn}, names)
	soname, err := f.DynString(elf.DT_SONAME)
	require.NoError(t, err)
	assert.Equal(t, []string{vdsoSoname}, soname)
}

// TestVDSOInUse: the C library's dynamic linker and libgcc's unwinder find in the vDSO what they find in the host's.
func TestVDSOInUse(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("gcc", "-m32", "-w", "-o", filepath.Join(dir, "program"), "testdata/vdsouser.c", "-ldl").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	compareHere(t, dir, []string{"./program"})
}

// TestVDSOFrameIndex: .eh_frame_hdr says where .eh_frame and its entry are (LSB 5.0, 10.6.2); the segment is that section.
func TestVDSOFrameIndex(t *testing.T) {
	f, err := elf.NewFile(bytes.NewReader(vdsoImage))
	require.NoError(t, err)
	index := f.Section(".eh_frame_hdr")
	for _, p := range f.Progs {
		if p.Type == elf.PT_GNU_EH_FRAME {
			assert.Equal(t, []uint64{index.Addr, index.Size}, []uint64{p.Vaddr, p.Filesz})
		}
	}
	b, err := index.Data()
	require.NoError(t, err)
	frames := f.Section(".eh_frame")
	assert.Equal(t, uint32(frames.Addr), uint32(index.Addr)+4+le.Uint32(b[4:]))
	common, err := frames.Data()
	require.NoError(t, err)
	entry := uint32(frames.Addr) + 4 + le.Uint32(common) // behind the common part
	assert.Equal(t, []uint32{1, vdsoVsyscall, entry}, []uint32{le.Uint32(b[8:]), uint32(index.Addr) + le.Uint32(b[12:]), uint32(index.Addr) + le.Uint32(b[16:])})
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
