package linux

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestNothingReachesTheHost: a program that tries to touch the host in more than 270 ways
// changes no file and reaches no listener, with files and sockets of its own to do it with.
func TestNothingReachesTheHost(t *testing.T) {
	shown := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(shown, "program"), mustRead(t, compile(t, "reach.c", "gcc")), 0o755))
	host := linuxtest.NewHost(t, shown, "trapline")
	before := host.Digest(t)
	o := runHere(t, shown, host.Arguments("./program", shown))
	assert.True(t, same(Result{}, o.res), "%v %s", o.res, o.stdout)
	var ways int
	_, err := fmt.Sscanf(o.stdout, "%d ways, 0 reached\n", &ways)
	assert.NoError(t, err, o.stdout)
	assert.Greater(t, ways, 270)
	assert.Equal(t, before, host.Digest(t))
	host.Unreached(t)
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
