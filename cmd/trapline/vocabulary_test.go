package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// tableSize is how many words of one kind make a table.
const tableSize = 4

// vocabulary is what package x86, or linux/abi, alone defines: words in strings, and names of constants.
type vocabulary struct {
	kind    string
	strings []string
	consts  *regexp.Regexp
}

var vocabularies = []vocabulary{
	{"registers", registerNames(), regexp.MustCompile(`^(R[A-D]X|R[SB]P|R[SD]I|R([89]|1[0-5])|[C-GS]S)$`)},
	{"flags", flagNames(), regexp.MustCompile(`^([CPAZSTIDO]F|IOPL|NT|RF|VM|AC|VIF|VIP|ID)$`)},
	{"vectors", vectorNames(), regexp.MustCompile(`(?i)^vec[A-Z]{2,3}$`)},
	{"signals", signalNames(), regexp.MustCompile(`^(SIG[A-Z]{2,6})$`)},
}

func registerNames() (l []string) {
	for r := range x86.Reg(x86.NumRegs) {
		l = append(l, r.NameOf(2), r.NameOf(4), r.NameOf(8))
	}
	for s := x86.ES; s <= x86.GS; s++ {
		l = append(l, x86.SegmentName(s))
	}
	for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
		l = append(l, a.IPName(), a.FlagsName())
	}
	return l
}

func flagNames() (l []string) {
	for _, f := range x86.FlagNames {
		l = append(l, f.Name)
	}
	return l
}

func vectorNames() (l []string) {
	for v := range x86.FirstUser {
		if v.Mnemonic() != "" {
			l = append(l, v.Mnemonic(), v.Name())
		}
	}
	return l
}

func signalNames() (l []string) {
	for n := 1; n < abi.SIGRTMIN; n++ {
		l = append(l, abi.SignalName(n))
	}
	return l
}

// secondTables lists the places of a file that define words of the vocabulary again.
func secondTables(fset *token.FileSet, f *ast.File) (found []string) {
	add := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), what))
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			for _, v := range vocabularies {
				if words := stringsIn(n, v.strings); len(words) >= tableSize {
					add(n, fmt.Sprintf("a table of %s: %s", v.kind, strings.Join(words, " ")))
					return false
				}
			}
		case *ast.GenDecl:
			for _, v := range vocabularies {
				if names := ownConstants(n, v.consts); len(names) >= tableSize {
					add(n, fmt.Sprintf("constants of %s: %s", v.kind, strings.Join(names, " ")))
				}
			}
		case *ast.ValueSpec:
			if len(n.Values) == 1 && len(n.Names) == 1 && number(n.Values[0]) == x86.Int3 && strings.Contains(strings.ToLower(n.Names[0].Name), "break") {
				add(n, "INT3's opcode")
			}
		case *ast.TypeSpec:
			if n.Name.Name == "Arch" && !n.Assign.IsValid() {
				add(n, "an architecture")
			}
		}
		return true
	})
	return found
}

// stringsIn lists the words that occur as string literals in a composite literal.
func stringsIn(lit ast.Node, words []string) (l []string) {
	ast.Inspect(lit, func(n ast.Node) bool {
		if b, ok := n.(*ast.BasicLit); ok && b.Kind == token.STRING {
			if s, err := strconv.Unquote(b.Value); err == nil && slices.Contains(words, s) && !slices.Contains(l, s) {
				l = append(l, s)
			}
		}
		return true
	})
	return l
}

// ownConstants lists the constants of a declaration that have such names and a value
// of their own, not another package's.
func ownConstants(d *ast.GenDecl, names *regexp.Regexp) (l []string) {
	if d.Tok != token.CONST {
		return nil
	}
	for _, s := range d.Specs {
		v := s.(*ast.ValueSpec)
		for i, n := range v.Names {
			taken := false
			if i < len(v.Values) {
				ast.Inspect(v.Values[i], func(n ast.Node) bool {
					sel, ok := n.(*ast.SelectorExpr)
					taken = taken || ok && slices.Contains([]string{"x86", "emu", "abi"}, fmt.Sprint(sel.X))
					return true
				})
			}
			if names.MatchString(n.Name) && !taken {
				l = append(l, n.Name)
			}
		}
	}
	return l
}

// number is an integer literal's value, or -1.
func number(e ast.Expr) int64 {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.INT {
		return -1
	}
	v, err := strconv.ParseInt(b.Value, 0, 64)
	if err != nil {
		return -1
	}
	return v
}

// definers are the vocabulary's packages, and an oracle, which has words of its own
// because the machine is compared with it.
var definers = []string{"internal/x86", "internal/linux/abi", "internal/rigs/silicon"}

// TestTheVocabularyIsOnce: registers, flags, vectors, INT3 and the architecture are
// defined in package x86 alone, signals in linux/abi.
func TestTheVocabularyIsOnce(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel("../..", path)
		switch rel = filepath.ToSlash(rel); {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".git") || slices.Contains(definers, rel)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files++
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		for _, what := range secondTables(fset, f) {
			assert.Fail(t, "package x86 or linux/abi has it", "%s", what)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 500)
}

func TestSecondTablesAreFound(t *testing.T) {
	for source, kind := range map[string]string{
		`var l = []string{"eax", "ecx", "edx", "ebx"}`:                                               "a table of registers",
		`var l = map[string]int{"es": 0, "cs": 1, "ss": 2, "ds": 3}`:                                 "a table of registers",
		`var l = []struct{ n string }{{"rsp"}, {"rbp"}, {"r8d"}, {"rip"}}`:                           "a table of registers",
		`func f() { _ = [...]string{"CF", "PF", "AF", "ZF"} }`:                                       "a table of flags",
		`var l = map[int]string{0: "#DE", 1: "#DB", 3: "#BP", 6: "#UD"}`:                             "a table of vectors",
		`var l = map[int]string{0: "divide error", 1: "debug", 3: "breakpoint", 8: "double fault"}`:  "a table of vectors",
		"const (\n\tRAX = iota\n\tRCX\n\tRDX\n\tRBX\n)":                                              "constants of registers",
		"const (\n\tCF = 1\n\tPF = 4\n\tZF = 64\n\tTF = 256\n)":                                      "constants of flags",
		"const (\n\tvecDE = 0\n\tvecDB = 1\n\tvecBP = 3\n\tvecGP = 13\n)":                            "constants of vectors",
		`var l = map[int]string{4: "SIGILL", 5: "SIGTRAP", 8: "SIGFPE", 11: "SIGSEGV"}`:              "a table of signals",
		`const breakpoint = 0xcc`:                                                                    "INT3's opcode",
		`type Arch int`:                                                                              "an architecture",
		`var l = []string{"eax", "ecx", "edx"}`:                                                      "",
		"const (\n\tRAX = x86.RAX\n\tRCX = x86.RCX\n\tRDX = x86.RDX\n\tRBX Reg = 1 << x86.RBX\n)":    "",
		`type Arch = x86.Arch`:                                                                       "",
		`var code = []byte{0xcc}`:                                                                    "",
		`func f() { pick("eax", "ecx", "edx", "ebx") } // a choice of registers, which numbers none`: "",
	} {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "second.go", "package p\n"+source, 0)
		require.NoError(t, err)
		found := secondTables(fset, f)
		if kind == "" {
			assert.Empty(t, found, source)
			continue
		}
		if assert.Len(t, found, 1, source) {
			assert.Contains(t, found[0], kind, source)
		}
	}
}
