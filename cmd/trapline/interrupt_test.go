package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/record"
	"trapline/internal/rigs/recordtest"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// counting has no end and never comes back to a state.
const counting = `Counts for ever.
-- machine --
engine none
steps 100000000
time 1h
-- text.S --
	.globl main
main:
1:	incl %eax
	jmp 1b
-- tasks --
cpu 0 at main
`

// contended has more schedules than anybody waits for.
const contended = `Three vCPUs add to one word.
-- machine --
cpus 3
engine none
time 1h
-- text.S --
	.globl main
	.type main, @function
main:
	movl $200, %ecx
1:	addl $1, word
	xorl %ecx, word
	decl %ecx
	jnz 1b
	ret
	.data
word:	.long 0
-- tasks --
cpu 0 at main
cpu 1 at main
cpu 2 at main
-- check --
finally counted: %ecx@0 == 0
`

// process is the program running in a folder of its own.
type process struct {
	t      *testing.T
	dir    string
	cmd    *exec.Cmd
	out    bytes.Buffer
	errors bytes.Buffer
}

func startProcess(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	x := prepareProcess(t, dir, args...)
	require.NoError(t, x.cmd.Start())
	return x
}

func prepareProcess(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	x := &process{t: t, dir: dir}
	x.cmd = &exec.Cmd{Path: self, Args: append([]string{"trapline"}, args...), Dir: dir, Env: append(os.Environ(), "TMPDIR="+dir)}
	x.cmd.Stdout, x.cmd.Stderr = &x.out, &x.errors
	t.Cleanup(func() {
		if x.cmd.Process != nil {
			_ = x.cmd.Process.Kill()
		}
	})
	return x
}

// atWork waits until the process has used so much processor time that it is in
// the middle of its work.
func (x *process) atWork(d time.Duration) {
	x.t.Helper()
	const tick = 10 * time.Millisecond // USER_HZ is 100
	require.Eventually(x.t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", x.cmd.Process.Pid))
		if err != nil {
			return false
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		user, _ := strconv.Atoi(strings.Fields(rest)[11])
		return time.Duration(user)*tick >= d
	}, 60*time.Second, 10*time.Millisecond, "%v", x.cmd.Args)
}

// end waits for the process and gives its exit status.
func (x *process) end(within time.Duration) int {
	x.t.Helper()
	ended := make(chan struct{})
	go func() { _ = x.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(within):
		x.t.Fatalf("%v still runs", x.cmd.Args)
	}
	return x.cmd.ProcessState.ExitCode()
}

// files demands what the folder holds: no temporary file is left.
func (x *process) files(names ...string) {
	x.t.Helper()
	entries, err := os.ReadDir(x.dir)
	require.NoError(x.t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.ElementsMatch(x.t, names, got)
}

// atOnce is how soon a command ends after a signal. Tests share the machine.
const atOnce = 4 * time.Second

func putFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
}

// counted is a recording of the start of counting, whose scenario has its listing.
func counted(t *testing.T) *record.File {
	t.Helper()
	parsed, err := format.Parse("counting", []byte(counting))
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), &scenario.File{File: parsed}, walk.Options{})
	require.NoError(t, err)
	defer w.Close()
	f, err := w.Recording(t.Context(), "test")
	require.NoError(t, err)
	return f
}

// longRecording is of so many steps of counting; only its first hash is right.
func longRecording(t *testing.T, steps uint64) []byte {
	t.Helper()
	short := counted(t)
	p := recordtest.Parts{
		Meta:     recordtest.Meta{"producer": "test", "name": "counting", "engine": "none", "actors": 1, "steps": steps}.JSON(),
		Scenario: recordtest.Pack(short.Scenario),
		Runs:     recordtest.Pack(recordtest.Run(0, steps)),
		Hashes:   recordtest.Pack(recordtest.Hashes(short.Hashes[0], record.Hash{Step: steps})),
	}
	return p.Bytes()
}

// Every command that can take long ends at once, with status 130, a message of
// what was done so far, and no file that is half written or temporary.
func TestASignalEndsEveryCommand(t *testing.T) {
	for name, x := range map[string]struct {
		args   string
		signal syscall.Signal
		said   string // on standard error
		out    string // on standard output, or ""
	}{
		"run":             {"run -q counting.txtar", syscall.SIGINT, `^trapline: interrupted by SIGINT: stopped after \d+ steps\n$`, "Counts for ever"},
		"run json":        {"run --json counting.txtar", syscall.SIGTERM, `^trapline: interrupted by SIGTERM: stopped after \d+ steps\n$`, `{"type":"step"`},
		"check":           {"check first.txtar counting.txtar first.txtar", syscall.SIGINT, `^trapline: interrupted by SIGINT: stopped in counting.txtar; 1 of 3 files were checked\n$`, "first.txtar: ok\n"},
		"compare":         {"compare --engines none,2002 counting.txtar", syscall.SIGTERM, `^trapline: interrupted by SIGTERM: stopped; 0 of 2 engines were compared\n$`, "lock wait"},
		"compare search":  {"compare --time 1h --engines none contended.txtar --json", syscall.SIGINT, `^trapline: interrupted by SIGINT: stopped; 0 of 1 engines were compared\n$`, ""},
		"explore":         {"explore contended.txtar", syscall.SIGINT, `trapline: interrupted by SIGINT: stopped after \d+ schedules, \d+ states and \d+ steps; no violation was found so far\n$`, "not exhausted"},
		"explore random":  {"explore --strategy random --executions 100000000 contended.txtar --json", syscall.SIGTERM, `trapline: interrupted by SIGTERM: stopped after`, `"type":"search"`},
		"record":          {"record counting.txtar -o old", syscall.SIGINT, `^trapline: interrupted by SIGINT: stopped at step \d+; old is not written\n$`, ""},
		"replay":          {"replay long.tlr", syscall.SIGTERM, `^trapline: interrupted by SIGTERM: long.tlr: stopped at step \d+ of 100000000; 1 of 2 states were compared, all equal\n$`, ""},
		"export":          {"export long.tlr -o page.html", syscall.SIGINT, `^trapline: interrupted by SIGINT: long.tlr: stopped at step \d+ of 100000000; 1 of 2 states were compared, all equal; page.html is not written\n$`, ""},
		"export scenario": {"export counting.txtar -o story.txt", syscall.SIGTERM, `^trapline: interrupted by SIGTERM: stopped at step \d+; story.txt is not written\n$`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			putFile(t, dir, "counting.txtar", []byte(counting))
			putFile(t, dir, "contended.txtar", []byte(contended))
			putFile(t, dir, "first.txtar", []byte(strings.ReplaceAll(counting, "jmp 1b", "ret")))
			putFile(t, dir, "long.tlr", longRecording(t, 100_000_000))
			putFile(t, dir, "old", []byte("as it was"))
			p := startProcess(t, dir, strings.Fields(x.args)...)
			p.atWork(500 * time.Millisecond)
			require.NoError(t, p.cmd.Process.Signal(x.signal))
			require.Equal(t, exitInterrupted, p.end(atOnce), "%s", p.errors.String())
			require.Regexp(t, x.said, p.errors.String())
			require.Contains(t, p.out.String(), x.out)
			p.files("counting.txtar", "contended.txtar", "first.txtar", "long.tlr", "old")
			text, err := os.ReadFile(filepath.Join(dir, "old"))
			require.NoError(t, err)
			require.Equal(t, "as it was", string(text))
		})
	}
}

// Commands that wait for standard input end too.
func TestASignalEndsAWaitForInput(t *testing.T) {
	for args, said := range map[string]string{
		"quiz what-int3-does":     `^trapline: interrupted by SIGTERM: stopped at question 2 of 5; 1 answers were right\n$`,
		"events -":                `^trapline: interrupted by SIGTERM: stopped after 1 lines\n$`,
		"record -o x -- ./static": `^trapline: interrupted by SIGTERM: standard input: .*\n$`,
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			putFile(t, dir, "static", []byte("\x7fELF")) // enough to be taken for a program
			p := prepareProcess(t, dir, strings.Fields(args)...)
			in, err := p.cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, p.cmd.Start())
			_, err = io.WriteString(in, "CC\n")
			require.NoError(t, err)
			time.Sleep(time.Second)
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
			require.Equal(t, exitInterrupted, p.end(atOnce), "%s", p.errors.String())
			require.Regexp(t, said, p.errors.String())
			p.files("static")
		})
	}
}

// A standard output that nobody reads holds no command up for ever.
func TestASignalEndsAWaitForOutput(t *testing.T) {
	dir := t.TempDir()
	putFile(t, dir, "counting.txtar", []byte(counting))
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	p := prepareProcess(t, dir, "run", "counting.txtar")
	p.cmd.Stdout = w
	require.NoError(t, p.cmd.Start())
	require.NoError(t, w.Close())
	time.Sleep(time.Second)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, exitInterrupted, p.end(2*giveUpWaiting+atOnce))
	require.Regexp(t, `^trapline: interrupted by SIGTERM: given up, since it did not end\n$`, p.errors.String())
}

// Nothing but a signal is called an interruption.
func TestABoundIsNoInterruption(t *testing.T) {
	dir := t.TempDir()
	putFile(t, dir, "short.txtar", bytes.ReplaceAll(counted(t).Scenario, []byte("time 1h"), []byte("time 20ms")))
	for args, status := range map[string]int{"run -q short.txtar": exitViolated, "record short.txtar -o x": exitViolated, "export short.txtar -o x.txt": exitViolated} {
		p := startProcess(t, dir, strings.Fields(args)...)
		require.Equal(t, status, p.end(60*time.Second), "%s: %s", args, p.errors.String())
		require.Regexp(t, `^trapline: the time bound is reached (after|at step) \d+`, p.errors.String())
		p.files("short.txtar")
	}
}
