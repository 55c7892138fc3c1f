package linux

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"trapline/internal/linux/vfs"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// socketSeeds is how many programs of random operations TestSocketsAgainstTheHost runs.
var socketSeeds = flag.Int("sockets", 12, "programs of random operations on sockets")

// firstSocketSeed is the seed of the first one.
var firstSocketSeed = flag.Int("first-socket", 0, "seed of the first program of random operations on sockets")

// TestSocketsAgainstTheHost: random operations on sockets answer in the machine as they do
// natively, error by error, in a network of their own. A program that answers otherwise when it
// runs natively a second time is not compared, and is said to be such a one.
func TestSocketsAgainstTheHost(t *testing.T) {
	program := compile(t, "sockets.c", "gcc")
	differing := differingSockets(t)
	for n := range *socketSeeds {
		seed := *firstSocketSeed + n
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			run := func(how func(testing.TB, string, []string) outcome) outcome {
				dir := t.TempDir()
				// A file that is written here is open in what another of these tests forks meanwhile: ETXTBSY.
				require.NoError(t, os.Link(program, filepath.Join(dir, "program")))
				return how(t, dir, []string{"./program", fmt.Sprint(seed)})
			}
			why := differing[seed]
			if why.route && !ownNetworks() {
				t.Skip("the network of the host may have a route: ", why.reason)
			}
			want := run(nativeInItsNetwork)
			if again := run(nativeInItsNetwork); again.stdout != want.stdout {
				t.Skipf("not the same natively: %s", firstLine(want.stdout, again.stdout))
			}
			got := run(func(_ testing.TB, dir string, args []string) outcome { return runHere(t, dir, args) })
			if why.reason != "" && !why.route {
				assert.NotEqual(t, want.stdout, got.stdout, "the list says that they differ: %s", why.reason)
				return
			}
			assert.Empty(t, firstLine(want.stdout, got.stdout))
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// difference is why a program answers otherwise natively. With route it does in a network that has
// an IPv6 route to other hosts.
type difference struct {
	route  bool
	reason string
}

// differingSockets are the programs in which the kernel that runs here and 6.1 differ: lines of a
// seed, the kernel that differs first or "route", and the reason.
func differingSockets(t *testing.T) map[int]difference {
	var host unix.Utsname
	require.NoError(t, unix.Uname(&host))
	list := map[int]difference{}
	for line := range strings.Lines(string(mustRead(t, "testdata/sockets-differ"))) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		require.Len(t, f, 3, line)
		seed, err := strconv.Atoi(f[0])
		require.NoError(t, err)
		if route := f[1] == "route"; route || !olderThan(unix.ByteSliceToString(host.Release[:]), f[1]) {
			list[seed] = difference{route, f[2]}
		}
	}
	return list
}

// nativeInItsNetwork is nativeHere in a network that has a loopback interface and nothing else, as the simulated host's: no
// other program has its ports, and there is no route to other hosts. Where such networks cannot be made it is nativeHere.
func nativeInItsNetwork(t testing.TB, dir string, args []string) outcome {
	t.Helper()
	if !ownNetworks() {
		return nativeHere(t, dir, args)
	}
	var o outcome
	err := onItsThread(func() (err error) {
		if err = ownNetwork(); err == nil {
			o, err = runNatively(dir, args)
		}
		return err
	})
	require.NoError(t, err)
	return o
}

// ownNetworks reports whether networks can be made, which takes CAP_SYS_ADMIN.
var ownNetworks = sync.OnceValue(func() bool { return onItsThread(ownNetwork) == nil })

// onItsThread calls f in a thread that ends with it.
func onItsThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- f()
	}()
	return <-done
}

// ownNetwork moves the thread to a new network, whose loopback interface it sets up.
func ownNetwork() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(s) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo)
}

// olderThan compares releases such as 6.1.0-13 and 6.9.
func olderThan(release, than string) bool {
	var a, b, c, d int
	_, _ = fmt.Sscanf(release, "%d.%d", &a, &b)
	_, _ = fmt.Sscanf(than, "%d.%d", &c, &d)
	return a < c || a == c && b < d
}

// TestSocketsInACircle: sockets that only messages to themselves hold are closed.
func TestSocketsInACircle(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "circle"), mustRead(t, compile(t, "circle.c", "gcc")), 0o755))
	compareHere(t, dir, []string{"./circle"})
}

// TestCarriedDescriptors: descriptors that came with a message are closed where it is read without them,
// and as many are there as the buffer for them has room.
func TestCarriedDescriptors(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "carried"), mustRead(t, compile(t, "carried.c", "gcc")), 0o755))
	compareHere(t, dir, []string{"./carried"})
}

// TestSocketsGoBack: a run that uses sockets, gone through with going back again and
// again, ends as one that does not.
func TestSocketsGoBack(t *testing.T) {
	data := mustRead(t, compile(t, "sockets.c", "gcc"))
	start := func() (*Kernel, *bytes.Buffer) {
		fs, err := vfs.OpenMem(map[string]vfs.MemFile{"/w/program": {Data: data, Exec: true}})
		require.NoError(t, err)
		out := &bytes.Buffer{}
		k, err := New(Config{Path: "/w/program", Args: []string{"program", "7"}, Dir: "/w", FS: fs, Stdout: out, Capture: 1 << 16})
		require.NoError(t, err)
		t.Cleanup(k.Close)
		return k, out
	}
	_, k := goBack(t, start, 60_000)
	require.Zero(t, k.net.SocketBytes)
}

// firstLine is the first line in which two outputs differ, with those before it, or "".
func firstLine(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("seed line %d, after\n%s\nexpected %s\nactual   %s", i+1, strings.Join(a[max(0, i-12):i], "\n"), a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d lines, expected %d", len(b), len(a))
	}
	return ""
}
