package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mostNames bounds the exported names of packages that other modules could
// import and that are not the API.
const mostNames = 438

// exportsOf is what the files of a folder, without tests, export.
func exportsOf(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.FileExports(f)
		files = append(files, f)
	}
	return files
}

// topLevel counts the top-level names, without methods.
func topLevel(files []*ast.File) (n int) {
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					n++
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						n++
					case *ast.ValueSpec:
						n += len(s.Names)
					}
				}
			}
		}
	}
	return n
}

// TestOutsidersSeeOnePackage: what other modules can import is package scenarios
// and little else.
func TestOutsidersSeeOnePackage(t *testing.T) {
	root := filepath.Join("..", "..")
	count := map[string]int{}
	require.NoError(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case name == "internal" || name == "testdata" || name == "node_modules" || p != root && strings.HasPrefix(name, "."):
			return fs.SkipDir
		}
		if n := topLevel(exportsOf(t, p)); n > 0 {
			count[filepath.ToSlash(p)] = n
		}
		return nil
	}))
	assert.Greater(t, count["../../scenarios"], 20, "the walk has seen the API")
	delete(count, "../../scenarios")
	sum := 0
	for _, n := range count {
		sum += n
	}
	assert.LessOrEqual(t, sum, mostNames, "%v", count)
}

// apiAliases are the names of package scenarios that stand for an internal type.
var apiAliases = []string{"Error"}

// TestTheAPINamesItsTypes: no exported declaration of package scenarios has an
// internal type, which outsiders could not name, but for the aliases.
func TestTheAPINamesItsTypes(t *testing.T) {
	seen := 0
	for _, f := range exportsOf(t, filepath.Join("..", "..", "scenarios")) {
		internal := map[string]bool{}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(path, module+"/") {
				internal[path[strings.LastIndex(path, "/")+1:]] = true
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BlockStmt:
				return false
			case *ast.ValueSpec: // a value may come from there, its type is an error or a number
				assert.True(t, n.Type == nil || !internal[of(n.Type)], "%v", n.Names)
				return false
			case *ast.TypeSpec:
				seen++
				for _, name := range apiAliases {
					if n.Assign.IsValid() && n.Name.Name == name {
						return false
					}
				}
			case *ast.SelectorExpr:
				assert.False(t, internal[of(n)], "%s.%s is in the API", of(n), n.Sel.Name)
			}
			return true
		})
	}
	assert.Greater(t, seen, 15)
}

// of is the package's name of a qualified one, or "".
func of(n ast.Expr) string {
	if s, ok := n.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name
		}
	}
	return ""
}
