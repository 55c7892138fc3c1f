package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The packages of the two worlds that a scenario can be in.
var worldPackages = []string{"kernelworld", "programworld"}

// knowWorlds are the files that may name a world: where one is opened, what
// Run.Visit takes, and the two sides of a walk.
var knowWorlds = []string{
	"internal/scenario/open.go", "internal/scenario/run.go", "internal/tui/walk/walk.go", "internal/tui/walk/kernel.go", "internal/tui/walk/program.go", "internal/tui/walk/programcode.go",
}

// knowKinds may ask of a file what kind of scenario it is: the format, which decides it;
// where its world is opened and where its code is linked; a rig.
var knowKinds = []string{"internal/format/", "internal/engines/", "internal/scenario/open.go", "internal/scenario/world/image.go", "internal/rigs/"}

// asksWhichWorld lists the places of a file that find out which world a run is in,
// in place of asking the world: a cast of one, its package where nobody needs it, a
// file's member linux compared with nil, a kind of world compared.
func asksWhichWorld(fset *token.FileSet, name string, f *ast.File) (found []string) {
	add := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), what))
	}
	own := slices.ContainsFunc(worldPackages, func(p string) bool { return strings.Contains(name, "/"+p+"/") })
	test := strings.HasSuffix(name, "_test.go")
	cast := func(operand, to ast.Expr) {
		if star, ok := to.(*ast.StarExpr); ok && slices.Contains(worldPackages, packageOf(star.X)) && nameOf(star.X) == "World" {
			add(to, "a cast to a world")
		} else if nameOf(operand) == "world" && !own {
			add(operand, "a cast of a world")
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil { // else it is a switch's
				cast(n.X, n.Type)
			}
		case *ast.TypeSwitchStmt:
			operand := switched(n)
			for _, c := range n.Body.List {
				for _, t := range c.(*ast.CaseClause).List {
					cast(operand, t)
				}
			}
		case *ast.SelectorExpr:
			if slices.Contains(worldPackages, packageOf(n)) && !own && !test && !slices.Contains(knowWorlds, name) {
				add(n, "a world's own")
			}
		case *ast.BinaryExpr:
			asks := nameOf(n.X) == "Linux" && nameOf(n.Y) == "nil" || packageOf(n.Y) == "engines" && slices.Contains([]string{"Kernel", "Program"}, nameOf(n.Y))
			if asks && !test && !slices.ContainsFunc(knowKinds, func(k string) bool { return strings.HasPrefix(name, k) }) {
				add(n, "a kind of scenario compared")
			}
		}
		return true
	})
	return found
}

// switched is what a type switch looks at.
func switched(s *ast.TypeSwitchStmt) ast.Expr {
	var x ast.Expr
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		x = a.Rhs[0]
	case *ast.ExprStmt:
		x = a.X
	}
	return x.(*ast.TypeAssertExpr).X
}

// packageOf is the package of a name such as abi.Errno, "" of others.
func packageOf(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if id, ok := s.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

// nameOf is the last part of a name.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestNobodyAsksWhichWorld: what differs between kernel code and Linux programs is
// asked of the world.
func TestNobodyAsksWhichWorld(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel("../..", path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".git")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		files++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, what := range asksWhichWorld(fset, rel, f) {
			assert.Fail(t, "the world knows: see internal/scenario/world", "%s", what)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 1000)
}

func TestAskingWhichWorldIsFound(t *testing.T) {
	for _, x := range []struct{ name, source, found string }{
		{"internal/scenario/run.go", `var k, ok = r.world.(*kernelworld.World)`, "a cast to a world"},
		{"internal/scenario/run.go", `var _ = any(w).(*programworld.World)`, "a cast to a world"},
		{"internal/scenario/judge.go", `var k, ok = r.world.(interface{ Gates() })`, "a cast of a world"},
		{"internal/scenario/open.go", `func f() { switch r.world.(type) { case *kernelworld.World: } }`, "a cast to a world"},
		{"internal/scenario/open.go", `func f() { switch w := x.world.(type) { case gates: _ = w } }`, "a cast of a world"},
		{"internal/tui/tui_test.go", `var p = run.(*programworld.World)`, "a cast to a world"},
		{"internal/scenario/judge.go", `var l []kernelworld.Lock`, "a world's own"},
		{"internal/web/live/view.go", `func f(p *programworld.World) {}`, "a world's own"},
		{"internal/tui/panel/code.go", `var b = m.File.Linux != nil`, "a kind of scenario compared"},
		{"internal/tui/panel/code.go", `var b = f.World() == engines.Program`, "a kind of scenario compared"},
		{"internal/scenario/open.go", `func f() { r.Visit(func(k *kernelworld.World) { w.side = k }, nil) }`, ""},
		{"internal/scenario/open.go", `var b = f.World() == engines.Program`, ""},
		{"internal/scenario/kernelworld/handler.go", `var w = c.Host(hostKey{}).(*World)`, ""},
		{"internal/scenario/user_test.go", `var b = f.Linux == nil`, ""},
		{"internal/explore/shrink.go", `var s, ok = sys.(Renamer)`, ""},
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, x.name, "package p\n"+x.source, parser.SkipObjectResolution)
		require.NoError(t, err, x.source)
		found := asksWhichWorld(fset, x.name, f)
		if x.found == "" {
			assert.Empty(t, found, x.source)
		} else if assert.NotEmpty(t, found, x.source) {
			assert.Contains(t, found[0], x.found)
		}
	}
}
