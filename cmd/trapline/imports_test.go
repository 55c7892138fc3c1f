package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mayImport says which packages of the project each package may import. Names
// leave out internal/.
// "x/..." is x and what is below it. Rigs have no line.
// The order is from the bottom: a line names only packages above it.
var mayImport = []struct{ pkg, imports string }{
	// The bottom: these know nothing of each other.
	{"docs", ""},
	{"cstring", ""},
	{"x86", ""},
	{"emu/insn", "x86"},
	{"emu/regs", ""},
	{"emu/softfloat", ""},
	{"linux/abi", ""},
	{"loader", "x86"},
	{"memento", ""},
	{"nearest", ""},
	{"printable", ""},
	{"sched", ""},
	{"transition", ""},
	{"atomicfile", ""},
	{"expr", ""},
	{"events", "cstring x86"},
	{"engines", ""},

	{"loader/vmlinux", "loader x86"},
	{"asm", "loader x86"},
	{"emu/interp", "x86 emu/insn emu/regs emu/softfloat"},
	{"emu/unicorn", "emu/regs"},
	{"emu", "emu/insn emu/interp emu/regs emu/unicorn x86"},
	{"explore", "x86 transition emu sched"},
	{"record", "emu sched"},
	{"linux/page", "emu"},
	{"linux/state", "emu memento"},
	{"linux/vfs", "emu linux/abi linux/page linux/state"},
	{"linux/net", "transition emu linux/abi linux/state linux/vfs"},
	{"linux/tty", "emu linux/abi linux/state linux/vfs"},
	{"linux/mm", "emu linux/abi linux/page linux/state linux/vfs loader x86"},
	{"linux", "transition emu emu/insn linux/abi linux/mm linux/net linux/page linux/state linux/tty linux/vfs loader emu/regs x86"},

	{"traps", "linux/abi emu emu/insn loader emu/regs x86"},

	{"events/fetch", "x86 events"},
	{"glob", "cstring"},
	{"events/filter", "cstring events glob"},
	{"events/tracefs", "x86 events events/fetch"},
	{"events/tracearray", "events events/fetch events/filter events/tracefs"},
	{"events/tracedir", "events events/fetch events/tracearray events/tracefs"},
	{"kprobes", "emu emu/insn linux/abi loader memento emu/regs engines traps x86"},
	{"kprobes/props", "linux/abi x86 emu explore linux kprobes engines traps"},
	{"kprobes/tracekprobe", "x86 transition emu emu/insn linux/abi loader kprobes events/... traps"},
	{"kprobes/kcall", "x86 emu emu/insn loader/... kprobes events/... kprobes/tracekprobe traps"},
	{"uprobes", "x86 transition emu emu/insn linux linux/abi linux/mm memento emu/regs engines events"},
	{"uprobes/names", ""},
	{"uprobes/source", ""},
	{"uprobes/places", "emu emu/insn loader nearest glob linux/mm uprobes/names uprobes/source"},
	{"uprobes/audit", "emu emu/insn loader events uprobes uprobes/places"},
	{"uprobes/trial", "linux linux/abi linux/vfs uprobes"},
	{"uprobes/traceuprobe", "emu x86 linux linux/abi linux/vfs memento events/... uprobes"},

	{"format", "x86 nearest sched engines expr"},
	{"story", "emu emu/insn loader emu/regs x86 traps"},
	{"picture", ""},
	// The built-in library's files.
	{"scenarios/lessons", ""},
	{"scenarios/races", ""},
	{"scenarios/regress", ""},
	// A scenario's run asks its world, of which there are two.
	{"scenario/world", "asm emu emu/insn engines events/tracedir explore expr format kprobes kprobes/props loader nearest story traps x86"},
	{"scenario/kernelworld", "emu emu/insn events events/tracedir events/tracefs explore format kprobes kprobes/props kprobes/tracekprobe linux/abi loader scenario/world story traps x86"},
	{"scenario/programworld", "emu emu/insn events events/tracedir events/tracefs explore expr format kprobes kprobes/props kprobes/tracekprobe linux linux/abi linux/mm linux/vfs loader scenario/world story traps uprobes uprobes/... x86"},
	{"scenario", "atomicfile emu emu/insn engines events/tracedir explore expr format kprobes kprobes/props linux loader picture scenario/world scenario/kernelworld scenario/programworld scenarios/lessons scenarios/races scenarios/regress sched story x86"},
	{"scenarios", "emu explore format sched scenario story"},
	{"litmus", "x86 emu explore loader sched engines scenario expr format"},
	{"sweep", "emu explore printable sched scenario"},
	{"attempt", "emu explore sched scenario expr format"},
	{"sweep/queue", "explore scenario format sweep"},

	{"tui/text", "printable"},
	{"tui/walk", "x86 emu emu/insn engines linux linux/abi loader record sched traps kprobes/... uprobes/... scenario scenario/kernelworld scenario/programworld format story"},
	{"tui/figure", "engines record tui/walk"},
	{"tui/panel", "x86 docs record engines tui/figure tui/text tui/walk"},
	{"tui/session", "docs emu emu/insn record scenario tui/walk"},
	{"tui/quiz", "story transition"},
	{"tui", "docs transition emu printable record scenario story tui/panel tui/quiz tui/session tui/text tui/walk"},
	{"tui/course", "docs explore linux/abi scenario attempt expr format tui/quiz"},
	// The page in the browser: web is its files, web/live what is behind it.
	{"web", ""},
	{"web/live", "docs emu explore record sched engines scenario format tui/course tui/figure tui/quiz tui/session tui/walk"},
	{"web/machine", "web/live"},
	{"web/site", "web"},
	{"tui/export", "emu printable record story tui tui/figure tui/panel tui/text tui/walk web web/live"},

	{"cmd/trapline", "docs x86 emu/... linux/... loader/... asm explore sched traps kprobes/... uprobes/... events/... engines record atomicfile format litmus nearest picture printable scenario story sweep/... tui/..."},
}

// isRig says that a package below internal/rigs compares the machine with silicon,
// probed runs with unprobed ones, engines with the text that they are modelled on,
// or searches with each other, or helps tests. Tests and other rigs import them;
// they may import everything.
func isRig(pkg string) bool { return pkg == "rigs" || strings.HasPrefix(pkg, "rigs/") }

// short is a package's path in the table.
func short(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module+"/"), "internal/")
}

// wrongImport says what is wrong with an import, or "".
func wrongImport(pkg, imported string) string {
	if isRig(pkg) {
		return ""
	}
	i := slices.IndexFunc(mayImport, func(r struct{ pkg, imports string }) bool { return r.pkg == pkg })
	if i < 0 {
		return fmt.Sprintf("%s has no line in the table of imports", pkg)
	}
	for _, allowed := range strings.Fields(mayImport[i].imports) {
		tree, isTree := strings.CutSuffix(allowed, "/...")
		if imported == tree || isTree && strings.HasPrefix(imported, tree+"/") && !isRig(imported) {
			return ""
		}
	}
	return fmt.Sprintf("%s imports %s; it may import: %s", pkg, imported, mayImport[i].imports)
}

// TestImports: each package imports what the table lets it.
func TestImports(t *testing.T) {
	real := map[string]bool{}
	for _, p := range goList(t, "./...") {
		pkg := short(p.ImportPath)
		real[pkg] = true
		for _, i := range p.Imports {
			if strings.HasPrefix(i, module+"/") {
				assert.Empty(t, wrongImport(pkg, short(i)))
			}
		}
		assert.True(t, isRig(pkg) || slices.ContainsFunc(mayImport, func(r struct{ pkg, imports string }) bool { return r.pkg == pkg }),
			"%s has no line in the table of imports", pkg)
	}
	for i, rule := range mayImport {
		assert.True(t, real[rule.pkg], "%s is in the table of imports and does not exist", rule.pkg)
		for _, allowed := range strings.Fields(rule.imports) {
			tree, isTree := strings.CutSuffix(allowed, "/...")
			below := slices.ContainsFunc(mayImport[:i], func(r struct{ pkg, imports string }) bool {
				return r.pkg == tree || isTree && strings.HasPrefix(r.pkg, tree+"/")
			})
			assert.True(t, below, "%s may import %s, which is not above it in the table", rule.pkg, allowed)
		}
	}
}

func TestWrongImportsAreFound(t *testing.T) {
	for pkg, imported := range map[string]string{
		"docs":                   "emu",
		"x86":                    "emu/insn",
		"emu/insn":               "emu/regs",
		"emu/interp":             "emu",
		"emu":                    "traps",
		"linux":                  "record",
		"traps":                  "kprobes",
		"kprobes":                "scenario",
		"events":                 "kprobes",
		"uprobes":                "kprobes/props",
		"format":                 "scenario",
		"scenario":               "tui",
		"scenario/kernelworld":   "scenario/programworld",
		"scenario/programworld":  "scenario",
		"scenario/world":         "scenario/kernelworld",
		"tui/panel":              "scenario",
		"cmd/trapline":           "rigs/silicon/native",
		"a/package/nobody/knows": "x86",
	} {
		require.NotEmpty(t, wrongImport(pkg, imported), "%s -> %s", pkg, imported)
	}
	require.Empty(t, wrongImport("rigs/soak", "tui"), "a rig imports what it compares")
}
