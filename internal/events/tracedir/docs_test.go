package tracedir_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// support is what docs/events.md says of a file: whose it is ("": both kinds have it), and
// whether something can be written to it.
type support struct {
	of      string
	written bool
}

// TestFilesAreDocumented: the table of docs/events.md has the files that there are, and says of each whose it is and
// whether it is written.
func TestFilesAreDocumented(t *testing.T) {
	require.Equal(t, served(t), documented(t))
}

// documented reads the table.
func documented(t *testing.T) map[string]support {
	t.Helper()
	data, err := os.ReadFile("../../../docs/events.md")
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(data), "\n### Files\n")
	require.True(t, ok)
	text, _, _ = strings.Cut(text, "\n### ")
	list := map[string]support{}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			continue
		}
		written := strings.TrimSpace(cells[3])
		require.Contains(t, []string{"yes", "no"}, written, line)
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1) {
			list[name[1]] = support{strings.TrimSpace(cells[2]), written == "yes"}
		}
	}
	return list
}

// served tries every name that the code has on a directory of each kind.
func served(t *testing.T) map[string]support {
	t.Helper()
	kinds := map[string]func() *tracedir.Dir{
		"kernel code": func() *tracedir.Dir { return withEvent(t, ofKernelCode(), "kprobe_events", "p:g/e f") },
		"programs":    func() *tracedir.Dir { return withEvent(t, ofPrograms(nil), "uprobe_events", "p:g/e /f:0x10") },
	}
	list := map[string]support{}
	for kind, open := range kinds {
		for _, name := range names(t) {
			if !is(open(), name) {
				continue
			}
			s := support{kind, false}
			for _, text := range []string{"", "0", "1", "g:e", "global", "p:g/other f", "p:g/other /f:0x20", "overwrite", "traceon"} {
				s.written = s.written || open().WriteFile(name, text, true) == nil
			}
			name = strings.Replace(strings.Replace(name, "events/g/", "events/GRP/", 1), "GRP/e/", "GRP/EVENT/", 1)
			if strings.HasPrefix(name, "options/") {
				name = "options/NAME"
			}
			if old, both := list[name]; both && old.of != kind {
				require.Equal(t, old.written, s.written, name)
				s.of = ""
			}
			list[name] = s
		}
	}
	return list
}

// is reports whether a directory has a file.
func is(d *tracedir.Dir, name string) bool {
	_, err := d.ReadFile(name)
	return !errors.Is(err, events.ENOENT) && !errors.Is(err, tracefs.ErrNotModelled)
}

func withEvent(t *testing.T, d *tracedir.Dir, file, line string) *tracedir.Dir {
	t.Helper()
	require.NoError(t, d.WriteFile(file, line, false))
	return d
}

var fileName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_/]*$`)

// names are all strings of the packages that can be names of files, also below the directories that there are.
func names(t *testing.T) (list []string) {
	t.Helper()
	files, err := filepath.Glob("../trace*/*.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			s, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			for _, w := range strings.Fields(s) { // a list of options is one string
				if fileName.MatchString(w) {
					seen[w] = true
				}
			}
			return true
		})
	}
	for name := range seen {
		list = append(list, name, "events/g/"+name, "events/g/e/"+name, "options/"+name, "per_cpu/cpu0/"+name)
	}
	return list
}

// code is a kernel with one function, f.
type code struct{ tracefs.Kprobes }

func (code) Count(name string) int {
	if name == "f" {
		return 1
	}
	return 0
}
func (code) Address(name string) (uint64, bool) { return 0x1000, name == "f" }
func (code) Lookup(addr uint64) (events.Symbol, bool) {
	return events.Symbol{Name: "f", Addr: 0x1000}, true
}
func (code) Notrace(uint64) bool                  { return false }
func (code) ModuleLoaded(string) bool             { return true }
func (code) Register(*tracefs.Probe) events.Errno { return 0 }
func (code) Unregister(*tracefs.Probe)            {}
func (code) Enable(*tracefs.Probe) events.Errno   { return 0 }
func (code) Disable(*tracefs.Probe)               {}

// ofKernelCode is a directory without programs.
func ofKernelCode() *tracedir.Dir {
	return tracedir.New(tracedir.Config{
		Registry: tracefs.Config{Arch: x86.AMD64, CPUs: 1, FirstID: 1, Kprobes: code{}},
		Array:    tracearray.Config{Records: 10},
		Counts:   func(*tracefs.Probe) tracefs.Counts { return tracefs.Counts{} },
		List:     func() string { return "" },
	})
}
