package main

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the module's folder.
const root = "../../.."

// testsOf finds the names of a package's tests and fuzz targets, true for those
// in files that are built with the tag unicorn only.
func testsOf(t *testing.T, pkg string) map[string]bool {
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && testName.MatchString(fn.Name.Name) {
				names[fn.Name.Name] = tagged(t, f)
			}
		}
	}
	return names
}

var testName = regexp.MustCompile(`^(Test|Fuzz)[^a-z]`)

// tagged reports whether a file is left out of builds without the library.
func tagged(t *testing.T, f *ast.File) bool {
	for _, g := range f.Comments {
		for _, c := range g.List {
			if c.Pos() > f.Package || !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			require.NoError(t, err)
			return !x.Eval(func(tag string) bool { return tag != "unicorn" && tag != "cgo" && tag != "js" })
		}
	}
	return false
}

// TestEveryLineNamesATest: each alternative of a line's first part is a test of
// the package, and the reason tag is given to those that the tag leaves out.
func TestEveryLineNamesATest(t *testing.T) {
	l, err := parse(list)
	require.NoError(t, err)
	for _, n := range l {
		tests := testsOf(t, n.pkg)
		require.NotEmpty(t, tests, "%s has no tests", n.pkg)
		for _, name := range alternatives(n.pattern) {
			re, err := regexp.Compile("^(" + name + ")$")
			require.NoError(t, err)
			found := false
			for test, tag := range tests {
				if re.MatchString(test) {
					found = true
					require.Equal(t, tag, n.reason == reasonTag, "%s %s: the reason %s", n.pkg, test, n.reason)
				}
			}
			require.True(t, found, "%s has no test %s", n.pkg, name)
		}
	}
}

var group = regexp.MustCompile(`\(([^()]*)\)`)

// alternatives are the names that a pattern's first part stands for.
func alternatives(pattern string) (names []string) {
	first, _, _ := strings.Cut(pattern, "/")
	g := group.FindStringSubmatchIndex(first)
	if g == nil {
		return []string{first}
	}
	for _, x := range strings.Split(first[g[2]:g[3]], "|") {
		names = append(names, alternatives(first[:g[0]]+x+first[g[1]:])...)
	}
	return names
}

// TestEveryTaggedTestIsListed: the list has all that a build without the library
// leaves out.
func TestEveryTaggedTestIsListed(t *testing.T) {
	l, err := parse(list)
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		pkg, err := filepath.Rel(root, path)
		require.NoError(t, err)
		pkg = filepath.ToSlash(pkg)
		for test, tag := range testsOf(t, pkg) {
			if tag {
				s := skip(l, pkg)
				require.NotEmpty(t, s, "%s %s is not in needs.txt", pkg, test)
				require.Regexp(t, s, test, "%s is not in needs.txt", pkg)
			}
		}
		return nil
	}))
}

// TestNothingIsSkippedWithTheLibrary: the list is for make test-go alone.
func TestNothingIsSkippedWithTheLibrary(t *testing.T) {
	text, err := os.ReadFile(root + "/Makefile")
	require.NoError(t, err)
	require.NotContains(t, string(text), "-skip")
	require.Equal(t, 2, strings.Count(string(text), "run ./internal/rigs/needs"), "make test-go and make test-go-listed")
}

func TestBadLines(t *testing.T) {
	_, err := parse("# ok\nemu TestX\n")
	require.EqualError(t, err, "needs.txt:2: expected a package, a pattern and a reason")
	require.Equal(t, "^(TestD)$|^(TestA)$/^((b|c))$", skip([]need{{"emu", "TestA/(b|c)", "x87"}, {"soak", "TestE", "x87"}, {"emu", "TestD", "x87"}}, "emu"))
}
