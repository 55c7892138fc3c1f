package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// traceProgram exits with 1 and prints nothing.
func traceProgram(t *testing.T) string {
	path, err := filepath.Abs("../../kprobes/uprobes/testdata/bin/stack32")
	require.NoError(t, err)
	return path
}

// runTrace runs trapline trace on traceProgram. PROG in the arguments stands for its path.
func runTrace(t *testing.T, args ...string) (code int, stderr string) {
	prog := traceProgram(t)
	all := []string{"trapline", "trace"}
	for _, a := range append(args, "--", prog) {
		all = append(all, strings.ReplaceAll(a, "PROG", prog))
	}
	var out, err bytes.Buffer
	code = run(all, &out, &err)
	return code, strings.ReplaceAll(err.String(), prog, "PROG")
}

func TestTraceWritesLinesAndProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	code, stderr := runTrace(t, "-p", "p:s PROG:p_step bx=%bx", "-p", "p:c PROG:p_step+3 sp=+0(%sp):x32", "-o", file, "--profile")
	require.Equal(t, 1, code, "the program's own status")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Regexp(t, `^ +stack32-100 +\[000\] DNZff +0\.\d{6}: s: \(0x8049016\) bx=0x0\n`+
		` +stack32-100 +\[000\] DNZff +0\.\d{6}: c: \(0x8049019\) sp=0x5a5a5a5a\n$`, string(data))
	require.Equal(t, "  PROG s                                                          1\n"+
		"  PROG c                                                          1\n", stderr)
}

func TestTraceJSON(t *testing.T) {
	code, stderr := runTrace(t, "-p", "p:s PROG:p_step bx=%bx:u32", "--json")
	require.Equal(t, 1, code)
	require.Regexp(t, `^\{"time_ns":\d+,"comm":"stack32","pid":100,"tgid":100,"cpu":0,"group":"uprobes","event":"s",`+
		`"addr":"0x8049016","args":\[\{"name":"bx","type":"u32","value":0\}\]\}\n$`, stderr)
}

func TestTraceReadsDefinitions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events")
	require.NoError(t, os.WriteFile(file, []byte("# comment\n\np:a "+traceProgram(t)+":p_step\n"), 0o644))
	code, stderr := runTrace(t, "-f", file)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "a: (0x8049016)")
}

func TestTraceExplains(t *testing.T) {
	_, stderr := runTrace(t, "-p", "p:s PROG:p_step", "-p", "p:c PROG:p_call", "--explain")
	require.Contains(t, stderr, "instruction: 83 c3 01")
	require.Contains(t, stderr, "FIX_IP")
	require.Contains(t, stderr, "emulated: the target is computed")
}

// U16: the instruction is refused when the event is enabled.
func TestTraceRefusedInstruction(t *testing.T) {
	const place = "PROG:p_step+29" // int $0x80
	code, stderr := runTrace(t, "-p", "p:x "+place)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "errno 524 ENOTSUPP")
	code, _ = runTrace(t, "--strict", "-p", "p:x "+place)
	require.Equal(t, exitTrace, code)
}

func TestTraceSaysWhatIsWrong(t *testing.T) {
	code, stderr := runTrace(t, "-p", "p:x PROG:nosuch")
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, `no symbol "nosuch"`)

	code, stderr = runTrace(t, "-p", "p:x PROG:0x1016 %nosuch")
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "errno=22")

	_, stderr = runTrace(t, "-p", "p:x PROG:p_step+1")
	require.Contains(t, stderr, "is inside an instruction")

	_, stderr = runTrace(t, "-p", "p:x PROG:0x0")
	require.Contains(t, stderr, "never fired")

	_, stderr = runTrace(t, "-p", "p:x "+filepath.Join(filepath.Dir(traceProgram(t)), "bench64")+":p_nop")
	require.Contains(t, stderr, "never fired: no process mapped the place as code")

	code, stderr = runTrace(t, "-p", "p:x PROG:p_step", "-o", "/dev/full")
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "no space left on device")

	code, stderr = runTrace(t, "-p", "p:x PROG:p_step", "--engine", "uprobes-1999")
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "unknown engine")
}
