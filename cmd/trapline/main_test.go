package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"trapline": func() { os.Exit(mainExit()) }})
}

// TestScripts runs the command line as users do: exit statuses, messages, and
// nothing half-written.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"forge": forge},
	})
}
