package linux

import (
	"bytes"
	"debug/elf"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// TestVDSOHasSections: readers of sections find the vDSO's functions in its code, by all their names, and the notes.
func TestVDSOHasSections(t *testing.T) {
	for arch, d := range map[x86.Arch]*vdso{x86.I386: vdsoOfI386(), x86.AMD64: vdsoOfAMD64()} {
		require.LessOrEqual(t, len(vdsoImages[arch]), vdsoPages*emu.PageSize)
		f, err := elf.NewFile(bytes.NewReader(vdsoImages[arch]))
		require.NoError(t, err)
		symbols, err := f.DynamicSymbols()
		require.NoError(t, err)
		text := f.Section(".text")
		assert.Equal(t, elf.SHF_ALLOC|elf.SHF_EXECINSTR, text.Flags)
		assert.Equal(t, uint64(vdsoText), text.Addr)
		code, err := text.Data()
		require.NoError(t, err)
		want := map[string][]byte{}
		for _, x := range d.functions {
			want["global "+x.name+"@"+x.version] = x.code
			if x.alias != "" {
				want["weak "+x.alias+"@"+x.version] = x.code
			}
		}
		names := map[string][]byte{}
		for _, s := range symbols {
			assert.Equal(t, ".text", f.Sections[s.Section].Name)
			bind := map[elf.SymBind]string{elf.STB_GLOBAL: "global ", elf.STB_WEAK: "weak "}[elf.ST_BIND(s.Info)]
			if assert.LessOrEqual(t, s.Value-text.Addr+s.Size, uint64(len(code)), s.Name) {
				names[bind+s.Name+"@"+s.Version] = code[s.Value-text.Addr:][:s.Size]
			}
		}
		assert.Equal(t, want, names)
		soname, err := f.DynString(elf.DT_SONAME)
		require.NoError(t, err)
		assert.Equal(t, []string{d.soname}, soname)
		note, err := f.Section(".note").Data()
		require.NoError(t, err)
		assert.Equal(t, "\x06\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00Linux\x00\x00\x00\x00\x01\x06\x00", string(note))
		for _, p := range f.Progs {
			if name := map[elf.ProgType]string{elf.PT_GNU_EH_FRAME: ".eh_frame_hdr", elf.PT_NOTE: ".note", elf.PT_DYNAMIC: ".dynamic"}[p.Type]; name != "" {
				section := f.Section(name)
				assert.Equal(t, []uint64{section.Addr, section.Size}, []uint64{p.Vaddr, p.Filesz}, name)
			}
		}
	}
}

// TestVDSOInUse: the C library's dynamic linker and libgcc's unwinder find in the vDSO what they find in the host's, and
// its functions tell the time that system calls tell.
func TestVDSOInUse(t *testing.T) {
	for _, flag := range []string{"-m32", "-m64"} {
		dir := t.TempDir()
		if out, err := exec.Command("gcc", flag, "-w", "-o", filepath.Join(dir, "program"), "testdata/vdsouser.c", "-ldl").CombinedOutput(); err != nil {
			t.Skipf("gcc: %s", out)
		}
		compareHere(t, dir, []string{"./program"})
	}
}

// TestVDSOFrameIndex: .eh_frame_hdr says where .eh_frame and its entries are (LSB 5.0, 10.6.2).
func TestVDSOFrameIndex(t *testing.T) {
	for arch, d := range map[x86.Arch]*vdso{x86.I386: vdsoOfI386(), x86.AMD64: vdsoOfAMD64()} {
		f, err := elf.NewFile(bytes.NewReader(vdsoImages[arch]))
		require.NoError(t, err)
		index := f.Section(".eh_frame_hdr")
		b, err := index.Data()
		require.NoError(t, err)
		frames := f.Section(".eh_frame")
		assert.Equal(t, uint32(frames.Addr), uint32(index.Addr)+4+le.Uint32(b[4:]))
		entries, err := frames.Data()
		require.NoError(t, err)
		at, table := uint32(4)+le.Uint32(entries), b[12:] // behind the common part
		n := 0
		for _, x := range d.functions {
			if x.unwinds {
				assert.Equal(t, uint32(x.start), uint32(index.Addr)+le.Uint32(table[8*n:]), x.name)
				assert.Equal(t, uint32(frames.Addr)+at, uint32(index.Addr)+le.Uint32(table[8*n+4:]), x.name)
				at += 4 + le.Uint32(entries[at:])
				n++
			}
		}
		assert.Equal(t, uint32(n), le.Uint32(b[8:]))
		assert.Len(t, table, 8*n)
	}
}

// TestVDSOUnwinds: readelf's table of the vDSO's call frame information, an instruction a line.
func TestVDSOUnwinds(t *testing.T) {
	file := writeFile(t, t.TempDir(), "vdso.so", string(vdsoImages[x86.I386]))
	out, err := exec.Command("readelf", "-W", "--debug-dump=frames-interp", file).Output()
	if err != nil {
		t.Skip(err)
	}
	for _, line := range []string{
		"pc=00000800..0000080d",
		"00000800 esp+4    u     u     u     c-4",
		"00000801 esp+8    c-8   u     u     c-4",
		"00000802 esp+12   c-8   c-12  u     c-4",
		"00000803 esp+16   c-8   c-12  c-16  c-4",
		"0000080a esp+12   c-8   c-12  u     c-4",
		"0000080b esp+8    c-8   u     u     c-4",
		"0000080c esp+4    u     u     u     c-4",
	} {
		assert.Contains(t, string(out), line, filepath.Base(file))
	}
}
