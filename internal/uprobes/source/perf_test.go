package source

import (
	"fmt"
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

var ways = [][]string{{"-O0"}, {"-O2"}, {"-O0", "-gdwarf-4"}, {"-O2", "-gdwarf-4"}, {"-O1", "-m32"}, {"-O2", "-no-pie"}}

// program compiles testdata/list.c.
func program(t *testing.T, flags ...string) (p *Program, path string) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	path = filepath.Join(t.TempDir(), "list")
	out, err := exec.Command("gcc", append(flags, "-g", "-o", path, "testdata/list.c")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	p, err = Read(data)
	require.NoError(t, err)
	return p, path
}

var offsetOf = regexp.MustCompile(`:(0x[0-9a-f]+)(?: |$)`)

// perf asks perf probe for a definition.
func perf(t *testing.T, path, point string) (offsets []string, text string) {
	if _, err := exec.LookPath("perf"); err != nil {
		t.Skip("no perf")
	}
	cmd := exec.Command("perf", "probe", "-x", path, "-D", point)
	out, _ := cmd.CombinedOutput()
	for _, m := range regexp.MustCompile(`(?m)^p:.*$`).FindAllString(string(out), -1) {
		offsets = append(offsets, offsetOf.FindStringSubmatch(m)[1])
	}
	return offsets, string(out)
}

// listed are the lines with code that perf probe lists of a function.
func listed(t *testing.T, path, function string) (l []int) {
	out, err := exec.Command("perf", "probe", "-x", path, "-L", function).Output()
	if err != nil { // it may find no line of a function that is only inlined
		return nil
	}
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+) `).FindAllSubmatch(out, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		l = append(l, n)
	}
	return l
}

// Lines of functions are where perf probe has them, and nowhere else. It refuses lines that share an address with
// another one and have a place of their own too; those it lists.
func TestLinesAsPerf(t *testing.T) {
	for _, flags := range ways {
		p, path := program(t, flags...)
		for _, name := range []string{"sum", "main", "total_of", "twice"} {
			f := p.Functions(name)
			require.Len(t, f, 1)
			can := listed(t, path, name)
			can = slices.DeleteFunc(can, func(n int) bool { return f[0].Line+n > f[0].last() }) // perf lists the next function's too
			if f[0].Entry == 0 && !slices.Contains(can, 0) {
				can = append([]int{0}, can...)
			}
			require.Equal(t, can, f[0].Lines(), "%v %s", flags, name)
			for line := range 16 {
				want, text := perf(t, path, name+":"+strconv.Itoa(line))
				addrs, err := f[0].FunctionLine(line)
				if f[0].Line+line > f[0].last() { // perf counts on into the next function
					require.ErrorContains(t, err, "has the lines 0 to")
					continue
				}
				var got []string
				for _, a := range addrs {
					offset, ok := p.Offset(a)
					require.True(t, ok)
					got = append(got, fmt.Sprintf("%#x", offset))
				}
				if len(want) == 0 && strings.Contains(text, "sharing the address") && slices.Contains(can, line) {
					require.NotEmpty(t, got)
					continue
				}
				require.Equal(t, want, got, "%v %s:%d: %v\n%s", flags, name, line, err, text)
			}
		}
	}
}

var unsigned = regexp.MustCompile(`:u(\d+)`)

// available are the variables that perf probe lists at a place's first address, by type and name.
func available(t *testing.T, path, point string) (l []string) {
	out, err := exec.Command("perf", "probe", "-x", path, "-V", point).Output()
	if err != nil {
		return nil
	}
	places := strings.Split(string(out), "\t@<")
	for _, m := range regexp.MustCompile(`(?m)^\t\t(.*)\t(\w+)$`).FindAllStringSubmatch(places[1], -1) {
		l = append(l, m[1]+" "+m[2])
	}
	slices.Sort(l)
	return l
}

// Variables, and how they are fetched, are perf probe's. Global ones it names by symbols, which uprobes do not take.
func TestVariablesAsPerf(t *testing.T) {
	compared := 0
	for _, flags := range ways {
		p, path := program(t, flags...)
		for _, point := range []string{"sum", "sum:4", "sum:5", "sum:6", "sum:8", "main:2", "main:4", "main:6", "total_of", "total_of:5", "total_of:6"} {
			name, line, _ := strings.Cut(point, ":")
			f := p.Functions(name)[0]
			n, _ := strconv.Atoi(line)
			addrs, err := f.FunctionLine(n)
			if err != nil {
				continue
			}
			if name == "main" && slices.Contains(flags, "-m32") { // it aligns its stack, and perf leaves a step to the frame out
				mine, err := p.Argument(Place{addrs[0], f}, "argc")
				require.NoError(t, err)
				require.Regexp(t, `^argc=\+0\(-\d+\(%bp\)\):s32$`, mine)
				continue
			}
			var got []string
			for _, v := range p.Variables(Place{addrs[0], f}) {
				got = append(got, v.Type+" "+v.Name)
			}
			slices.Sort(got)
			if want := available(t, path, point); want != nil {
				assert.Equal(t, want, got, "%v %s", flags, point)
			}
			for _, a := range []string{"s", "factor", "list", "i", "i->id", "i->next->id", "i->name:string", "i->name[2]", "list->next->name:string", "n", "argc",
				"argv[1]:string", "argv", "a.id", "a.next", "b.name:string", "b.name[1]", "x=a.id:s8"} {
				_, text := perf(t, path, point+" "+a)
				m := regexp.MustCompile(`(?m)^p:\S+ \S+:(0x\w+) (.*)$`).FindStringSubmatch(text)
				addr := addrs[0]
				if behind, ok := f.AfterPrologue(); ok && line == "" {
					addr = behind
				}
				mine, err := p.Argument(Place{addr, f}, a)
				if m == nil {
					if err == nil {
						t.Logf("%v %s %s: only ours: %s; perf: %s", flags, point, a, mine, text)
					}
					continue
				}
				offset, _ := p.Offset(addr)
				require.Equal(t, m[1], fmt.Sprintf("%#x", offset), "%v %s", flags, point)
				want := unsigned.ReplaceAllString(m[2], ":x$1") // perf asks the running kernel which it takes
				assert.Equal(t, want, mine, "%v %s %s: %v", flags, point, a, err)
				compared++
			}
		}
	}
	t.Logf("%d arguments compared", compared)
	require.Greater(t, compared, 200)
}
