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
