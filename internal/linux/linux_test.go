package linux

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"
)

// outcome is what a run shows to the outside.
type outcome struct {
	stdout, stderr string
	res            Result
}

// runProgram runs args[0] with the files below dirs visible.
func runProgram(t *testing.T, cfg Config, args []string, dirs ...string) outcome {
	t.Helper()
	fs, err := vfs.OpenFiles(append(dirs, args[0])...)
	require.NoError(t, err)
	defer fs.Close()
	var stdout, stderr bytes.Buffer
	cfg.FS, cfg.Path, cfg.Args, cfg.Stdout, cfg.Stderr = fs, args[0], args, &stdout, &stderr
	if cfg.Dir == "" {
		cfg.Dir = filepath.Dir(args[0])
	}
	k, err := New(cfg)
	require.NoError(t, err)
	defer k.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	res, err := k.Run(ctx)
	require.NoError(t, err)
	return outcome{stdout.String(), stderr.String(), res}
}

// runNative runs the same on the host.
func runNative(t *testing.T, stdin string, env, args []string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = filepath.Dir(args[0]), env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Skipf("the host does not run %s: %v", args[0], err)
	}
	o := outcome{stdout: stdout.String(), stderr: stderr.String()}
	o.res = resultOf(cmd.ProcessState)
	return o
}

// ownNamespace is a command that gives the program behind it namespaces of its own, by options of unshare(1); nil if there is
// none. Names and counts of System V objects and message queues are the host's, and others of the host have some, too.
func ownNamespace(options ...string) []string {
	command := append([]string{"unshare"}, options...)
	if exec.Command(command[0], append(command[1:], "true")...).Run() != nil {
		return nil
	}
	return command
}

// compile builds a static program from testdata, or skips without the compiler.
func compile(t testing.TB, source string, compiler ...string) string {
	t.Helper()
	if _, err := exec.LookPath(compiler[0]); err != nil {
		t.Skipf("no %s: %v", compiler[0], err)
	}
	out := filepath.Join(t.TempDir(), "program")
	args := slices.Concat([]string{"-O1"}, compiler[1:], []string{"-static", "-o", out, filepath.Join("testdata", source), "-lm", "-lpthread"})
	if text, err := exec.Command(compiler[0], args...).CombinedOutput(); err != nil {
		t.Skipf("%v cannot build static programs: %s", compiler, text)
	}
	return out
}

// libraries are the compilers of static programs by C library and width. A
// subtest of one that is missing is skipped.
var libraries = map[string]func(testing.TB) []string{
	"glibc-64": func(testing.TB) []string { return []string{"gcc"} },
	"glibc-32": func(testing.TB) []string { return []string{"gcc", "-m32"} },
	"musl-64":  func(testing.TB) []string { return []string{"musl-gcc"} },
	"musl-32":  linuxtest.Musl32,
}

// writeFile puts a file in dir and gives its path.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o755))
	require.NoError(t, os.WriteFile(p, []byte(text), 0o644))
	return p
}
