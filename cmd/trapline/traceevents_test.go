package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/story"
)

// traceProgram exits with 1 and prints nothing.
func traceProgram(t *testing.T) string {
	path, err := filepath.Abs("../../internal/uprobes/testdata/bin/stack32")
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

// --explain tells what happened: addresses, values and bytes are the machine's.
func TestTraceExplains(t *testing.T) {
	_, stderr := runTrace(t, "-p", "p:s PROG:p_step", "-p", "p:c PROG:p_call", "-p", "r:back PROG:p_call+28", "--explain")
	for _, want := range []string{
		`uprobes/s at PROG:0x0000000000001016, hits: 1; the first, by thread 100 of stack32 on cpu0\n`,
		`ordinary +83 c3 01  add \$0x1,%ebx\n`,
		`TRAP 3 #BP breakpoint .*at p_step`,
		`pre_ssout +U5 .*\n +\[0xffffd000\] byte 00 -> cc .*\n +\[0xffffd080\] 0 -> 0x17e801c383\n`,
		`0xffffd080 +83 c3 01 +add \$0x1,%ebx +ebx 0 -> 1`,
		`TRAP 1 #DB debug .*at 0xffffd083`,
		`handle_singlestep U6 .*\n.*\n +TF off, goes on at p_call\n`,
		`arch_uprobe_skip_sstep +U8 .*\n +\[0x[0-9a-f]+\] 0 -> 0x804901e p_call\+0x5\n +esp -4, goes on at p_call\+0x1c\n`,
		`prepare_uretprobe +U13 (.*\n)+? +\[0x[0-9a-f]+\] 0x804901e -> 0xffffd000\n`,
		`the function's return\n(.*\n)*.*handle_trampoline +U13 `,
		`(?m)^kind +hits +#BP +#DB +traps/hit\n`,
		`(?m)^call +1 +1 +0 +1\.00\n`,
		`(?m)^ordinary +\d+ +(\d+) +(\d+) +2\.00\n`,
		`(?m)^return probe +1 +1 +0 +1\.00\n`,
	} {
		require.Regexp(t, want, stderr)
	}
}

func TestTraceExplainsAsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace")
	_, stderr := runTrace(t, "-p", "p:s PROG:p_step", "--explain", "--json", "-o", file)
	require.Empty(t, stderr)
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], `"event":"s"`)
	lines = lines[1:]
	var hit hitObject
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &hit))
	require.Equal(t, "uprobes/s", hit.Event)
	require.Equal(t, "83 c3 01", hit.Copy)
	require.Equal(t, []string{"", "handle_swbp", "handler_chain", "pre_ssout", "", "", "handle_singlestep"}, microSteps(hit.Steps))
	require.JSONEq(t, `{"type":"traps","kind":"ordinary","hits":1,"breakpoints":1,"steps":1,"traps_per_hit":2}`, lines[1])
}

func microSteps(l []*story.Record) []string {
	var names []string
	for _, r := range l {
		if r.Micro != nil {
			names = append(names, r.Micro.Name)
		} else {
			names = append(names, "")
		}
	}
	return names
}

// O1, O2: the copy of the RFC's code lies on the stack, where it cannot be executed.
func TestTraceEngines(t *testing.T) {
	for engine, status := range map[string]int{"uprobes": 1, "uprobes-2005": 1, "uprobes-2005-coded": 139} {
		code, stderr := runTrace(t, "--engine", engine, "-p", "p:s PROG:p_step", "--explain")
		require.Equal(t, status, code, engine)
		require.Contains(t, stderr, "uprobes/s at PROG:0x0000000000001016, hits: 1")
	}
	_, stderr := runTrace(t, "--engine", "uprobes-2005", "-p", "r:s PROG:p_step")
	require.Contains(t, stderr, "is not enabled: errno 524")
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

// A disk that is full: what was there stays, and nothing else is left behind.
func TestTraceFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8k"); err != nil {
		t.Skipf("cannot mount a small tmpfs here: %v; the script of trace events writes to /dev/full", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	file := filepath.Join(dir, "trace")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "fill"), make([]byte, 4096), 0o644))
	code, stderr := runTrace(t, "-p", "p:x PROG:p_step", "-o", file)
	require.Equal(t, exitTrace, code)
	require.Contains(t, stderr, "no space left on device; "+file+" is as it was")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "old", string(data))
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 2)
}

// The line of progress stands alone on its line of the terminal: what the program writes takes it away first.
func TestTraceProgress(t *testing.T) {
	var b bytes.Buffer
	clock := time.Unix(0, 0)
	p := &progress{w: &b, ctx: t.Context(), now: func() time.Time { return clock }, limit: 4e9, start: clock, hits: func() uint64 { return 7 }}
	out := guarded{&b, p}
	shows := func(steps uint64, want string) {
		b.Reset()
		p.turn(steps)
		require.Equal(t, want, b.String())
	}
	shows(1e6, "")
	clock = clock.Add(2 * time.Second)
	shows(2e9, "\r\x1b[Ktrapline: 2s, 2000 million instructions, 1000 M/s, 7 hits, at most 2s more")
	shows(2e9, "")
	clock = clock.Add(time.Second)
	b.Reset()
	_, err := out.Write([]byte("prompt> "))
	require.NoError(t, err)
	require.Equal(t, "\r\x1b[Kprompt> ", b.String())
	shows(2e9, "")
	_, err = out.Write([]byte("\n"))
	require.NoError(t, err)
	clock = clock.Add(time.Second)
	shows(2e9, "\r\x1b[Ktrapline: 4s, 2000 million instructions, 500 M/s, 7 hits, at most 4s more")
}

// The engines of 2005 and the one in place refuse a return probe for what they are, not for its instruction.
func TestTraceReturnProbeNeedsTheModernEngine(t *testing.T) {
	for _, engine := range []string{"uprobes-2005", "uprobes-2005-coded", "uprobes-inline"} {
		code, stderr := runTrace(t, "--engine", engine, "--strict", "-p", "r:back PROG:p_call+28")
		require.Equal(t, exitTrace, code)
		require.Contains(t, stderr, "errno 524 ENOTSUPP: the engine "+engine+" has no return probes\n")
	}
}
