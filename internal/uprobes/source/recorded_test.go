package source

import (
	"compress/gzip"
	"debug/dwarf"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	everyArgument = flag.Bool("every-argument", false, "ask perf probe about every recorded argument, not a few")
	record        = flag.Bool("record", false, "record perf probe's answers anew")
)

// answer is perf probe's, of an argument at a point.
type answer struct {
	Point, Argument string
	Fetched         []string `json:",omitempty"` // per place the file offset, then what is fetched
	Refused         string   `json:",omitempty"`
}

// deliberate are the differences from perf probe that are meant, by what is seen of them.
var deliberate = []struct {
	why                   string
	argument, perf, error string // patterns that point and argument, perf's answer and our error have; "" for any
}{
	{"perf takes a computed value (DW_OP_stack_value) for an address, or refuses all places of the line", "", "", "its value is computed"},
	{"perf counts a row of an array as one element", "", "", "is a row"},
	{"perf fetches code where a pointer to a function leads to", "", "", `\(function_type\)`},
	{"perf does not find bit fields of DWARF 5", "", "Failed to get the offset of", "^$"},
	{"perf does not look into the function around a copy", `^(scaled|often|mixed):`, "^Failed to find", ""},
	{"perf knows no arrays of arrays", `\]\[`, "is not a data structure nor a union", "^$"},
	{"perf names a global variable by its symbol, which uprobes do not take", "", `=[^ ]*@\w`, "^$"},
	{"perf refuses a line that shares an address; it has a place of its own too", "", "sharing the address", "^$"},
	{"perf shows a number at places that do not have the variable; the kernel takes it as 0xdeade12d only", "", `\\deade12d`, ""},
}

// recordedProgram unpacks a program of testdata, which gcc 12 made: other compilers put variables elsewhere.
func recordedProgram(t *testing.T, name string) (p *Program, path string) {
	f, err := os.Open("testdata/" + name + ".elf.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(z)
	require.NoError(t, err)
	path = filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o755))
	p, err = Read(data)
	require.NoError(t, err)
	return p, path
}

var definition = regexp.MustCompile(`(?m)^p:\S+ \S+:(0x\w+) (.*)$`)

// ask asks perf probe about an argument at a point.
func ask(t *testing.T, path, point, argument string) answer {
	_, text := perf(t, path, strings.TrimSpace(point+" "+argument))
	a := answer{Point: point, Argument: argument}
	for _, m := range definition.FindAllStringSubmatch(text, -1) {
		a.Fetched = append(a.Fetched, m[1]+" "+unsigned.ReplaceAllString(m[2], ":x$1"))
	}
	if slices.Sort(a.Fetched); a.Fetched == nil {
		_, behind, ok := strings.Cut(text, "force probing at the function entry.")
		if !ok {
			behind = text
		}
		a.Refused, _, _ = strings.Cut(strings.TrimSpace(behind), "\n")
	}
	return a
}

// ours is the answer to the same question, and why some place has none.
func ours(p *Program, f *Function, q answer) (l []string, failed error) {
	_, n, _ := strings.Cut(q.Point, ":")
	line, _ := strconv.Atoi(n)
	addrs, err := f.FunctionLine(line)
	if err != nil {
		return nil, err
	}
	for _, addr := range addrs {
		if behind, ok := f.AfterPrologue(); ok && line == 0 && addr == f.Entry {
			addr = behind
		}
		text, err := p.Argument(Place{addr, f}, q.Argument)
		if err != nil {
			failed = err
			continue
		}
		offset, _ := p.Offset(addr)
		l = append(l, fmt.Sprintf("%#x %s", offset, text))
	}
	slices.Sort(l)
	return l, failed
}

// difference says why an answer is not perf probe's on purpose; "" if it should be.
func difference(q answer, failed error) string {
	says := ""
	if failed != nil {
		says = failed.Error()
	}
	for _, d := range deliberate {
		if regexp.MustCompile(d.argument).MatchString(q.Point+" "+q.Argument) && regexp.MustCompile(d.error).MatchString(says) &&
			regexp.MustCompile(d.perf).MatchString(strings.Join(q.Fetched, " ")+q.Refused) {
			return d.why
		}
	}
	return ""
}

// Variables of every type without optimization, and those that a compiler has moved, split up, inlined and removed: what a
// probe can name, where, and how it is fetched is perf probe's answer as it is recorded, but for what is deliberate. A part of
// the record is compared with perf 6.1 where that is installed.
func TestKindsOfVariablesAsPerf(t *testing.T) {
	seen := map[string]int{}
	for _, name := range []string{"kinds", "optimized"} {
		p, path := recordedProgram(t, name)
		golden := "testdata/" + name + ".json"
		if *record {
			var l []string
			for _, q := range questions(p) {
				data, err := json.Marshal(ask(t, path, q.Point, q.Argument))
				require.NoError(t, err)
				l = append(l, string(data))
			}
			require.NoError(t, os.WriteFile(golden, []byte("[\n"+strings.Join(l, ",\n")+"\n]\n"), 0o644))
		}
		data, err := os.ReadFile(golden)
		require.NoError(t, err)
		var l []answer
		require.NoError(t, json.Unmarshal(data, &l))
		step := 60
		if *everyArgument {
			step = 1
		}
		version, _ := exec.Command("perf", "--version").Output() // other versions know more or less
		recorded := strings.HasPrefix(string(version), "perf version 6.1.")
		for i, q := range l {
			function, _, _ := strings.Cut(q.Point, ":")
			got, failed := ours(p, p.Functions(function)[0], q)
			switch why := difference(q, failed); {
			case len(q.Fetched) == 0 && len(got) == 0:
				seen["both refuse"]++
			case slices.Equal(q.Fetched, got):
				seen["equal"]++
			case why != "":
				seen[why]++
			default:
				assert.Equal(t, q.Fetched, got, "%s %s %s: %v; perf: %s", name, q.Point, q.Argument, failed, q.Refused)
			}
			constant := strings.Contains(strings.Join(q.Fetched, " "), `=\`) // perf asks the running kernel whether it takes them
			if recorded && !constant && i%step == 0 {
				require.Equal(t, q, ask(t, path, q.Point, q.Argument))
			}
		}
	}
	t.Logf("%v", seen)
	for _, d := range deliberate {
		assert.NotZero(t, seen[d.why], d.why)
	}
	assert.Greater(t, seen["equal"], 200)
}

// questions are arguments at every line of every function: variables, and what can be reached from one in four of them.
func questions(p *Program) (l []answer) {
	n := 0
	for _, f := range p.units[0].functions {
		if f.Entry == 0 && len(f.Inlined) == 0 || p.Functions(f.Name)[0] != f {
			continue
		}
		for _, line := range f.Lines() {
			addrs, err := f.FunctionLine(line)
			if err != nil {
				continue
			}
			point := f.Name + ":" + strconv.Itoa(line)
			for _, v := range p.At(addrs[0]).scopes(Place{addrs[0], f}) {
				for i, e := range expressions(v) {
					if n++; i == 0 || n%16 == 0 {
						l = append(l, answer{Point: point, Argument: e})
					}
				}
			}
		}
	}
	return l
}

// expressions name a variable and all that can be reached from it, a few levels deep, by types that fit and others.
func expressions(v Variable) (l []string) {
	const deepest = 3
	var walk func(prefix string, t dwarf.Type, depth int)
	members := func(prefix string, s *dwarf.StructType, depth int) {
		for _, f := range s.Field {
			if inner, ok := plain(f.Type).(*dwarf.StructType); ok && f.Name == "" {
				for _, g := range inner.Field {
					walk(prefix+g.Name, g.Type, depth)
				}
				continue
			}
			walk(prefix+f.Name, f.Type, depth)
		}
	}
	walk = func(prefix string, t dwarf.Type, depth int) {
		l = append(l, prefix)
		if depth > deepest {
			return
		}
		switch t := plain(t).(type) {
		case *dwarf.StructType:
			members(prefix+".", t, depth+1)
		case *dwarf.PtrType:
			if s, ok := plain(t.Type).(*dwarf.StructType); ok && depth < 2 {
				members(prefix+"->", s, depth+1)
			} else {
				l = append(l, prefix+"[0]", prefix+"[2]", prefix+":string")
			}
		case *dwarf.ArrayType:
			l = append(l, prefix+":string")
			walk(prefix+"[1]", t.Type, depth+1)
		}
	}
	if t, err := v.typ(); err == nil {
		walk(v.Name, t, 0)
	}
	return append(l, "x="+v.Name+":x8", v.Name+":x", v.Name+":s", v.Name+":x16", v.Name+".nosuch", v.Name+"->nosuch")
}

// A copy's variables can be named where it is entered, though its ranges leave the place out; for the line of the call there they cannot.
func TestVariablesWhereACopyIsEntered(t *testing.T) {
	p, _ := recordedProgram(t, "optimized")
	by, err := p.Argument(Place{0x12e0, p.Functions("scaled")[0]}, "by")
	require.NoError(t, err)
	require.Equal(t, "by=%di:s32", by) // perf probe -V scaled:0 lists it
	_, err = p.Argument(Place{0x12e0, p.Functions("work")[0]}, "by")
	require.ErrorContains(t, err, `no variable "by"`)
}
