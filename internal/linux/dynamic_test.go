package linux

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// hostLibraries are the directories in which the dynamic linker looks.
var hostLibraries = []string{"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/etc/ld.so.cache"}

// runHere runs args[0] as given in dir, with the host's libraries and what else
// is named.
func runHere(t *testing.T, dir string, args []string, files ...string) outcome {
	t.Helper()
	fs, err := vfs.OpenFiles(append(files, append(hostLibraries, dir)...)...)
	require.NoError(t, err)
	defer fs.Close()
	var stdout, stderr bytes.Buffer
	k, err := New(Config{FS: fs, User: &User{uint32(os.Getuid()), uint32(os.Getgid())}, Path: args[0], Args: args, Dir: dir, Stdout: &stdout, Stderr: &stderr, Env: []string{"LC_ALL=C.UTF-8"}})
	require.NoError(t, err)
	defer k.Close()
	res, err := k.Run(context.Background())
	require.NoError(t, err)
	return outcome{stdout.String(), stderr.String(), res}
}

// nativeHere runs the same on the host.
func nativeHere(t testing.TB, dir string, args []string) outcome {
	t.Helper()
	o, err := runNatively(dir, args)
	if err != nil {
		t.Skipf("the host does not run %s: %v", args[0], err)
	}
	return o
}

// runNatively is nativeHere where no test can be skipped, such as in a goroutine.
func runNatively(dir string, args []string) (outcome, error) {
	var stdout, stderr bytes.Buffer
	cmd := &exec.Cmd{Path: args[0], Args: args, Dir: dir, Env: []string{"LC_ALL=C.UTF-8"}, Stdout: &stdout, Stderr: &stderr}
	if err := cmd.Run(); cmd.ProcessState == nil {
		return outcome{}, err
	}
	return outcome{stdout.String(), stderr.String(), resultOf(cmd.ProcessState)}, nil
}

func compareHere(t *testing.T, dir string, args []string, files ...string) {
	t.Helper()
	want, got := nativeHere(t, dir, args), runHere(t, dir, args, files...)
	assert.Equal(t, want.stdout, got.stdout)
	assert.Equal(t, want.stderr, got.stderr)
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}

// TestDynamic: programs that the dynamic linker finishes loading, of both widths,
// position-independent or not, with a library of their own by $ORIGIN, with one
// that is loaded when it is asked for, and with an auxiliary vector that fits.
func TestDynamic(t *testing.T) {
	for name, flags := range map[string][]string{
		"64": nil, "64-no-pie": {"-no-pie"}, "32": {"-m32"}, "32-no-pie": {"-m32", "-no-pie"}, "64-now": {"-Wl,-z,now"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, step := range [][]string{
				{"-shared", "-fPIC", "-DLIBRARY", "-o", "libown.so", "dynamic.c"},
				{"-shared", "-fPIC", "-DPLUGIN", "-o", "plugin.so", "dynamic.c"},
				{"-o", "program", "dynamic.c", "-L.", "-lown", "-Wl,-rpath,$ORIGIN", "-lm", "-lpthread", "-ldl"},
			} {
				cmd := exec.Command("gcc", append(append([]string{"-O1"}, flags...), step...)...)
				cmd.Dir = dir
				text, err := os.ReadFile("testdata/dynamic.c")
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(dir, "dynamic.c"), text, 0o644))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Skipf("gcc %v: %s", flags, out)
				}
			}
			compareHere(t, dir, []string{"./program", "one", "two"})
		})
	}
}

// TestScripts: what the kernel makes of a script's first line.
func TestScripts(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		p := writeFile(t, dir, name, text)
		require.NoError(t, os.Chmod(p, 0o755))
	}
	put("show", "#!/bin/sh\nprintf '[%s]' \"$0\" \"$@\"\necho\n")
	put("plain", "#!./show\n")
	put("argument", "#!  ./show \t one argument  \nrest\n")
	put("unended", "#!./show last")
	put("nested", "#!./argument two\n")
	put("exit", "#!/bin/sh\nexit 7\n")
	put("long", "#!./show "+strings.Repeat("x", 300)+"\n")
	put("caller", "#!/bin/sh\n./nested a; ./exit; echo $?; ./absent 2>/dev/null; echo $?; ./cut 2>/dev/null; echo $?; ./loop 2>/dev/null; echo $?\n")
	put("cut", "#!"+strings.Repeat("/", 300)+"bin/sh\n")
	put("loop", "#!./loop\n")
	for _, args := range [][]string{
		{"./show", "a"}, {"./plain", "a", "b"}, {"./argument"}, {"./unended", "a"}, {"./nested", "x"}, {"./exit"}, {"./long", "y"}, {"./caller"},
		{filepath.Join(dir, "plain"), "z"},
	} {
		t.Run(filepath.Base(args[0]), func(t *testing.T) { compareHere(t, dir, args, "/bin/sh") })
	}
	fs, err := vfs.OpenFiles(dir)
	require.NoError(t, err)
	defer fs.Close()
	for name, want := range map[string]abi.Errno{"loop": abi.ELOOP, "cut": abi.ENOEXEC, "show": abi.ENOENT} {
		_, err := New(Config{Path: filepath.Join(dir, name), FS: fs, Dir: dir})
		assert.ErrorIs(t, err, want, name)
	}
}

// TestBadInterpreters: a program whose interpreter is not there, or is none.
func TestBadInterpreters(t *testing.T) {
	dir := t.TempDir()
	data, err := os.ReadFile("../loader/testdata/interp64.elf")
	require.NoError(t, err)
	name := []byte("/lib64/ld-linux-x86-64.so.2\x00")
	require.True(t, bytes.Contains(data, name))
	for to, want := range map[string]abi.Errno{"/absent": abi.ENOENT, "./text": abi.ELIBBAD, "./wide": abi.ELIBBAD} {
		p := writeFile(t, dir, "program", string(bytes.Replace(data, name, append([]byte(to), make([]byte, len(name)-len(to))...), 1)))
		require.NoError(t, os.Chmod(p, 0o755))
		require.NoError(t, os.Chmod(writeFile(t, dir, "text", "text"), 0o755))
		narrow, err := os.ReadFile("../loader/testdata/pie32.elf")
		require.NoError(t, err)
		require.NoError(t, os.Chmod(writeFile(t, dir, "wide", string(narrow)), 0o755))
		fs, err := vfs.OpenFiles(dir)
		require.NoError(t, err)
		_, err = New(Config{Path: p, FS: fs, Dir: dir})
		assert.ErrorIs(t, err, want, to)
		_ = fs.Close()
	}
}
