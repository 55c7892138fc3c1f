package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a return probe breaks is said before the program runs.
func TestReturnProbesThatBreakPrograms(t *testing.T) {
	goProgram := filepath.Join(t.TempDir(), "go")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", goProgram, "../../internal/uprobes/places/testdata/gonames")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, said := runTrace(t, "-p", "p:in "+goProgram+":main.apply", "-p", "r:back "+goProgram+":main.apply", "--", goProgram)
	assert.Contains(t, said, "event uprobes/back ")
	assert.Contains(t, said, "a return probe on Go code")
	assert.NotContains(t, said, "event uprobes/in ")

	source := filepath.Join(t.TempDir(), "jump.c")
	require.NoError(t, os.WriteFile(source, []byte("#include <setjmp.h>\nint main(void) { jmp_buf b; if (!setjmp(b)) longjmp(b, 1); }\n"), 0o666))
	prog := filepath.Join(filepath.Dir(source), "jump")
	if out, err := exec.Command("gcc", "-static", "-o", prog, source).CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	_, said = runTrace(t, "-p", "r:set "+prog+":_setjmp", "-p", "r:main "+prog+":main", "--", prog)
	assert.Contains(t, said, "event uprobes/set ")
	assert.Contains(t, said, "the function uses its return address")
	assert.NotContains(t, said, "event uprobes/main ")
}

// What indirect functions were bound to is said behind the run: of a program's own, of a library's, and of one that is in the vDSO.
func TestIndirectFunctionsThatAreBound(t *testing.T) {
	dir := t.TempDir()
	prog, clock := filepath.Join(dir, "ifunc"), filepath.Join(dir, "clock")
	source := filepath.Join(dir, "clock.c")
	require.NoError(t, os.WriteFile(source, []byte("#include <stdio.h>\n#include <string.h>\n#include <time.h>\n"+
		"int main(int n, char **v) { char *volatile s = v[0]; printf(\"%d %zu\\n\", time(0) > 0, strlen(s)); }\n"), 0o666))
	for out, from := range map[string]string{prog: "../../internal/uprobes/places/testdata/ifunc.c", clock: source} {
		if said, err := exec.Command("gcc", "-O1", "-fno-builtin", "-o", out, from).CombinedOutput(); err != nil {
			t.Skipf("gcc: %s", said)
		}
	}
	_, said := runTrace(t, "-p", "p "+prog+":several", "-p", "p "+prog+":single", "--", prog)
	assert.Regexp(t, `trapline: several is bound to its implementation slow: a probe on it is at `+prog+`:0x[0-9a-f]+\n`, said)
	assert.NotContains(t, said, "single is bound")
	_, said = runTrace(t, "-p", "p libc.so.6:time", "-p", "p libc.so.6:strlen", "--", clock)
	assert.Contains(t, said, "time is an indirect function: the probe is on the code that chooses")
	assert.Contains(t, said, "trapline: time is bound to a function of the vDSO, where no uprobe can be\n")
	at := regexp.MustCompile(`strlen is bound to its implementation \S+: a probe on it is at (\S+)`).FindStringSubmatch(said)
	require.NotNil(t, at, said)
	_, said = runTrace(t, "-p", "p:called "+at[1]+" s=+0(%di):string", "--", clock)
	assert.Contains(t, said, `s="`+clock+`"`)
}

// Lines and variables are listed without a run.
func TestTraceListsLinesAndVariables(t *testing.T) {
	prog := filepath.Join(t.TempDir(), "list")
	if out, err := exec.Command("gcc", "-g", "-O0", "-o", prog, "../../internal/uprobes/source/testdata/list.c").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	lines := listing(t, "-L", "sum", "--", prog)
	assert.Contains(t, lines, "      0  __attribute__((noinline)) int sum(struct item *list, int factor)\n         {\n      2  \tint s = 0;\n")
	assert.Contains(t, lines, "      9  }\n")
	assert.Equal(t, "Variables that a probe can fetch at sum:5\n\t@<sum+32>\n\t\tint\tfactor\n\t\tstruct item*\ti\n\t\tstruct item*\tlist\n\t\tint\ts\n",
		firstPlace(listing(t, "-V", "sum:5", "--", prog)))
	code, said := runTrace(t, "-L", "nosuch", "--", prog)
	assert.Equal(t, exitTrace, code)
	assert.Contains(t, said, `its debug information has no function "nosuch"`)
	code, said = runTrace(t, "-V", "sum:3", "--", prog)
	assert.Equal(t, exitTrace, code)
	assert.Contains(t, said, "the line has no code; expected line 2 or 4, the nearest with code")
}

// listing is what trace prints that does not run its program.
func listing(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(append([]string{"trapline", "trace"}, args...), &stdout, &stderr), stderr.String())
	return stdout.String()
}

// firstPlace leaves out the places of a line behind its first one.
func firstPlace(s string) string {
	parts := strings.SplitAfterN(s, "\t@<", 3)
	return strings.TrimSuffix(strings.Join(parts[:min(2, len(parts))], ""), "\t@<")
}
