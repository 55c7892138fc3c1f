package linux

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allCommands runs every command of testdata/commands, not one of eight.
var allCommands = flag.Bool("all-commands", false, "compare every one of Debian's commands")

// commandFiles are what Debian's commands read beside libraries.
var commandFiles = []string{"/bin", "/usr/bin", "/usr/share", "/usr/include", "/usr/libexec", "/etc/alternatives", "/etc/ssl", "/etc/perl", "/etc/python3.11"}

// TestDebianCommands: dynamic commands as Debian has them print and leave what they do
// natively. One that is not installed is skipped.
func TestDebianCommands(t *testing.T) {
	text, err := os.ReadFile("testdata/commands")
	require.NoError(t, err)
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if line == "" || line[0] == '#' || !*allCommands && i%8 != 0 {
			continue
		}
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			tool, _, _ := strings.Cut(line, " ")
			if _, err := exec.LookPath(tool); err != nil {
				t.Skip(err)
			}
			native, guest := workFolder(t), workFolder(t)
			args := []string{"/bin/bash", "-c", line}
			before := linuxtest.Digest(t, guest)
			want := nativeHere(t, native, args)
			got, tree := runCommand(t, guest, args)
			assert.Equal(t, strings.ReplaceAll(want.stdout, native, guest), got.stdout, "stderr: %s", got.stderr)
			assert.True(t, same(want.res, got.res), "%v, expected %v; stderr: %s", got.res, want.res, got.stderr)
			assert.Equal(t, filesBelow(t, os.DirFS(native)), tree)
			assert.Equal(t, before, linuxtest.Digest(t, guest), "the host's files are as they were")
		})
	}
}

// workFolder has the files that the commands work on.
func workFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	var numbers strings.Builder
	for i := range 300 {
		fmt.Fprintln(&numbers, i*i%97)
	}
	for name, text := range map[string]string{
		"net.py": string(mustRead(t, "testdata/net.py")), "text": "b\na\nc\nhello world\nfoo bar baz\n", "nums": numbers.String(), "d/sub/x.txt": "x\n",
		"p.c": "#include <stdio.h>\nint main(void) { puts(\"made here\"); return 3; }\n", "Makefile": "all: out\nout: text\n\tsort text > out\n",
		"j.json": `{"a": [1, 2.5, {"b": null}]}`,
	} {
		p := writeFile(t, dir, name, text)
		old := time.Unix(1_500_000_000, 0) // before the start of deterministic time
		require.NoError(t, os.Chtimes(p, old, old))
	}
	return dir
}

// runCommand runs args in dir and gives the files that the guest sees there at the end.
func runCommand(t testing.TB, dir string, args []string) (outcome, map[string]string) {
	t.Helper()
	tree, err := vfs.OpenFiles(append(append([]string{dir}, hostLibraries...), commandFiles...)...)
	require.NoError(t, err)
	defer tree.Close()
	tree.Stock(map[string]string{"/tmp/": "", "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "/etc/group": "root:x:0:\n",
		"/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n", "/etc/nsswitch.conf": "hosts: files\n"})
	var stdout, stderr bytes.Buffer
	k, err := New(Config{
		FS: tree, User: &User{uint32(os.Getuid()), uint32(os.Getgid())}, Path: args[0], Args: args, Dir: dir, Stdout: &stdout, Stderr: &stderr,
		Env: []string{"LC_ALL=C.UTF-8"}, Limits: Limits{Memory: 1 << 30},
	})
	require.NoError(t, err)
	defer k.Close()
	res, err := k.Run(context.Background())
	require.NoError(t, err)
	return outcome{stdout.String(), stderr.String(), res}, filesBelow(t, guestFS{k, dir})
}

// guestFS is a directory as the guest sees it, for package fs.
type guestFS struct {
	k   *Kernel
	dir string
}

type guestFile struct {
	*vfs.Handle
	off int64
}

func (f *guestFile) ReadDir(int) ([]fs.DirEntry, error) { return f.Handle.ReadDir(vfs.MaxDirEntries) }

func (f *guestFile) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.off)
	f.off += int64(n)
	return n, err
}

func (g guestFS) Open(name string) (fs.File, error) {
	h, _, err := g.k.fs.Open(path.Join(g.dir, name), false)
	if err != nil {
		return nil, err
	}
	return &guestFile{Handle: h}, nil
}

// filesBelow gives mode and content of everything in a tree but for git's, which hold times.
func filesBelow(t testing.TB, tree fs.FS) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == ".git" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil || p == "." {
			return err
		}
		files[p] = info.Mode().String()
		if info.Mode().IsRegular() && filepath.Ext(p) != ".pyc" {
			data, err := fs.ReadFile(tree, p)
			files[p] += " " + string(data)
			return err
		}
		return nil
	}))
	return files
}
