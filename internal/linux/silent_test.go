package linux

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ownCode is the functions of the package and of those below it by name; of methods, all that share one.
type ownCode struct {
	fset  *token.FileSet
	files []*ast.File
	funcs map[string][]*ast.FuncDecl
	acts  map[string]bool
}

func readOwnCode(t *testing.T) *ownCode {
	s := &ownCode{fset: token.NewFileSet(), funcs: map[string][]*ast.FuncDecl{}, acts: map[string]bool{}}
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	below, err := filepath.Glob("*/*.go")
	require.NoError(t, err)
	for _, name := range append(names, below...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		s.files = append(s.files, f)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				s.funcs[fn.Name.Name] = append(s.funcs[fn.Name.Name], fn)
			}
		}
	}
	for again := true; again; {
		again = false
		for name, list := range s.funcs {
			for _, fn := range list {
				if !s.acts[name] && s.changes(fn) {
					s.acts[name], again = true, true
				}
			}
		}
	}
	return s
}

// changes reports whether a function assigns to anything but its own variables,
// or calls one that does.
func (s *ownCode) changes(fn *ast.FuncDecl) (found bool) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if _, own := l.(*ast.Ident); !own {
					found = true
				}
			}
		case *ast.IncDecStmt:
			if _, own := n.X.(*ast.Ident); !own {
				found = true
			}
		case *ast.CallExpr:
			found = found || s.acts[called(n)]
		}
		return !found
	})
	return found
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// answers says what a function may return as its last result: 0, an errno, or a value.
func (s *ownCode) answers(name string, seen map[string]bool) (zero, value bool) {
	if seen[name] {
		return false, false
	}
	seen[name] = true
	for _, fn := range s.funcs[name] {
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if _, ok := n.(*ast.FuncLit); ok {
				return false
			}
			ret, ok := n.(*ast.ReturnStmt)
			if !ok || len(ret.Results) == 0 {
				return true
			}
			switch e := ret.Results[len(ret.Results)-1].(type) {
			case *ast.BasicLit:
				zero = zero || e.Value == "0"
			case *ast.Ident: // "r" is what another function answered
				value = value || e.Name != "r"
			case *ast.UnaryExpr: // -EINVAL
				value = value || e.Op != token.SUB
			case *ast.CallExpr:
				if s.funcs[called(e)] == nil {
					value = true
					break
				}
				z, v := s.answers(called(e), seen)
				zero, value = zero || z, value || v
			default:
				value = true
			}
			return true
		})
	}
	return zero, value
}

// silent reports whether a handler can answer 0, and neither changes nor tells anything.
func (s *ownCode) silent(handler string) bool {
	zero, value := s.answers(handler, map[string]bool{})
	return zero && !value && !s.acts[handler]
}

// TestNoCallSucceedsForNothing: a call that does nothing but answer 0 says so in the
// table, with the reason, and one that says so is one.
func TestNoCallSucceedsForNothing(t *testing.T) {
	s := readOwnCode(t)
	silent := 0
	for _, g := range callGroups {
		for _, list := range [][]spec{g.both, g.only64, g.only32} {
			for _, c := range list {
				handler := runtime.FuncForPC(reflect.ValueOf(c.run).Pointer()).Name()
				handler = handler[strings.LastIndexByte(handler, '.')+1:]
				require.NotEmpty(t, s.funcs[handler], c.name)
				assert.Equal(t, s.silent(handler), c.level == SupportNoEffect, "%s (%s): it does nothing, it says so", c.name, handler)
				if s.silent(handler) {
					silent++
				}
			}
		}
	}
	require.Greater(t, silent, 5)
}

// ofConstants reports whether a case is of constants of package abi.
func ofConstants(c *ast.CaseClause) bool {
	for _, e := range c.List {
		sel, ok := e.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "abi" {
			return false
		}
	}
	return len(c.List) > 0
}

// TestNoOptionSucceedsForNothing: where one of several things that a call is asked for
// is answered 0 and nothing else, a comment says why.
func TestNoOptionSucceedsForNothing(t *testing.T) {
	s := readOwnCode(t)
	found := 0
	for _, f := range s.files {
		commented := map[int]bool{} // lines
		for _, g := range f.Comments {
			for _, c := range g.List {
				commented[s.fset.Position(c.Pos()).Line] = true
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CaseClause)
			if !ok || len(c.Body) != 1 || !ofConstants(c) {
				return true
			}
			ret, ok := c.Body[0].(*ast.ReturnStmt)
			if !ok || len(ret.Results) != 1 {
				return true
			}
			if lit, ok := ret.Results[0].(*ast.BasicLit); ok && lit.Value == "0" {
				found++
				first, last := s.fset.Position(c.Pos()), s.fset.Position(ret.End())
				said := false
				for l := first.Line; l <= last.Line; l++ {
					said = said || commented[l]
				}
				assert.True(t, said, "%s: answers 0 and does not say why", first)
			}
			return true
		})
	}
	require.NotZero(t, found)
}
