package traceuprobe

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/loader"
)

// The steps of a scenario are a session: here the shell that plays recorded ones obeys them, and prints byte for byte
// what the scenario does. The test of the same name of cmd/trapline has trace do so.
func TestTheSharedSession(t *testing.T) {
	const file = "../../../scenarios/regress/events-of-a-program.txtar"
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	f, err := format.Parse(file, data)
	require.NoError(t, err)
	image, _, err := loader.ReadListing([]byte(f.Listing.Text))
	require.NoError(t, err)
	program, err := loader.ELF(image)
	require.NoError(t, err)
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "prog"), program, 0o755))
	sh := newShell(t, root, 1)
	shown := 0
	for _, s := range f.Steps {
		switch s.Verb {
		case "run":
			require.Equal(t, "status=exit 0\n", sh.obey("run /prog"))
		case "echo", "cat":
			got := format.TidyOutput(sh.obey(s.Directive()))
			require.Equal(t, s.Want, got, s.Directive())
			if got != "" {
				shown++
			}
		}
	}
	require.Greater(t, shown, 6)
}
