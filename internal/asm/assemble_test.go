package asm_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/loader"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

const (
	i386Base  = 0xc0100000
	amd64Base = 0xffffffff81000000
)

// needBinutils skips a test on a machine without the assembler.
func needBinutils(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"as", "ld", "objdump", "nm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed (Debian package binutils)", tool)
		}
	}
}

func assemble(t *testing.T, s asm.Source) *loader.Image {
	t.Helper()
	needBinutils(t)
	if s.Name == "" {
		s.Name = "test.txtar"
	}
	m, err := asm.Assemble(context.Background(), s)
	require.NoError(t, err)
	return m
}

// source reads one of the programs in testdata.
func source(t *testing.T, name string, arch x86.Arch, base uint64) asm.Source {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return asm.Source{Name: name, Text: string(text), Arch: arch, Base: base}
}

func TestAssembledSymbolsAndBytesEqualAPlainBuild(t *testing.T) {
	needBinutils(t)
	for _, c := range []struct {
		file      string
		arch      x86.Arch
		base      uint64
		width, ld string
	}{
		{"i386.S", x86.I386, i386Base, "--32", "elf_i386"},
		{"amd64.S", x86.AMD64, amd64Base, "--64", "elf_x86_64"},
	} {
		t.Run(c.arch.String(), func(t *testing.T) {
			s := source(t, c.file, c.arch, c.base)
			s.DataBase = c.base + 0x10000
			m := assemble(t, s)

			dir := t.TempDir()
			object, plain := filepath.Join(dir, "o"), filepath.Join(dir, "plain")
			tool(t, "as", c.width, "-o", object, filepath.Join("testdata", c.file))
			tool(t, "ld", "-m", c.ld, "-static", "-o", plain, object, "-e", hex(c.base),
				"-Ttext="+hex(s.Base), "-Tdata="+hex(s.DataBase))

			assert.Equal(t, nmSymbols(t, plain), tableOf(m))
			for _, section := range []string{".text", ".data"} {
				addr, want := sectionBytes(t, plain, section)
				g := m.SegmentAt(addr)
				require.NotNil(t, g, section)
				assert.Equal(t, addr, g.Addr, section)
				assert.Equal(t, want, g.Data, section)
			}
		})
	}
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	require.NoError(t, err, "%s %v", name, args)
	return string(out)
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

// linkerSymbols are the ones that ld's default script defines.
var linkerSymbols = regexp.MustCompile(`^(__bss_start|_edata|_end)$`)

func nmSymbols(t *testing.T, file string) map[string]uint64 {
	list := make(map[string]uint64)
	for line := range strings.Lines(tool(t, "nm", file)) {
		f := strings.Fields(line)
		if strings.HasPrefix(f[2], "odd") {
			f[2] = strings.Join(f[2:], " ")
		}
		if linkerSymbols.MatchString(f[2]) || strings.EqualFold(f[1], "a") {
			continue
		}
		addr, err := strconv.ParseUint(f[0], 16, 64)
		require.NoError(t, err)
		list[f[2]] = addr
	}
	return list
}

func tableOf(m *loader.Image) map[string]uint64 {
	list := make(map[string]uint64)
	for s := range m.Symbols.All() {
		list[s.Name] = s.Addr
	}
	return list
}

// sectionBytes reads a section as objdump shows it.
func sectionBytes(t *testing.T, file, section string) (addr uint64, data []byte) {
	row := regexp.MustCompile(`(?m)^ ([0-9a-f]+) ((?:[0-9a-f]+ ){1,4})`)
	for i, m := range row.FindAllStringSubmatch(tool(t, "objdump", "-s", "-j", section, file), -1) {
		if i == 0 {
			addr, _ = strconv.ParseUint(m[1], 16, 64)
		}
		digits := strings.ReplaceAll(m[2], " ", "")
		for len(digits) > 0 {
			b, err := strconv.ParseUint(digits[:2], 16, 8)
			require.NoError(t, err)
			data, digits = append(data, byte(b)), digits[2:]
		}
	}
	return addr, data
}

func TestSegmentsLieAtTheAskedAddresses(t *testing.T) {
	m := assemble(t, asm.Source{
		Arch: x86.I386, Base: 0x1000, DataBase: 0x8010,
		Text: ".globl _start\nnop\n_start: ret\n.data\n.long 1\n.bss\n.space 0x2000\n" +
			".section .rodata\n.byte 7\n.section .kprobes.text,\"ax\"\nint3\n",
	})
	require.Len(t, m.Segments, 3)
	text, rodata, data := m.Segments[0], m.Segments[1], m.Segments[2]
	assert.Equal(t, []byte{0x90, 0xc3, 0xcc}, text.Data)
	assert.Equal(t, uint64(0x1000), text.Addr)
	assert.Equal(t, loader.ProtR|loader.ProtX, text.Prot)
	assert.Equal(t, uint64(0x2000), rodata.Addr)
	assert.Equal(t, loader.ProtR, rodata.Prot)
	assert.Equal(t, uint64(0x8010), data.Addr)
	assert.Equal(t, loader.ProtR|loader.ProtW, data.Prot)
	assert.Equal(t, uint64(0x2004), data.MemSize)
	assert.Equal(t, uint64(0x1001), m.Entry)
	assert.Equal(t, loader.StackDefault, m.Stack)
	assert.Zero(t, m.Headers)
}

func TestDataMayLieBelowText(t *testing.T) {
	m := assemble(t, asm.Source{Arch: x86.AMD64, Base: 0x400000, DataBase: 0x10000,
		Text: "mov counter(%rip),%eax\n.data\ncounter: .long 5\n"})
	require.Len(t, m.Segments, 2)
	assert.Equal(t, uint64(0x10000), m.Segments[0].Addr)
	assert.Equal(t, uint64(0x400000), m.Entry, "without _start the base is the entry")
}

func TestAlignmentThatTheBaseDoesNotHaveIsAnError(t *testing.T) {
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{Name: "a.txtar", Arch: x86.I386, Base: 0x1004, Text: ".p2align 4\nnop\n"})
	var bad *asm.Error
	require.ErrorAs(t, err, &bad)
	assert.ErrorContains(t, err, ".text starts at 0x1010, not at its base address 0x1004")
}

func TestLineMapCountsFromTheText(t *testing.T) {
	s := source(t, "i386.S", x86.I386, i386Base)
	s.FirstLine = 40 // must not matter
	m := assemble(t, s)
	lines := strings.Split(s.Text, "\n")
	for _, c := range []struct {
		symbol string
		text   string // what the line at the symbol holds
	}{
		{"_start", "push"}, {"loop", "loop:"}, {"message", "message:"}, {"table", "table:"},
		{"table_end", "table_end:"}, {"after", "after:"}, {"handler", "handler:"},
	} {
		sym, ok := m.Symbols.Lookup(c.symbol)
		require.True(t, ok, c.symbol)
		line, ok := m.Lines.LineAt(sym.Addr)
		require.True(t, ok, c.symbol)
		assert.Contains(t, lines[line-1], c.text, c.symbol)
	}
	// patched is no label but an address inside an instruction, which stays whole.
	patched, _ := m.Symbols.Lookup("patched")
	whole, ok := m.Lines.RangeAt(patched.Addr)
	require.True(t, ok)
	assert.Equal(t, LineRangeOf(m, "loop_end"), whole)
}

// LineRangeOf gives the line range that starts at a symbol.
func LineRangeOf(m *loader.Image, symbol string) loader.LineRange {
	s, _ := m.Symbols.Lookup(symbol)
	r, _ := m.Lines.RangeAt(s.Addr)
	return r
}

func TestInstructionLinesEqualThoseOfObjdump(t *testing.T) {
	s := source(t, "i386.S", x86.I386, i386Base)
	m := assemble(t, s)
	dir := t.TempDir()
	object := filepath.Join(dir, "o")
	tool(t, "as", "--32", "--gdwarf-4", "-o", object, filepath.Join("testdata", "i386.S"))
	rows := regexp.MustCompile(`(?m)^i386\.S +(\d+) +(0x[0-9a-f]+|0) `).
		FindAllStringSubmatch(tool(t, "objdump", "--dwarf=decodedline", object), -1)
	require.NotEmpty(t, rows)
	for _, row := range rows {
		want, _ := strconv.Atoi(row[1])
		offset, _ := strconv.ParseUint(row[2], 0, 64)
		got, ok := m.Lines.LineAt(i386Base + offset)
		assert.True(t, ok)
		assert.Equal(t, want, got, "offset %#x", offset)
	}
}

func TestListingRebuildsTheAssembledImage(t *testing.T) {
	for _, c := range []struct {
		file string
		arch x86.Arch
		base uint64
	}{{"i386.S", x86.I386, i386Base}, {"amd64.S", x86.AMD64, amd64Base}} {
		t.Run(c.arch.String(), func(t *testing.T) {
			s := source(t, c.file, c.arch, c.base)
			m := assemble(t, s)
			listing, err := loader.WriteListing(m, s.Text)
			require.NoError(t, err)
			again, hash, err := loader.ReadListing(listing)
			require.NoError(t, err)
			assert.Equal(t, m, again)
			assert.Equal(t, loader.HashSource(s.Text), hash)

			testkit.Golden(t, filepath.Join("testdata", strings.TrimSuffix(c.file, ".S")+".lst"), string(listing))
		})
	}
}

func TestOtherCodeSectionAloneLiesAtTheBase(t *testing.T) {
	m := assemble(t, asm.Source{Arch: x86.I386, Base: 0x5000, Text: ".section .noinstr,\"ax\"\nhlt\n"})
	require.Len(t, m.Segments, 1)
	assert.Equal(t, uint64(0x5000), m.Segments[0].Addr)
}

func TestSourceWithoutBytesIsAnError(t *testing.T) {
	needBinutils(t)
	_, err := asm.Assemble(context.Background(), asm.Source{Name: "a.S", Arch: x86.I386, Base: 0x1000, Text: "# nothing\n"})
	assert.ErrorIs(t, err, loader.ErrMalformed)
}

func TestIntelSyntaxIsTheAssemblersBusiness(t *testing.T) {
	m := assemble(t, asm.Source{Arch: x86.AMD64, Base: 0x1000, Text: ".intel_syntax noprefix\nmov rax, [rbx+8]\n"})
	assert.True(t, bytes.Equal([]byte{0x48, 0x8b, 0x43, 0x08}, m.Segments[0].Data))
}

func TestCompilerOutputKeepsItsLines(t *testing.T) {
	m := assemble(t, asm.Source{Arch: x86.AMD64, Base: 0x1000, Text: "\t.file\t\"x.c\"\n\t.text\nf:\n\tret\n\t.ident \"GCC\"\n"})
	addr, ok := m.Lines.AddrOfLine(4)
	assert.True(t, ok)
	assert.Equal(t, uint64(0x1000), addr)
}

func TestCancelledContextIsReported(t *testing.T) {
	needBinutils(t)
	why := errors.New("the reader went away")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	_, err := asm.Assemble(ctx, asm.Source{Name: "a.S", Arch: x86.I386, Base: 0x1000, Text: "nop\n"})
	assert.ErrorIs(t, err, why)
}

func TestMissingAssemblerNamesThePackage(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := asm.Assemble(context.Background(), asm.Source{Name: "a.S", Arch: x86.I386, Base: 0x1000, Text: "nop\n"})
	require.ErrorIs(t, err, asm.ErrNoAssembler)
	assert.ErrorContains(t, err, "binutils")
}
