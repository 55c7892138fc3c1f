package loader_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
)

// compile makes testdata/self.c with gcc, or skips where it cannot.
func compile(t *testing.T, flags ...string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not installed")
	}
	program := filepath.Join(t.TempDir(), "self")
	args := append(flags, "-O2", "-o", program, filepath.Join("testdata", "self.c"))
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Skipf("gcc %v does not work here (libc6-dev-i386 for -m32): %s", flags, out)
	}
	return program
}

// run executes a program on this machine's kernel, or skips where that cannot.
func run(t *testing.T, program string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(program, args...).Output()
	if err != nil {
		t.Skipf("this machine does not run %s: %v", program, err)
	}
	return out
}

// TestCompiledProgramsLieAsTheKernelPutsThem compares entry, program headers
// and the bytes of all code with what a running process finds.
func TestCompiledProgramsLieAsTheKernelPutsThem(t *testing.T) {
	for _, flags := range [][]string{{"-static", "-m64"}, {"-static", "-m32"}, {"-static-pie", "-m64"}} {
		t.Run(strings.Join(flags, ""), func(t *testing.T) {
			program := compile(t, flags...)
			data, err := os.ReadFile(program)
			require.NoError(t, err)
			m, err := loader.ReadELF(data, loader.Options{})
			require.NoError(t, err)
			compareWithDebugELF(t, m, program, 0)

			auxv := strings.Fields(string(run(t, program)))
			require.Len(t, auxv, 4)
			phdr, entry := number(t, auxv[0], 16), number(t, auxv[1], 16)
			if flags[0] == "-static-pie" {
				m, err = loader.ReadELF(data, loader.Options{Bias: phdr - m.Headers.Addr})
				require.NoError(t, err)
			}
			assert.Equal(t, entry, m.Entry)
			assert.Equal(t, loader.ProgramHeaders{
				Addr: phdr, EntrySize: number(t, auxv[2], 10), Count: number(t, auxv[3], 10),
			}, m.Headers)

			for _, s := range m.Segments {
				if s.Prot&loader.ProtX == 0 {
					continue
				}
				offset := int64(s.Addr - m.Headers.Addr)
				memory := run(t, program, fmt.Sprint(offset), fmt.Sprint(s.MemSize))
				assert.True(t, bytes.Equal(s.Data, memory), "code at %#x", s.Addr)
			}
		})
	}
}

func number(t *testing.T, text string, base int) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(text, base, 64)
	require.NoError(t, err)
	return v
}

func TestCompiledProgramsSymbolsAreFound(t *testing.T) {
	for _, width := range []string{"-m64", "-m32"} {
		data, err := os.ReadFile(compile(t, "-static", width))
		require.NoError(t, err)
		m, err := loader.ReadELF(data, loader.Options{})
		require.NoError(t, err)
		mainSymbol, ok := m.Symbols.Lookup("main")
		require.True(t, ok)
		assert.Equal(t, loader.Function, mainSymbol.Kind)
		assert.Equal(t, "main+0x3", m.Symbols.Format(mainSymbol.Addr+3))
		assert.Equal(t, "_start", m.Symbols.Format(m.Entry))
		assert.NotNil(t, m.TLS)
		off, ok := m.OffsetOfAddr(mainSymbol.Addr)
		assert.True(t, ok)
		assert.Equal(t, data[off:off+mainSymbol.Size], m.SegmentAt(mainSymbol.Addr).Data[mainSymbol.Addr-m.SegmentAt(mainSymbol.Addr).Addr:][:mainSymbol.Size])
	}
}

func TestDynamicProgramIsRefused(t *testing.T) {
	data, err := os.ReadFile(compile(t, "-m64"))
	require.NoError(t, err)
	_, err = loader.ReadELF(data, loader.Options{})
	assert.ErrorIs(t, err, loader.ErrDynamic)
}

// TestGoProgramIsRead takes a program of another linker than GNU ld.
func TestGoProgramIsRead(t *testing.T) {
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "main")
	require.NoError(t, os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o644))
	build := exec.Command("go", "build", "-o", program, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("go build does not work here: %s", out)
	}
	data, err := os.ReadFile(program)
	require.NoError(t, err)
	m, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	compareWithDebugELF(t, m, program, 0)
	_, ok := m.Symbols.Lookup("main.main")
	assert.True(t, ok)
}
