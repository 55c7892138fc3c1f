package main

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var unreachableFile = flag.String("unreachable", "", "what deadcode -json says of the command: make lint")

// unreachable is what deadcode says of a package.
type unreachable struct {
	Funcs []struct {
		Name     string
		Position struct{ File string }
	}
}

// TestUnreachable: the command reaches every function but those of the list, and
// each line of the list has one that it does not reach.
func TestUnreachable(t *testing.T) {
	if *unreachableFile == "" {
		t.Skip("make lint runs deadcode for it")
	}
	data, err := os.ReadFile(*unreachableFile)
	require.NoError(t, err)
	list, err := os.ReadFile("unreachable.txt")
	require.NoError(t, err)
	assert.Empty(t, judgeUnreachable(t, string(list), string(data)))
}

// judgeUnreachable compares a list with what deadcode found.
func judgeUnreachable(t *testing.T, list, found string) (wrong []string) {
	t.Helper()
	allowed := map[string]bool{} // whether it was found
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		w := strings.Fields(line)
		require.Greater(t, len(w), 2, "a file, a function, and what reaches it: %q", line)
		allowed[w[0]+" "+w[1]] = false
	}
	var packages []unreachable
	require.NoError(t, json.Unmarshal([]byte(found), &packages))
	for _, p := range packages {
		for _, f := range p.Funcs {
			one, all := f.Position.File+" "+f.Name, f.Position.File+" *"
			if _, ok := allowed[all]; ok {
				one = all
			}
			if _, ok := allowed[one]; !ok {
				wrong = append(wrong, one+" is reached by no command")
				continue
			}
			allowed[one] = true
		}
	}
	for line, seen := range allowed {
		if !seen {
			wrong = append(wrong, line+" is in the list, but a command reaches it")
		}
	}
	return wrong
}

func TestUnreachableFunctionsAreFound(t *testing.T) {
	const found = `[{"Funcs": [{"Name": "F", "Position": {"File": "a.go"}}, {"Name": "T.m", "Position": {"File": "b.go"}}]}]`
	require.Empty(t, judgeUnreachable(t, "# why\na.go F for the page\nb.go * for the page\n", found))
	require.Equal(t, []string{"b.go T.m is reached by no command"}, judgeUnreachable(t, "a.go F for the page\n", found))
	require.Equal(t, []string{"c.go * is in the list, but a command reaches it"},
		judgeUnreachable(t, "a.go F for the page\nb.go T.m for the page\nc.go * for the page\n", found))
}
