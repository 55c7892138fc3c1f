package linuxtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Stdin is the standard input of a Box's programs.
const Stdin = "one line\nanother\n"

// applets are what the shell scripts call by name.
var applets = strings.Fields("sed awk gzip gunzip grep sort wc cat sha256sum find tr head tail seq basename xargs sleep cut uniq yes")

// Box is busybox, and a folder with its applets as links and files for them.
type Box struct{ Path, Dir string }

// NewBox makes a Box in a folder of the test's.
func NewBox(t testing.TB, arch string) *Box {
	t.Helper()
	b := &Box{Busybox(t, arch), t.TempDir()}
	require.NoError(t, os.MkdirAll(filepath.Join(b.Dir, "d", "sub"), 0o755))
	require.NoError(t, os.Mkdir(b.bin(), 0o755))
	for _, a := range applets {
		require.NoError(t, os.Symlink(b.Path, filepath.Join(b.bin(), a)))
	}
	var numbers strings.Builder
	for i := range 300 {
		numbers.WriteString(strings.Repeat("7", i%5+1) + "\n")
	}
	for name, text := range map[string]string{
		"text": "b\na\nc\nhello world\nfoo bar baz\n", "numbers": numbers.String(), "sub/x.txt": "x",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(b.Dir, "d", name), []byte(text), 0o644))
	}
	return b
}

func (b *Box) bin() string { return filepath.Join(b.Dir, "bin") }

// Env is the environment of its programs.
func (b *Box) Env() []string { return []string{"PATH=" + b.bin()} }

// Programs are the arguments of its programs, busybox's path first.
func (b *Box) Programs() [][]string {
	d := filepath.Join(b.Dir, "d")
	text, data := filepath.Join(d, "text"), filepath.Join(d, "numbers")
	list := [][]string{
		{"echo", "hello", "world"}, {"cat", text}, {"cat"}, {"cat", "/absent"}, {"wc", text, data}, {"grep", "-n", "o", text},
		{"grep", "zzz", text}, {"sort", text}, {"sort", "-rn", data}, {"sed", "s/o/0/g;$d", text},
		{"awk", "{n += $1} END {print n, n / 7, NR}", data}, {"sha256sum", data}, {"gzip", "-c", data},
		{"find", d, "-name", "*x*"}, {"ls", d}, {"false"},
		{"ash", "-c", "i=0; while [ $i -lt 10 ]; do i=$((i+1)); echo $i; done; exit 7"},
		{"ash", "-c", "f() { echo \"f $1\"; return 3; }; f a; echo $?; x=$(f b); echo \"[$x]\""},
		{"ash", "-c", "echo a b c | tr ' ' '\\n' | sort -r | wc -l; for i in 1 2; do echo $(seq 1 $i | tail -1); done"},
		{"ash", "-c", "gzip -c " + data + " | gunzip | sha256sum; yes | head -3; (exit 5); echo $?"},
		{"ash", "-c", "trap 'echo got' USR1; kill -USR1 $$; read a; echo \"<$a>\"; sleep 0.01; kill -9 $$"},
	}
	for i := range list {
		list[i] = append([]string{b.Path}, list[i]...)
	}
	return list
}

// Outcome is what a run shows to the outside.
type Outcome struct {
	Stdout, Stderr string
	Code, Signal   int // exit status, or the signal that killed it
}

// Native runs one of its programs on the host. The test is skipped where the host cannot run it.
func (b *Box) Native(t testing.TB, args []string) Outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = b.Dir, b.Env()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(Stdin), &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Skipf("the host does not run %s: %v", args[0], err)
	}
	o := Outcome{Stdout: stdout.String(), Stderr: stderr.String()}
	if w := cmd.ProcessState.Sys().(syscall.WaitStatus); w.Signaled() {
		o.Signal = int(w.Signal())
	} else {
		o.Code = w.ExitStatus()
	}
	return o
}
