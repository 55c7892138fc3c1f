package places

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
	"trapline/internal/uprobes/source"
)

func hex(n uint64) string { return fmt.Sprintf("%#x", n) }

// symbolAt is what a place's offset is the beginning of, the first of several.
func symbolAt(t *testing.T, f oneFile, place string) (name, remark string) {
	t.Helper()
	lines, err := Resolve("p ./x:"+place, f)
	require.NoError(t, err)
	require.NotEmpty(t, lines, place)
	_, at, _ := Split(Fields(lines[0].Text)[1].Text)
	for s := range f.file.Image.Symbols.All() {
		if offset, ok := f.file.Image.OffsetOfAddr(s.Addr); ok && at == hex(offset) {
			return s.Name, lines[0].Remark
		}
	}
	t.Fatalf("%s: no symbol at %s", place, at)
	return "", ""
}

// A probe on an indirect function is on its implementation, if there is only one, or what it is on is said.
func TestIndirectFunctions(t *testing.T) {
	for _, how := range [][]string{{"gcc", "-O1"}, {"gcc", "-O0", "-no-pie", "-fno-pie"}, {"gcc", "-O2", "-m32", "-no-pie", "-fno-pie"}} {
		image, _ := built(t, "ifunc.c", how...)
		f := oneFile{NewFile(image, nil)}
		name, remark := symbolAt(t, f, "single")
		require.Equal(t, "only", name, how)
		require.Equal(t, "single is an indirect function: the probe is on its implementation, only", remark)
		name, remark = symbolAt(t, f, "s*w")
		require.Equal(t, "slow", name)
		require.Empty(t, remark)
		name, remark = symbolAt(t, f, "s*l*")
		require.Equal(t, "slow", name)
		require.Equal(t, "s*l* matches indirect functions too, which have no probe: several, single; each takes one by its name alone", remark)
		_, err := Resolve("p ./x:seve*", f)
		require.EqualError(t, err, `./x has indirect functions only that match "seve*"; expected one of several`)
		name, remark = symbolAt(t, f, "several")
		require.Contains(t, []string{"several", "pick"}, name)
		require.Regexp(t, "^several is an indirect function: the probe is on the code that chooses its implementation, which runs when the program is bound; to choose from: (fast, slow|slow, fast)$", remark)
	}
}

// rustNames are names as a user writes them.
var rustNames = []string{"names::work", "work", "shapes::Square::made", "names::shapes::Square::made", "Square::area",
	"<names::shapes::Square as names::shapes::Area>::area", "names::shapes::twice"}

func TestNamesOfRust(t *testing.T) {
	for _, more := range [][]string{{}, {"-C", "symbol-mangling-version=v0"}} {
		image, _ := built(t, "names.rs", append([]string{"rustc", "-O"}, more...)...)
		namesOfRust(t, image)
	}
}

// The same by symbols that rustc gave, where rustc is not.
func TestNamesOfRustSymbols(t *testing.T) {
	text := string(mustRead(t, "testdata/names-rust.s"))
	old, v0, ok := strings.Cut(text, "# -C symbol-mangling-version=v0\n")
	require.True(t, ok)
	for _, part := range []string{old, v0} {
		source := filepath.Join(t.TempDir(), "part.s")
		require.NoError(t, os.WriteFile(source, []byte("\t.globl _start\n_start:\n"+part), 0o600))
		path := filepath.Join(t.TempDir(), "program")
		out, err := exec.Command("gcc", "-nostdlib", "-static", "-o", path, source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		namesOfRust(t, read(t, path))
	}
}

// A variable of a function that is not optimized is fetched where its frame is set up, also where others of the unit are.
func TestVariablesOfRust(t *testing.T) {
	image, path := built(t, "names.rs", "rustc", "-g", "-C", "opt-level=0")
	f := oneFile{NewFile(image, mustRead(t, path))}
	lines, err := Resolve("p ./x:names::work n", f)
	require.NoError(t, err)
	p, err := f.file.Source()
	require.NoError(t, err)
	var fn *source.Function
	for s := range image.Symbols.All() {
		if strings.Contains(s.Name, "5names4work") {
			fn = p.At(s.Addr)
		}
	}
	require.NotNil(t, fn)
	behind, ok := fn.AfterPrologue()
	require.True(t, ok)
	offset, _ := p.Offset(behind)
	require.Contains(t, lines[0].Text, "./x:"+hex(offset)+" n=+")
}

// A C++ reference is the address of what it stands for, whose members it has.
func TestReferences(t *testing.T) {
	image, path := built(t, "names.cc", "g++", "-g", "-O0")
	f := oneFile{NewFile(image, mustRead(t, path))}
	for argument, want := range map[string]string{"o": `o=-\d+\(%bp\):x64`, "o.x": `x=\+0\(-\d+\(%bp\)\):s32`, "this->x": `x=\+0\(-\d+\(%bp\)\):s32`} {
		lines, err := Resolve("p ./x:geo::Point::operator< "+argument, f)
		require.NoError(t, err)
		require.Regexp(t, ` `+want+`$`, lines[0].Text)
	}
	_, err := Resolve("p ./x:geo::Point::operator< o.y", f)
	require.ErrorContains(t, err, `struct Point has no member "y"; expected one of x`)
}

func namesOfRust(t *testing.T, image *loader.Image) {
	t.Helper()
	f := oneFile{NewFile(image, nil)}
	for _, text := range rustNames {
		name, _ := symbolAt(t, f, text)
		n, ok := f.file.source(name)
		require.True(t, ok, name)
		require.Contains(t, n.Full, "names::", text)
		require.Contains(t, n.Full, text[strings.LastIndex(text, "::")+1:], text)
	}
}

// A stripped Go program has its functions' names all the same.
func TestNamesOfGo(t *testing.T) {
	for _, flags := range [][]string{{}, {"-ldflags=-s -w"}, {"-buildmode=pie", "-ldflags=-s -w"}} {
		path := filepath.Join(t.TempDir(), "program")
		cmd := exec.Command("go", append(append([]string{"build"}, flags...), "-o", path, "./testdata/gonames")...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		f := oneFile{NewFile(read(t, path), nil)}
		for text, symbol := range map[string]string{
			"main.(*point).move": "main.(*point).move",
			"main.point.move":    "main.(*point).move",
			"main.point.get":     "main.point.get",
			"main.double":        "main.double[go.shape.int]",
			"main.double[...]":   "main.double[go.shape.int]",
			"main.apply":         "main.apply",
			"main.main.func1":    "main.main.func1",
			"runtime.mallocgc":   "runtime.mallocgc",
		} {
			name, _ := symbolAt(t, f, text)
			require.Equal(t, symbol, name, "%v", flags)
		}
	}
}

// A number that is no file offset of code was meant for something else.
func TestNumberHints(t *testing.T) {
	image, _ := built(t, "ifunc.c", "gcc", "-O0", "-no-pie", "-fno-pie")
	f := oneFile{NewFile(image, nil)}
	s, ok := image.Symbols.Lookup("main")
	require.True(t, ok)
	offset, _ := image.OffsetOfAddr(s.Addr)
	remark := func(place string) string {
		lines, err := Resolve("p ./x:"+place, f)
		require.NoError(t, err)
		require.Equal(t, "p ./x:"+place, lines[0].Text)
		return lines[0].Remark
	}
	require.Empty(t, remark(hex(offset)))
	require.Equal(t, hex(s.Addr)+" is an address of ./x; expected the file offset, which is "+hex(offset)+", in main", remark(hex(s.Addr)))
	digits := hex(offset)[2:]
	what := "no number"
	if strings.Trim(digits, "0123456789") == "" {
		what = "decimal and not in the code of ./x"
	}
	require.Equal(t, digits+" is "+what+"; 0x"+digits+" is in main", remark(digits))
	digits = hex(offset + 16)[2:4] + "10"
	if strings.Trim(digits, "0123456789") == "" {
		require.Contains(t, remark(digits), digits+" is decimal and not in the code of ./x; 0x"+digits+" is in ")
	}
	require.Empty(t, remark("0xffffff"))

	image, _ = built(t, "ifunc.c", "gcc", "-O0", "-pie", "-fpie")
	f = oneFile{NewFile(image, nil)}
	s, ok = image.Symbols.Lookup("main")
	require.True(t, ok)
	offset, _ = image.OffsetOfAddr(s.Addr)
	inProcess := hex(s.Addr + 0x555555554000) // as gdb shows it, and a trace
	require.Equal(t, inProcess+" is an address of ./x in its process; expected the file offset, which is "+hex(offset)+", in main", remark(inProcess))
	require.Empty(t, remark(hex(0x555555554000-1)))
	require.Empty(t, remark("0x7ffff7000000"))
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}
