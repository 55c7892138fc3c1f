package places

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"
)

// built compiles a source of testdata.
func built(t *testing.T, source string, command ...string) (image *loader.Image, path string) {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skipf("no %s", command[0])
	}
	path = filepath.Join(t.TempDir(), "program")
	out, err := exec.Command(command[0], append(command[1:], "-o", path, filepath.Join("testdata", source))...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return read(t, path), path
}

func read(t *testing.T, path string) *loader.Image {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	require.NoError(t, err)
	return image
}

// functions are the code symbols that nm lists, demangled or not, in the same order.
func functions(t *testing.T, path string, options ...string) []string {
	out, err := exec.Command("nm", append(options, "-p", "--format=posix", path)...).Output()
	require.NoError(t, err)
	var l []string
	for line := range bytes.Lines(out) {
		l = append(l, strings.TrimSpace(string(line)))
	}
	return l
}

// one file, whatever its path.
type oneFile struct{ file *File }

func (oneFile) Absolute(path string) string  { return path }
func (f oneFile) File(string) (*File, error) { return f.file, nil }

func offsets(f oneFile, place string) []string {
	lines, err := Resolve(`p "./x:`+place+`"`, f)
	if err != nil {
		return []string{err.Error()}
	}
	var l []string
	for _, line := range lines {
		_, at, _ := Split(Fields(line.Text)[1].Text)
		l = append(l, at)
	}
	return l
}

var everyName = flag.Bool("every-name", false, "look for every function of C++'s library, not for one of ten")

// Functions of a C++ program and of C++'s library are found by the names that nm gives them.
func TestNamesThatNMGives(t *testing.T) {
	image, path := built(t, "names.cc", "g++", "-O1", "-static")
	namedByNM(t, image, path, 500, 1)
	out, err := exec.Command("g++", "-print-file-name=libstdc++.so.6").Output()
	require.NoError(t, err)
	step := 10
	if *everyName {
		step = 1
	}
	library := strings.TrimSpace(string(out))
	namedByNM(t, read(t, library), library, 3000, step, "-D", "--without-symbol-versions")
}

func namedByNM(t *testing.T, image *loader.Image, path string, atLeast, step int, options ...string) {
	f := oneFile{NewFile(image, nil)}
	mangled, plain := functions(t, path, options...), functions(t, path, append(options, "-C")...)
	require.Equal(t, len(mangled), len(plain))
	at := map[string]map[string]bool{} // offsets of a name
	symbols := map[string]string{}
	for i, line := range mangled {
		symbol, rest, _ := strings.Cut(line, " ")
		kind, value, _ := strings.Cut(rest, " ")
		if value == "" || !strings.Contains("tTwW", kind) || !strings.HasPrefix(symbol, "_Z") {
			continue
		}
		name, _, ok := strings.Cut(plain[i], " "+kind+" "+value)
		require.True(t, ok, plain[i])
		var addr uint64
		_, err := fmt.Sscanf(value, "%x", &addr)
		require.NoError(t, err)
		offset, ok := image.OffsetOfAddr(addr)
		if !ok {
			continue
		}
		name, _, isClone := strings.Cut(name, " [clone ")
		if isClone && isPiece(symbol) {
			continue
		}
		if at[name] == nil {
			at[name] = map[string]bool{}
		}
		at[name][fmt.Sprintf("%#x", offset)] = true
		if !isClone {
			symbols[name] = symbol
		}
	}
	require.Greater(t, len(symbols), atLeast)
	wrong := 0
	for i, name := range slices.Sorted(maps.Keys(symbols)) {
		if i%step != 0 {
			continue
		}
		symbol := symbols[name]
		got := offsets(f, name)
		several := len(at[name]) > 1                // variants and clones
		if several && ambiguous(got[0], at[name]) { // versions of a symbol
			continue
		}
		if len(got) != 1 && !several || slices.ContainsFunc(got, func(o string) bool { return !at[name][o] }) {
			if wrong++; wrong < 20 {
				t.Errorf("%s (%s): %v", name, symbol, got)
			}
		}
	}
	assert.Zero(t, wrong, "of %d", len(symbols))
}

// ambiguous reports whether an answer says that a name has several functions, which are these.
func ambiguous(answer string, offsets map[string]bool) bool {
	if !strings.Contains(answer, fmt.Sprintf("has %d functions named", len(offsets))) {
		return false
	}
	for offset := range offsets {
		if !strings.Contains(answer, offset) {
			return false
		}
	}
	return true
}

// What users write, without quotes too, and the symbols that are meant.
func TestNamesOfCPlusPlus(t *testing.T) {
	image, _ := built(t, "names.cc", "g++", "-O1", "-static")
	f := oneFile{NewFile(image, nil)}
	for text, symbol := range map[string]string{
		"geo::area(int)":                       "_ZN3geo4areaEi",
		"geo::area(int, int)":                  "_ZN3geo4areaEii",
		"geo::area(int,int)":                   "_ZN3geo4areaEii",
		"geo::area(const char*)":               "_ZN3geo4areaEPKc",
		"geo::area( char const * )":            "_ZN3geo4areaEPKc",
		"geo::area(unsigned long)":             "_ZN3geo4areaEm",
		"geo::area(long unsigned int)":         "_ZN3geo4areaEm",
		"geo::scale<int>":                      "_ZN3geo5scaleIiEET_S1_",
		"geo::scale<double>(double)":           "_ZN3geo5scaleIdEET_S1_",
		"double geo::scale<double>(double)":    "_ZN3geo5scaleIdEET_S1_",
		"geo::Point::Point(int)":               "_ZN3geo5PointC2Ei",
		"geo::Point::Point(const geo::Point&)": "_ZN3geo5PointC2ERKS0_",
		"geo::Point::~Point":                   "_ZN3geo5PointD2Ev",
		"geo::Point::~Point()":                 "_ZN3geo5PointD2Ev",
		"geo::Point::get":                      "_ZNK3geo5Point3getEv",
		"geo::Point::get(void)":                "_ZNK3geo5Point3getEv",
		"geo::Point::get() const":              "_ZNK3geo5Point3getEv",
		"Point::get":                           "_ZNK3geo5Point3getEv",
		"geo::Point::operator<":                "_ZNK3geo5PointltERKS0_",
		"geo::Point::operator()":               "_ZN3geo5PointclEi",
		"geo::Point::operator()(int)":          "_ZN3geo5PointclEi",
		"geo::Point::operator bool":            "_ZNK3geo5PointcvbEv",
		"geo::Point::operator bool() const":    "_ZNK3geo5PointcvbEv",
		"geo::Point::operator+=":               "_ZN3geo5PointpLEi",
		"geo::Point::made(std::string)":        "_ZN3geo5Point4madeENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
		"(anonymous namespace)::hidden":        "_ZN12_GLOBAL__N_16hiddenERKSt6vectorIiSaIiEE",
		"(anonymous namespace)::hidden(std::vector<int, std::allocator<int>> const&)": "_ZN12_GLOBAL__N_16hiddenERKSt6vectorIiSaIiEE",
		`operator"" _deg`:                   "_Zli4_degy",
		"main::{lambda(int)#1}::operator()": "_ZZ4mainENKUliE_clEi",
		"main":                              "main",
		"_ZN3geo4areaEi":                    "_ZN3geo4areaEi",
	} {
		s, ok := image.Symbols.Lookup(symbol)
		require.True(t, ok, "%s (%s)", symbol, text)
		offset, _ := image.OffsetOfAddr(s.Addr)
		want := fmt.Sprintf("%#x", offset)
		assert.Equal(t, []string{want}, offsets(f, text), text)
		for _, suffix := range []string{"", "+4", "%return", "(0x10)"} {
			lines, err := Resolve("p:g/e ./x:"+text+suffix+" a=%di:s32 +8(%sp)", f)
			if !assert.NoError(t, err, text+suffix) {
				continue
			}
			place := want + suffix
			if suffix == "+4" {
				place = fmt.Sprintf("%#x", offset+4)
			}
			assert.Equal(t, "p:g/e ./x:"+place+" a=%di:s32 +8(%sp)", lines[0].Text, text)
		}
	}
	_, err := Resolve("p ./x:geo::area", f)
	require.EqualError(t, err, "./x has 4 functions named geo::area: geo::area(int), geo::area(int, int), geo::area(char const*), geo::area(unsigned long); "+
		"expected one of them, or a pattern for all, as geo::area*")
	for text, end := range map[string]string{
		"area":             "; expected one of them, or a pattern for all, as *::area",
		"geo::area(short)": `has no symbol "geo::area(short)"; did you mean geo::area(int), geo::area(int, int), geo::area(char const*), geo::area(unsigned long)?`,
		"geo::area(int *)": `has no function that matches "geo::area(int *)"; did you mean geo::area(int), geo::area(int, int), geo::area(char const*), geo::area(unsigned long)?`,
	} {
		_, err := Resolve("p ./x:"+text, f)
		require.ErrorContains(t, err, end)
	}
	all, err := Resolve("p ./x:*::area", f)
	require.NoError(t, err)
	require.Len(t, all, 4)
	lines, err := Resolve("p ./x:area(size_t)", f)
	require.NoError(t, err)
	require.Equal(t, "geo::area(unsigned long) is taken for area(size_t)", lines[0].Remark)
	lines, err = Resolve("p ./x:geo::area(int)+0x1000", f)
	require.NoError(t, err)
	require.Contains(t, lines[0].Remark, "geo::area(int)+0x1000 is behind the end of geo::area(int), which has ")
	lines, err = Resolve("p ./x:Point::get", f)
	require.NoError(t, err)
	require.Equal(t, "geo::Point::get() const is taken for Point::get", lines[0].Remark)
}

// What users write is found however the compiler made the functions: out of line, with arguments taken away (clones),
// with a part of it elsewhere (.cold), which is not where it begins.
func TestNamesOfClones(t *testing.T) {
	for level, names := range map[string]map[string]string{
		"-O0": {
			"ns::S::S": "_ZN2ns1SC1Ei", "ns::S::S(int)": "_ZN2ns1SC1Ei", "ns::S::~S": "_ZN2ns1SD1Ev", "ns::S::~S()": "_ZN2ns1SD1Ev",
			"ns::S::get() const": "_ZNK2ns1S3getEv", "ns::S::operator==(const ns::S &) const": "_ZNK2ns1SeqERKS0_", "ns::tw<double>": "_ZN2ns2twIdEET_S1_",
			"int ns::tw<int>(int)": "_ZN2ns2twIiEET_S1_", "ns::tw<int>(int)": "_ZN2ns2twIiEET_S1_", "ns::f(int)": "_ZN2ns1fEi", "ns::f(char const*)": "_ZN2ns1fEPKc",
			"main::{lambda(int)#1}::operator()(int) const": "_ZZ4mainENKUliE_clEi", "thrower": "_Z7throweri",
		},
		"-O2": {
			"ns::S::get": "_ZNK2ns1S3getEv", "ns::S::get() const": "_ZNK2ns1S3getEv", "ns::S::operator==(ns::S const&) const": "_ZNK2ns1SeqERKS0_",
			"main::{lambda(int)#1}::operator()(int) const": "_ZZ4mainENKUliE_clEi", "thrower": "_Z7throweri", "thrower(int)": "_Z7throweri", "mid": "_Z3midi",
			"ns::f(int)": "_ZN2ns1fEi", "ns::f(const char*)": "_ZN2ns1fEPKc", "main": "main",
		},
	} {
		image, _ := built(t, "throwing.cc", "g++", level)
		f := oneFile{NewFile(image, nil)}
		for text, symbol := range names {
			name, remark := symbolAt(t, f, text)
			assert.Empty(t, remark, "%s: %s", level, text)
			of, _, _ := strings.Cut(name, ".")
			assert.Equal(t, symbol, of, "%s: %s", level, text)
			assert.NotContains(t, name, ".cold", "%s: %s", level, text)
		}
	}
}

// A pattern stands for every function that has such a name.
func TestPatterns(t *testing.T) {
	image, _ := built(t, "names.cc", "g++", "-O1", "-static")
	f := oneFile{NewFile(image, nil)}
	text := func(line string) []string {
		lines, err := Resolve(line, f)
		require.NoError(t, err, line)
		var l []string
		for _, line := range lines {
			first, _, _ := strings.Cut(line.Text, " ")
			l = append(l, first)
		}
		slices.Sort(l)
		return l
	}
	require.Equal(t, []string{"p:geo_area", "p:geo_area_1", "p:geo_area_2", "p:geo_area_3"}, text("p ./x:geo::area*"))
	require.Equal(t, []string{"r:g/e", "r:g/e_1", "r:g/e_2", "r:g/e_3"}, text("r:g/e ./x:_ZN3geo4area?*"))
	require.Equal(t, []string{"p"}, text("p ./x:geo::Point::g?t"))
	_, err := Resolve("p ./x:nothing*here", f)
	require.EqualError(t, err, `./x has no function that matches "nothing*here"`)
	_, err = Resolve("p ./x:*", f)
	require.ErrorContains(t, err, `functions of ./x match "*"; expected at most 1000`)
}
