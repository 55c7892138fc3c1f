package scenarios_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// outside is a module beside this one, with the files of testdata/outside.
type outside struct {
	t   *testing.T
	dir string
	env []string
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{t: t, dir: t.TempDir(), env: append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" "+tags), "GOPROXY=off", "GOWORK=", "GOTOOLCHAIN=local")}
	require.NoError(t, os.CopyFS(o.dir, os.DirFS("testdata/outside")))
	require.Empty(t, o.fails("mod", "init", "example.com/outside"))
	sums, err := os.ReadFile("../go.sum") // so that no checksum is looked up elsewhere
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(o.dir, "go.sum"), sums, 0o644))
	return o
}

// fails runs the go command there and returns what it printed if it failed.
func (o *outside) fails(args ...string) string {
	o.t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = o.dir, o.env
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return strings.TrimSpace(err.Error() + "\n" + string(out))
}

// checkout is where this module is.
func checkout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	require.NoError(t, err)
	return dir
}

// TestAModuleOutside does what docs/api.md says to use this package from another
// module, by a replace line, and runs its tests. Nothing below internal/ can be
// imported there.
func TestAModuleOutside(t *testing.T) {
	o := newOutside(t)
	require.Empty(t, o.fails("mod", "edit", "-require", "trapline@v0.0.0", "-replace", "trapline="+checkout(t)))
	require.Empty(t, o.fails("mod", "tidy"))
	require.Empty(t, o.fails("test", "."))

	deep := []byte("package outside\n\nimport _ \"trapline/internal/emu\"\n")
	require.NoError(t, os.WriteFile(filepath.Join(o.dir, "deep.go"), deep, 0o644))
	require.Contains(t, o.fails("build", "."), "use of internal package trapline/internal/emu not allowed")
}

// TestAWorkspaceOutside does the same by a workspace.
func TestAWorkspaceOutside(t *testing.T) {
	o := newOutside(t)
	require.Empty(t, o.fails("work", "init", ".", checkout(t)))
	require.Empty(t, o.fails("test", "."))
}
