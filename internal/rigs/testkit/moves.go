package testkit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/transition"
)

// Moves tries every move of a machine: those of its table are made, all others panic and leave the state as it
// was. in makes a machine in a state, and gives what moves it and what tells its state.
func Moves[S transition.State](t *testing.T, table transition.Table[S], in func(S) (become func(S), state func() S)) {
	t.Helper()
	for i, list := range table {
		for j := range table {
			from, to := S(i), S(j)
			become, state := in(from)
			if slices.Contains(list, to) {
				become(to)
				require.Equal(t, to, state())
				continue
			}
			require.Panics(t, func() { become(to) }, "%v to %v", from, to)
			require.Equal(t, from, state())
		}
	}
}

// WrittenIn requires that one file alone of the package in the present directory, tests aside, assigns to a field.
func WrittenIn(t *testing.T, file, field string) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	written := false
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, at := range assigned(t, name, data, field) {
			require.Equal(t, file, name, "%v assigns to the field %s", at, field)
			written = true
		}
	}
	require.True(t, written, "%s assigns to no field %s", file, field)
}

// assigned are the places where Go source assigns to a field, or takes its address.
func assigned(t *testing.T, name string, source []byte, field string) (list []token.Position) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, source, 0)
	require.NoError(t, err)
	is := func(x ast.Expr) {
		if s, ok := x.(*ast.SelectorExpr); ok && s.Sel.Name == field {
			list = append(list, set.Position(s.Pos()))
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				is(x)
			}
		case *ast.IncDecStmt:
			is(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				is(n.X)
			}
		}
		return true
	})
	return list
}
