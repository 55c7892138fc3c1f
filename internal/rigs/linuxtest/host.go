package linuxtest

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Host is what a program of testdata/reach.c tries to get at: a file outside of
// what it is shown, listeners of each kind, and the process of the test.
type Host struct {
	Secret, Shown string // a file, and the directory that the program is shown
	tcp, udp      int    // ports
	name          string // of an abstract socket
	reached       chan string
}

// NewHost makes one around a directory that the program will be shown. Name is
// the abstract socket's.
func NewHost(t *testing.T, shown, name string) *Host {
	t.Helper()
	h := &Host{Secret: filepath.Join(t.TempDir(), "secret"), Shown: shown, name: fmt.Sprintf("%s-%d", name, os.Getpid()), reached: make(chan string, 100)}
	require.NoError(t, os.WriteFile(h.Secret, []byte("secret"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(shown, "file"), []byte("shown"), 0o644))
	require.NoError(t, os.Symlink(h.Secret, filepath.Join(shown, "out")))
	h.tcp = h.listen(t, "tcp", "127.0.0.1:0").(*net.TCPAddr).Port
	h.udp = h.listenPackets(t, "udp", "127.0.0.1:0").(*net.UDPAddr).Port
	if six, err := net.ListenPacket("udp", "[::1]:0"); err == nil { // the host has IPv6
		require.NoError(t, six.Close())
		h.listen(t, "tcp", fmt.Sprintf("[::1]:%d", h.tcp))
		h.listenPackets(t, "udp", fmt.Sprintf("[::1]:%d", h.udp))
	}
	path := filepath.Join(shown, "socket")
	h.listen(t, "unix", path)
	h.listen(t, "unix", "@"+h.name)
	h.listen(t, "unixpacket", path+"-packets")
	h.listen(t, "unixpacket", "@"+h.name)
	h.listenPackets(t, "unixgram", path+"-datagrams")
	h.listenPackets(t, "unixgram", "@"+h.name)
	return h
}

func (h *Host) listen(t *testing.T, network, address string) net.Addr {
	l, err := net.Listen(network, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
			h.reached <- network
		}
	}()
	return l.Addr()
}

// listenPackets is listen for datagrams.
func (h *Host) listenPackets(t *testing.T, network, address string) net.Addr {
	l, err := net.ListenPacket(network, address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			if _, _, err := l.ReadFrom(make([]byte, 10)); err != nil {
				return
			}
			h.reached <- network
		}
	}()
	return l.LocalAddr()
}

// Arguments are those of the program. Dir is the path at which it sees the
// directory that it is shown.
func (h *Host) Arguments(program, dir string) []string {
	return []string{program, h.Secret, dir, fmt.Sprint(h.tcp), fmt.Sprint(h.udp), filepath.Join(dir, "socket"), h.name, fmt.Sprint(os.Getpid())}
}

// Digest is a hash of the files, both of those that are shown and of those that are not.
func (h *Host) Digest(t *testing.T) string {
	t.Helper()
	return Digest(t, filepath.Dir(h.Secret)) + Digest(t, h.Shown)
}

// Unreached fails if a listener was reached.
func (h *Host) Unreached(t *testing.T) {
	t.Helper()
	select {
	case what := <-h.reached:
		t.Errorf("the host's listener (%s) was reached", what)
	case <-time.After(50 * time.Millisecond):
	}
}

// Digest is a hash, in hexadecimal, of the files below a directory: names, modes, times
// of change in nanoseconds, links' targets and content.
func Digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	require.NoError(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		target, _ := os.Readlink(p) // of a link
		fmt.Fprintln(h, p, info.Mode(), info.ModTime().UnixNano(), target)
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			require.NoError(t, err)
			h.Write(data)
		}
		return nil
	}))
	return fmt.Sprintf("%x", h.Sum(nil))
}
