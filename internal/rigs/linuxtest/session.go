package linuxtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/loader"
)

// Session is a scenario whose steps are a session of probe events, and a folder with its program, "prog".
// TestRegress runs the steps in the scenario; the tests TestTheSharedSession run them elsewhere. top is the way to the
// top of the project.
func Session(t *testing.T, top string) (steps []format.Step, root string) {
	t.Helper()
	file := filepath.Join(top, "scenarios", "regress", "events-of-a-program.txtar")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	f, err := format.Parse(file, data)
	require.NoError(t, err)
	image, _, err := loader.ReadListing([]byte(f.Listing.Text))
	require.NoError(t, err)
	program, err := loader.ELF(image)
	require.NoError(t, err)
	root = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "prog"), program, 0o755))
	return f.Steps, root
}
