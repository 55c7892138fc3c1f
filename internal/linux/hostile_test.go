package linux

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/loader"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// TestHostile: each program ends by the right signal, the errno of a limit
// that it looks at, or a bound of the run.
func TestHostile(t *testing.T) {
	killed := func(s syscall.Signal) Result { return Result{Signal: int(s)} }
	cases := map[string]Result{
		"jump-low": killed(syscall.SIGSEGV), "jump-high": killed(syscall.SIGSEGV), "jump-data": killed(syscall.SIGSEGV),
		"read-high": killed(syscall.SIGSEGV), "write-high": killed(syscall.SIGSEGV), "write-text": killed(syscall.SIGSEGV),
		"stack": killed(syscall.SIGSEGV), "privileged": killed(syscall.SIGSEGV), "sigreturn": killed(syscall.SIGSEGV),
		"loop": {Bound: BoundSteps}, "memory": {Bound: BoundMemory}, "deadlock": {Bound: BoundDeadlock},
		"forks": {Code: 3}, "threads": {Code: 4}, "files": {Code: 6}, "maps": {Code: 8}, "sparse": {Code: 11},
		"modify": {Code: 12}, "open": {Code: 14}, "own-text": {Code: 20}, "execs": {Bound: BoundSteps}, "vforks": {Bound: BoundSteps},
		"unmap": killed(syscall.SIGSEGV), "reserve": {Code: 18},
	}
	outside := writeFile(t, t.TempDir(), "secret", "secret")
	for _, compiler := range [][]string{{"gcc"}, {"gcc", "-m32"}} {
		t.Run(compiler[len(compiler)-1], func(t *testing.T) {
			prog := compile(t, "hostile.c", compiler...)
			for name, want := range cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					cfg := Config{Limits: Limits{Steps: 300e6, Memory: 48 << 20, Processes: 16, Threads: 16, Files: 256, Maps: 300}}
					if name == "execs" || name == "vforks" { // which cost more than their instructions
						cfg.Limits.Steps = 60e3
					}
					o := runProgram(t, cfg, []string{prog, name, outside})
					assert.True(t, same(want, o.res), "%v, expected %v\n%s", o.res, want, o.stderr)
				})
			}
		})
	}
	_, err := os.Stat(outside)
	assert.NoError(t, err)
}

// TestNamesAreBounded: a program that makes files without end meets ENOSPC, as on a tmpfs.
func TestNamesAreBounded(t *testing.T) {
	prog := compile(t, "hostile.c", "gcc")
	o := runProgram(t, Config{User: &User{}, Limits: Limits{Memory: 16 << 20}}, []string{prog, "names"})
	require.Equal(t, 21, o.res.Code, o.stderr)
}

// TestRootHolds: links that point out of the root are followed inside it.
func TestRootHolds(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "secret", "outside")
	root := filepath.Join(dir, "root")
	writeFile(t, root, "etc/secret", "inside")
	require.NoError(t, os.Symlink("/etc/secret", filepath.Join(root, "absolute")))
	require.NoError(t, os.Symlink("../../../../etc/secret", filepath.Join(root, "relative")))
	require.NoError(t, os.Symlink("../secret", filepath.Join(root, "out")))
	require.NoError(t, os.Symlink("loop", filepath.Join(root, "loop")))
	fs, err := vfs.OpenRoot(root)
	require.NoError(t, err)
	defer fs.Close()
	for _, p := range []string{"/etc/secret", "/absolute", "/relative", "/../../etc/secret", "/etc/../absolute"} {
		h, full, err := fs.Open(p, true)
		if assert.NoError(t, err, p) {
			assert.Equal(t, "/etc/secret", full, p)
			require.NoError(t, h.Close())
		}
	}
	for p, want := range map[string]error{"/out": abi.ENOENT, "/loop": abi.ELOOP, "/etc/secret/x": abi.ENOTDIR} {
		_, _, err := fs.Open(p, true)
		assert.ErrorIs(t, err, want, p)
	}
}

// TestNoWayOut: a program inside a root finds no way out of it, and an entry
// that the host changes under it while it looks does not open one.
func TestNoWayOut(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	writeFile(t, dir, "secret", "outside")
	writeFile(t, root, "dir/file", "inside")
	for name, target := range map[string]string{"out": "../secret", "dir/up": "../..", "dir/loop": "loop", "swap": dir} {
		require.NoError(t, os.Symlink(target, filepath.Join(root, name)))
	}
	data, err := os.ReadFile(compile(t, "hostile.c", "gcc"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "program"), data, 0o755))
	fs, err := vfs.OpenRoot(root)
	require.NoError(t, err)
	defer fs.Close()
	var stdout bytes.Buffer
	k, err := New(Config{Path: "/program", Args: []string{"/program", "escape"}, FS: fs, Stdout: &stdout})
	require.NoError(t, err)
	defer k.Close()
	res, err := k.Run(context.Background())
	require.NoError(t, err)
	assert.True(t, same(Result{Code: 16}, res), "%v %s", res, &stdout)

	swap := filepath.Join(root, "swap")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			_ = os.Remove(swap)
			_ = os.Mkdir(swap, 0o755)
			_ = os.Remove(swap)
			_ = os.Symlink(dir, swap)
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		_, _, err := fs.Open("/swap/secret", true)
		require.Error(t, err)
	}
}

func TestBadPrograms(t *testing.T) {
	dir := t.TempDir()
	fs, err := vfs.OpenFiles(dir)
	require.NoError(t, err)
	defer fs.Close()
	for text, want := range map[string]error{
		"": loader.ErrNotELF, "#!/absent\n": abi.ENOENT, "#!\n": abi.ENOEXEC, "\x7fELF\x02\x01\x01": loader.ErrTruncated,
	} {
		p := writeFile(t, dir, "program", text)
		require.NoError(t, os.Chmod(p, 0o755))
		_, err := New(Config{Path: p, FS: fs})
		assert.ErrorIs(t, err, want)
	}
	_, err = New(Config{Path: filepath.Join(dir, "absent"), FS: fs})
	assert.True(t, errors.Is(err, abi.ENOENT))
}
