package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hashOf is a hash of a tree: names, modes, times, contents, link targets.
func hashOf(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		target, _ := os.Readlink(p) // of a link
		fmt.Fprintln(h, p, info.Mode(), info.Size(), info.ModTime().UnixNano(), target)
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			require.NoError(t, err)
			h.Write(data)
		}
		return nil
	}))
	return fmt.Sprintf("%x", h.Sum(nil))
}

// A program that tries to touch the host in more than 150 ways changes no file and reaches no listener, by whatever command it is run:
// TestNothingReachesTheHost of package linux has the ways.
func TestNoCommandLetsProgramsReachTheHost(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "file"), []byte("shown"), 0o644))
	require.NoError(t, os.Symlink(secret, filepath.Join(root, "out")))
	prog := filepath.Join(root, "program")
	if out, err := exec.Command("gcc", "-static", "-w", "-o", prog, "../../internal/linux/testdata/reach.c").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	reached := make(chan string, 100)
	listen := func(network, address string) net.Addr {
		l, err := net.Listen(network, address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				if _, err := l.Accept(); err != nil {
					return
				}
				reached <- network
			}
		}()
		return l.Addr()
	}
	tcp := listen("tcp", "127.0.0.1:0").(*net.TCPAddr).Port
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = udp.Close() })
	go func() {
		if _, _, err := udp.ReadFrom(make([]byte, 10)); err == nil {
			reached <- "udp"
		}
	}()
	listen("unix", filepath.Join(root, "socket"))
	name := fmt.Sprintf("trapline-commands-%d", os.Getpid())
	listen("unix", "@"+name)
	arguments := func(program, dir, socket string) []string {
		return []string{program, secret, dir, fmt.Sprint(tcp), fmt.Sprint(udp.LocalAddr().(*net.UDPAddr).Port), socket, name, fmt.Sprint(os.Getpid())}
	}
	inside, here := arguments("/program", "/", "/socket"), arguments(prog, root, filepath.Join(root, "socket"))
	kept, recording := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "ways.tlr")
	before := hashOf(t, outside) + hashOf(t, root)
	for _, c := range []struct {
		command []string
		ends    []string // in its output
	}{
		{append([]string{"trace", "--root", root, "--"}, inside...), []string{" ways, 0 reached\n"}},
		{append([]string{"trace", "--root", root, "--keep", kept, "--"}, inside...), []string{" ways, 0 reached\n"}},
		{append(append(append([]string{"trace", "--root", root, "--"}, inside...), "--and"), inside...), nil},
		{append([]string{"audit", "--try", "--root", root, "/program", "main", "paths", "--"}, inside[1:]...), nil},
		{append([]string{"record", "-o", recording, "--"}, here...), nil},
		{[]string{"replay", recording}, nil},
	} {
		cmd := exec.Command(os.Args[0], c.command...)
		cmd.Args[0] = "trapline" // which testscript.Main goes by
		out, err := cmd.CombinedOutput()
		for _, s := range c.ends {
			assert.Contains(t, string(out), s, c.command)
			assert.NoError(t, err)
		}
		assert.Contains(t, []int{0, 1}, cmd.ProcessState.ExitCode(), "%v: %s", c.command, out)
		assert.Equal(t, before, hashOf(t, outside)+hashOf(t, root), c.command)
	}
	assert.FileExists(t, recording)
	assert.DirExists(t, kept)
	select {
	case what := <-reached:
		t.Errorf("the host's listener (%s) was reached", what)
	case <-time.After(50 * time.Millisecond):
	}
}
