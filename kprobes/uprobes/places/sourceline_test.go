package places

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// list compiles a program with debug information.
func list(t *testing.T, flags ...string) oneFile {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	path := filepath.Join(t.TempDir(), "list")
	out, err := exec.Command("gcc", append(flags, "-o", path, "../source/testdata/list.c")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return oneFile{NewFile(read(t, path), data)}
}

// A line's places are one event, and lines are counted from a function's declaration or in a file.
func TestSourceLines(t *testing.T) {
	f := list(t, "-g", "-O0")
	texts := func(line string) []string {
		lines, err := Resolve(line, f)
		require.NoError(t, err)
		var l []string
		for _, x := range lines {
			require.Regexp(t, ` \./x:0x[0-9a-f]+`, x.Text)
			first, _, _ := strings.Cut(x.Text, " ")
			l = append(l, first)
		}
		return l
	}
	require.Equal(t, []string{"p:sum_L5", "p:sum_L5", "p:sum_L5"}, texts("p ./x:sum:5"))
	require.Equal(t, []string{"p:g/e", "p:g/e", "p:g/e"}, texts("p:g/e ./x:list.c:34 %di"))
	require.Equal(t, []string{"p:sum_L0"}, texts("p ./x:sum:0"))
	require.Equal(t, offsets(f, "sum:5"), offsets(f, "testdata/list.c:34"))
	require.Equal(t, offsets(f, "sum"), offsets(f, "sum:0"))
	for text, want := range map[string]string{
		"sum:1":      "./x: sum:1: its code begins where that of sum:0 does; expected that line",
		"sum:3":      "./x: sum:3: the line has no code; expected line 2 or 4, the nearest with code",
		"sum:30":     "./x: sum:30: sum has the lines 0 to 9",
		"list.c:999": "./x: list.c:999: the line has no code; expected line 48, the nearest with code",
		"sun:1":      `./x: sun:1: "sun" is no function of the debug information and no source file; did you mean sum?`,
	} {
		require.Equal(t, []string{want}, offsets(f, text))
	}
	require.Equal(t, []string{"./x: no debug information; expected a program compiled with -g"}, offsets(list(t, "-O0"), "sum:1"))
}

// A function that is only inlined is probed where its copies begin.
func TestInlinedFunctions(t *testing.T) {
	f := list(t, "-g", "-O2")
	require.Equal(t, offsets(f, "twice:0"), offsets(f, "twice"))
	require.Len(t, offsets(f, "twice"), 1)
	require.True(t, strings.HasPrefix(offsets(f, "twice")[0], "0x"))
}
