package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"trapline": func() { os.Exit(mainExit()) }})
}

// TestScripts runs the command line as users do: exit statuses, messages, and
// nothing half-written. CASES is where scenarios lie that the library has not.
func TestScripts(t *testing.T) {
	cases, err := filepath.Abs("testdata/cases")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"forge": forge},
		Setup: func(e *testscript.Env) error {
			e.Setenv("CASES", cases)
			return nil
		},
	})
}
