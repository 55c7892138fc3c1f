package linux

import (
	"bytes"
	"context"
	"fmt"
	hostnet "net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingReachesTheHost: a program that tries to touch the host in more than 230 ways
// changes no file and reaches no listener, with files and sockets of its own to do it with.
func TestNothingReachesTheHost(t *testing.T) {
	outside, shown := t.TempDir(), t.TempDir()
	secret := writeFile(t, outside, "secret", "secret")
	writeFile(t, shown, "file", "shown")
	require.NoError(t, os.Symlink(secret, filepath.Join(shown, "out")))
	require.NoError(t, os.WriteFile(filepath.Join(shown, "program"), mustRead(t, compile(t, "reach.c", "gcc")), 0o755))
	touched := make(chan string, 100)
	listen := func(network, address string) hostnet.Addr {
		l, err := hostnet.Listen(network, address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				if _, err := l.Accept(); err != nil {
					return
				}
				touched <- network
			}
		}()
		return l.Addr()
	}
	tcp := listen("tcp", "127.0.0.1:0").(*hostnet.TCPAddr).Port
	udp, err := hostnet.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = udp.Close() })
	go func() {
		if _, _, err := udp.ReadFrom(make([]byte, 10)); err == nil {
			touched <- "udp"
		}
	}()
	path, name := filepath.Join(shown, "socket"), fmt.Sprintf("trapline-%d", os.Getpid())
	listen("unix", path)
	listen("unix", "@"+name)
	before := digest(t, outside) + digest(t, shown)
	o := runHere(t, shown, []string{"./program", secret, shown, fmt.Sprint(tcp), fmt.Sprint(udp.LocalAddr().(*hostnet.UDPAddr).Port), path, name, fmt.Sprint(os.Getpid())})
	assert.True(t, same(Result{}, o.res), "%v %s", o.res, o.stdout)
	assert.Regexp(t, `^\d+ ways, 0 reached\n$`, o.stdout)
	assert.Equal(t, before, digest(t, outside)+digest(t, shown))
	select {
	case what := <-touched:
		t.Errorf("the host's listener (%s) was reached", what)
	case <-time.After(50 * time.Millisecond):
	}
}

// TestSocketBombs: whatever grows stops at a bound, with the error that Linux has for it.
func TestSocketBombs(t *testing.T) {
	data := mustRead(t, compile(t, "bombs.c", "gcc"))
	for what, want := range map[string]string{
		"descriptors": "EMFILE bounded\n", "sockets": "ENFILE bounded\n", "stream": "EAGAIN bounded\n", "dgram": "EAGAIN bounded\n", "queue": "EAGAIN bounded\n",
		"bytes": "ENOBUFS bounded\n", "tcp": "EAGAIN bounded\n", "udp": "EAGAIN bounded\n", "backlog": "EINPROGRESS bounded\n", "names": "EMFILE bounded\n",
		"ports": "EMFILE bounded\n", "rights": "ETOOMANYREFS bounded\n", "circles": "ETOOMANYREFS bounded\n", "many-rights": "EINVAL bounded\n", "control": "ENOBUFS bounded\n",
		"vector": "EMSGSIZE bounded\n", "fifos": "EMFILE bounded\n", "watch": "EMFILE bounded\n",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			fs, err := vfs.OpenMem(map[string]vfs.MemFile{"/w/program": {Data: data, Exec: true}})
			require.NoError(t, err)
			var out bytes.Buffer
			k, err := New(Config{Path: "/w/program", Args: []string{"program", what}, Dir: "/w", FS: fs, Stdout: &out, Limits: Limits{Memory: 128 << 20, Steps: 3e9}})
			require.NoError(t, err)
			defer k.Close()
			res, err := k.Run(context.Background())
			require.NoError(t, err)
			lines := strings.SplitAfter(strings.TrimSuffix(out.String(), "\n"), "\n") // of several processes
			assert.Equal(t, want, strings.TrimSuffix(lines[0], "\n")+"\n", "%v", res)
			assert.LessOrEqual(t, len(k.net.Sockets), net.MaxSockets)
			assert.LessOrEqual(t, k.net.SocketBytes, net.MaxSocketBytes)
		})
	}
}
