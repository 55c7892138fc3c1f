package linux

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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
// natively, error by error. A program that answers otherwise when it runs natively a
// second time is not compared.
func TestSocketsAgainstTheHost(t *testing.T) {
	data, err := os.ReadFile(compile(t, "sockets.c", "gcc"))
	require.NoError(t, err)
	differing := differingSockets(t)
	for n := range *socketSeeds {
		seed := *firstSocketSeed + n
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run := func(how func(testing.TB, string, []string) outcome) outcome {
				dir := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
				return how(t, dir, []string{"./program", fmt.Sprint(seed)})
			}
			want := run(nativeHere)
			if again := run(nativeHere); again.stdout != want.stdout {
				t.Skip("not the same natively")
			}
			got := run(func(_ testing.TB, dir string, args []string) outcome { return runHere(t, dir, args) })
			if why := differing[seed]; why != "" {
				assert.NotEqual(t, want.stdout, got.stdout, "the list says that they differ: %s", why)
				return
			}
			assert.Empty(t, firstLine(want.stdout, got.stdout))
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// differingSockets are the programs in which the kernel that runs here and 6.1 differ, with the
// reason: lines of a seed, the kernel that differs first ("route": one that has a network) and why.
func differingSockets(t *testing.T) map[int]string {
	var host unix.Utsname
	require.NoError(t, unix.Uname(&host))
	list := map[int]string{}
	for line := range strings.Lines(string(mustRead(t, "testdata/sockets-differ"))) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		require.Len(t, f, 3, line)
		seed, err := strconv.Atoi(f[0])
		require.NoError(t, err)
		if f[1] == "route" || !olderThan(unix.ByteSliceToString(host.Release[:]), f[1]) {
			list[seed] = f[2]
		}
	}
	return list
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
