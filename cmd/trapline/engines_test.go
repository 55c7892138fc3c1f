package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
)

// above are the folders that read engines' descriptions and know none by name.
var above = []string{
	"../../internal/scenario", "../../internal/attempt", "../../internal/expr", "../../internal/format", "../../internal/litmus", "../../internal/picture",
	"../../internal/story", "../../internal/sweep", "../../internal/tui", "../../internal/web", "../../cmd",
}

// TestNothingAboveNamesAnEngine: no code of scenarios, user interface, page or
// commands has an engine's name, nor that of a machinery.
func TestNothingAboveNamesAnEngine(t *testing.T) {
	names := append(engines.Names(engines.Kernel), engines.Probing(engines.Program)...)
	seen := 0
	for _, dir := range above {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir():
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Empty(t, namesIn(t, path, string(text), names))
				seen++
			case strings.HasSuffix(path, ".js") && filepath.Base(filepath.Dir(path)) == "ui":
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Empty(t, quoted(names).FindAllString(string(text), -1), "%s", path)
				seen++
			}
			return err
		}))
	}
	require.Greater(t, seen, 200)

	// The check itself.
	for _, bad := range []string{`func f() { g("2002") }`, `func f() bool { return engine == "none" }`, `var x = "modern+boost"`, `var y = uprobes.Inline`, `var z = engines.PerCPU`} {
		assert.NotEmpty(t, namesIn(t, "x.go", "package x\n"+bad, names), bad)
	}
	assert.Empty(t, namesIn(t, "x.go", "package x\nvar a, b = \"none\", \"modernity\"", names))
	assert.Regexp(t, quoted(names), `scene.engine === "modern"`)
}

// quoted matches the names, but for none, in quotes.
func quoted(names []string) *regexp.Regexp {
	return regexp.MustCompile("[\"'`](" + strings.Join(names[1:], "|") + ")[+\"'`]")
}

// machineries are the selectors that stand for one kind of engine.
var machineries = regexp.MustCompile(`^(engines\.(InPlace|Copies|PerCPU|Slots|Stack|StackCoded|UserInPlace)|uprobes\.(Modern|Inline|Described2005|Coded2005|CodedUnlocked2005))$`)

// namesIn lists where a file's code names an engine. "none" and "uprobes" are
// words too: they count on a line about engines.
func namesIn(t *testing.T, path, text string, names []string) []string {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, text, 0)
	require.NoError(t, err)
	lines := strings.Split(text, "\n")
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BasicLit:
			s, _ := strconv.Unquote(x.Value)
			name, _, _ := strings.Cut(s, "+")
			line := lines[set.Position(x.Pos()).Line-1]
			if x.Kind == token.STRING && slices.Contains(names, name) && (name != "none" && name != "uprobes" || strings.Contains(strings.ToLower(line), "engine")) {
				found = append(found, set.Position(x.Pos()).String()+": "+line)
			}
		case *ast.SelectorExpr:
			if pkg, ok := x.X.(*ast.Ident); ok && machineries.MatchString(pkg.Name+"."+x.Sel.Name) {
				found = append(found, set.Position(x.Pos()).String()+": "+pkg.Name+"."+x.Sel.Name)
			}
		}
		return true
	})
	return found
}
