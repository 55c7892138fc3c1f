package traceuprobe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/rigs/linuxtest"
)

// The steps of a scenario are a session: here the shell that plays recorded ones obeys them, and prints byte for byte
// what the scenario does. The test of the same name of cmd/trapline has trace do so.
func TestTheSharedSession(t *testing.T) {
	steps, root := linuxtest.Session(t, "../../..")
	sh := newShell(t, root, 1)
	shown := 0
	for _, s := range steps {
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
