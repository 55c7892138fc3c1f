package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notOnJS are the packages that js/wasm does not have: the terminal UI and what
// stands on it. (internal/rigs/silicon/native, which traces processes of the host, has
// files for linux/amd64 only.)
var notOnJS = []string{"trapline/cmd/trapline", "trapline/internal/tui", "trapline/internal/tui/export"}

// compiles lists the packages that go can compile for a host, and the others.
func compiles(t *testing.T, host string) (yes, no []string) {
	goos, goarch, _ := strings.Cut(host, "/")
	cmd := exec.Command("go", "list", "-e", "-export", "-f", "{{.ImportPath}} {{if and .Export (not .DepsErrors)}}yes{{else}}no{{end}}", "trapline/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	out, err := cmd.Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		switch p, answer, _ := strings.Cut(strings.TrimSpace(line), " "); answer {
		case "yes":
			yes = append(yes, p)
		default:
			no = append(no, p)
		}
	}
	return yes, no
}

// TestHosts compiles the program for hosts unlike Linux. "make portable" links
// it for all, and runs it on some.
func TestHosts(t *testing.T) {
	yes, _ := compiles(t, "windows/amd64")
	require.Contains(t, yes, "trapline/cmd/trapline")
	yes, no := compiles(t, "js/wasm")
	slices.Sort(no)
	require.Equal(t, notOnJS, no)
	require.Contains(t, yes, "trapline/internal/scenario")
}
