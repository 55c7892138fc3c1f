package linux

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// layerSeeds is how many programs of random operations TestLayerAgainstTheHost runs.
var layerSeeds = flag.Int("trees", 12, "programs of random operations on a tree")

// lowerTree puts a small tree of the host's into dir.
func lowerTree(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string]string{
		"old": strings.Repeat("old ", 2000), "lower/x": "x", "lower/y": strings.Repeat("y", 5000), "lower/sub/z": "zzz",
	} {
		writeFile(t, dir, name, text)
	}
	require.NoError(t, os.Symlink("lower", filepath.Join(dir, "link")))
	require.NoError(t, os.Link(filepath.Join(dir, "lower/x"), filepath.Join(dir, "lower/hard")))
}

// TestLayerAgainstTheHost: random operations answer in the machine as they do
// natively and leave the same tree, and the host's files stay as they are.
func TestLayerAgainstTheHost(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("permissions are compared as they are for this user")
	}
	prog := compile(t, "tree.c", "gcc")
	data, err := os.ReadFile(prog)
	require.NoError(t, err)
	for seed := range *layerSeeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			native, guest := t.TempDir(), t.TempDir()
			for _, dir := range []string{native, guest} {
				lowerTree(t, dir)
				require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
			}
			before := linuxtest.Digest(t, guest)
			want := nativeHere(t, native, []string{"./program", fmt.Sprint(seed)})
			got := runHere(t, guest, []string{"./program", fmt.Sprint(seed)})
			assert.Equal(t, want.stdout, got.stdout)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			assert.Equal(t, before, linuxtest.Digest(t, guest), "the host's files are as they were")
		})
	}
}

// TestLayerGoesBack: a run that changes files, gone through with going back again and
// again, ends as one that does not.
func TestLayerGoesBack(t *testing.T) {
	prog := compile(t, "tree.c", "gcc")
	start := func() (*Kernel, *bytes.Buffer) {
		fs, err := vfs.OpenMem(map[string]vfs.MemFile{
			"/w/program": {Data: mustRead(t, prog), Exec: true}, "/w/old": {Data: bytes.Repeat([]byte("old "), 2000)},
			"/w/lower/x": {Data: []byte("x")}, "/w/lower/sub/z": {Data: []byte("z")}, "/w/link": {Link: "lower"},
		})
		require.NoError(t, err)
		out := &bytes.Buffer{}
		k, err := New(Config{Path: "/w/program", Args: []string{"program", "5"}, Dir: "/w", FS: fs, Stdout: out, Capture: 1 << 16})
		require.NoError(t, err)
		t.Cleanup(k.Close)
		return k, out
	}
	fast, k := goBack(t, start, 40_000)
	made, removed := fast.Files().Changes()
	require.NotEmpty(t, made)
	backMade, backRemoved := k.Files().Changes()
	require.Equal(t, made, backMade)
	require.Equal(t, removed, backRemoved)
}

// TestKeep: what is kept is the tree that the program left.
func TestKeep(t *testing.T) {
	data := mustRead(t, compile(t, "tree.c", "gcc"))
	for seed := range 8 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { testKeep(t, data, fmt.Sprint(seed)) })
	}
}

func testKeep(t *testing.T, data []byte, seed string) {
	native, guest, kept := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{native, guest} {
		lowerTree(t, dir)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
	}
	original := filesBelow(t, os.DirFS(native))
	nativeHere(t, native, []string{"./program", seed})
	fs, err := vfs.OpenFiles(guest)
	require.NoError(t, err)
	defer fs.Close()
	k, err := New(Config{FS: fs, User: &User{uint32(os.Getuid()), uint32(os.Getgid())}, Path: "./program", Args: []string{"./program", seed}, Dir: guest})
	require.NoError(t, err)
	defer k.Close()
	_, err = k.Run(context.Background())
	require.NoError(t, err)
	require.NoError(t, k.Files().Keep(kept))
	made, removed := k.Files().Changes()
	require.NotEmpty(t, made)
	for _, p := range made {
		name, err := filepath.Rel(guest, p)
		require.NoError(t, err)
		want, err := os.Lstat(filepath.Join(native, name))
		require.NoError(t, err, p)
		got, err := os.Lstat(filepath.Join(kept, p))
		require.NoError(t, err, p)
		assert.Equal(t, want.Mode(), got.Mode(), p)
		if want.Mode().IsRegular() {
			assert.Equal(t, mustRead(t, filepath.Join(native, name)), mustRead(t, filepath.Join(kept, p)), p)
		}
	}
	for _, p := range removed {
		name, _ := filepath.Rel(guest, p)
		_, err := os.Lstat(filepath.Join(native, name))
		assert.ErrorIs(t, err, os.ErrNotExist, p)
	}
	after := filesBelow(t, os.DirFS(native))
	for name, what := range after {
		if linked := name == "lower/hard" || name == "lower/x"; original[name] != what && !(linked && len(k.Files().Unkept()) > 0) {
			assert.Contains(t, made, filepath.Join(guest, name))
		}
	}
	for name := range original {
		if _, ok := after[name]; !ok {
			gone := slices.ContainsFunc(removed, func(p string) bool { return strings.HasPrefix(filepath.Join(guest, name)+"/", p+"/") })
			assert.True(t, gone || hiddenBy(made, guest, name), name)
		}
	}
	for _, p := range k.Files().Unkept() {
		assert.Contains(t, []string{"x", "hard"}, filepath.Base(p))
	}
	assert.ErrorContains(t, k.Files().Keep(kept), "empty directory")
}

// hiddenBy reports whether something that was made stands where name's directory was.
func hiddenBy(made []string, dir, name string) bool {
	return slices.ContainsFunc(made, func(p string) bool { return strings.HasPrefix(filepath.Join(dir, name), p+"/") })
}

func mustRead(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return data
}

// goBack makes a run twice: at once, and going back again and again after some of at
// most so many steps. Both write the same.
func goBack(t *testing.T, start func() (*Kernel, *bytes.Buffer), most int) (fast, k *Kernel) {
	t.Helper()
	fast, want := start()
	_, err := fast.Run(context.Background())
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(3, 4))
	k, out := start()
	for !k.Done() {
		k.round(rng.IntN(most))
		s := k.m.Snapshot()
		before, n := k.m.Hash(true), rng.IntN(most/2)
		first := k.round(n)
		k.m.Restore(s)
		require.Equal(t, before, k.m.Hash(true))
		require.Equal(t, first, k.round(n))
	}
	require.Equal(t, want.String(), out.String())
	return fast, k
}
