package kprobes_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// setUp are the files that set a machine up or show it, outside any step.
var setUp = map[string]bool{"manager.go": true, "register.go": true, "kretprobe.go": true, "original.go": true}

// around are selectors that reach the machine without its door: of a machine,
// its vCPUs, and of a space, its memory.
var around = map[string]bool{"CPUs": true, "Peek": true, "Lookup": true, "WriteBytes": true, "GPR": true, "RFLAGS": true}

// TestV2NothingGoesRoundTheDoor: micro-steps have a door and their own vCPU. No
// file of an engine takes the machine from the kernel to look past the door.
func TestV2NothingGoesRoundTheDoor(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || setUp[name] {
			continue
		}
		require.Empty(t, goesRound(t, name), name)
	}
	require.NotEmpty(t, goesRound(t, "manager.go"), "the test sees what it looks for")
}

// goesRound lists the places where a file uses K.M, the machine of a kernel,
// for more than its door.
func goesRound(t *testing.T, name string) (places []string) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, nil, 0)
	require.NoError(t, err)
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok || !around[s.Sel.Name] {
			return true
		}
		if m, ok := s.X.(*ast.SelectorExpr); ok && m.Sel.Name == "M" {
			if k, ok := m.X.(*ast.SelectorExpr); ok && k.Sel.Name == "K" {
				places = append(places, set.Position(s.Pos()).String())
			}
		}
		return true
	})
	return places
}
