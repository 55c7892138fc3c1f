package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mayImport says which packages of the project each package may import.
// "x/..." is x and what is below it, but for rigs, which are named one by one.
// The order is from the bottom: a line names only packages above it.
var mayImport = []struct{ pkg, imports string }{
	// The bottom: these know nothing of each other.
	{"docs", ""},
	{"idt", ""},
	{"emu/insn", "idt"},
	{"emu/regs", ""},
	{"emu/softfloat", ""},
	{"emu/linux/abi", ""},
	{"emu/loader", "idt"},
	{"emu/memento", ""},
	{"emu/nearest", ""},
	{"emu/printable", ""},
	{"emu/sched", ""},
	{"scenarios/atomicfile", ""},
	{"scenarios/expr", ""},
	{"kprobes/events", "idt"},
	{"kprobes/engines", ""},

	{"emu/loader/vmlinux", "emu/loader idt"},
	{"emu/asm", "emu/loader idt"},
	{"emu/interp", "emu/insn emu/regs emu/softfloat"},
	{"emu/unicorn", "emu/regs"},
	{"emu", "emu/insn emu/interp emu/regs emu/unicorn idt"},
	{"emu/explore", "emu emu/sched"},
	{"emu/record", "emu emu/sched"},
	{"emu/linux", "emu emu/insn emu/linux/abi emu/loader emu/memento emu/regs idt"},

	{"traps", "emu emu/insn emu/loader emu/regs idt"},

	{"kprobes/events/fetch", "idt kprobes/events"},
	{"kprobes/glob", ""},
	{"kprobes/events/filter", "kprobes/events kprobes/glob"},
	{"kprobes/events/tracefs", "idt kprobes/events kprobes/events/fetch"},
	{"kprobes/events/tracearray", "kprobes/events kprobes/events/fetch kprobes/events/filter kprobes/events/tracefs"},
	{"kprobes", "emu emu/insn emu/linux/abi emu/loader emu/memento emu/regs kprobes/engines traps idt"},
	{"kprobes/props", "idt emu emu/explore emu/linux kprobes kprobes/engines traps"},
	{"kprobes/trace", "emu emu/insn emu/linux/abi emu/loader kprobes kprobes/events/... traps"},
	{"kprobes/kcall", "emu emu/insn emu/loader/... kprobes kprobes/events/... kprobes/trace traps"},
	{"kprobes/uprobes", "idt emu emu/insn emu/linux emu/linux/abi emu/memento emu/regs kprobes/engines kprobes/events"},
	{"kprobes/uprobes/names", ""},
	{"kprobes/uprobes/source", ""},
	{"kprobes/uprobes/places", "emu emu/insn emu/loader emu/nearest kprobes/glob kprobes/uprobes/names kprobes/uprobes/source"},
	{"kprobes/uprobes/audit", "emu emu/insn emu/loader kprobes/events kprobes/uprobes kprobes/uprobes/places"},
	{"kprobes/uprobes/trial", "emu/linux emu/linux/abi kprobes/uprobes"},
	{"kprobes/uprobes/tracer", "emu emu/linux emu/linux/abi emu/memento kprobes/events/... kprobes/uprobes"},

	{"scenarios/format", "emu/nearest emu/sched kprobes/engines scenarios/expr"},
	{"scenarios/story", "emu emu/insn emu/loader emu/regs idt traps"},
	{"scenarios/picture", ""},
	{"scenarios", "docs idt emu/... traps kprobes/... scenarios/atomicfile scenarios/expr scenarios/format scenarios/picture scenarios/story"},
	{"scenarios/litmus", "idt emu emu/explore emu/loader emu/sched kprobes/engines scenarios scenarios/expr scenarios/format"},
	{"scenarios/sweep", "emu emu/explore emu/sched scenarios"},
	{"scenarios/attempt", "emu emu/explore emu/sched scenarios scenarios/expr scenarios/format"},
	{"scenarios/sweep/queue", "emu/explore scenarios scenarios/format scenarios/sweep"},

	{"tui/text", "emu/printable"},
	{"tui/walk", "idt emu/... traps kprobes/... scenarios scenarios/format scenarios/story"},
	{"tui/figure", "emu/record tui/walk"},
	{"tui/panel", "idt docs emu/record kprobes/engines tui/figure tui/text tui/walk"},
	{"tui/session", "docs emu emu/insn emu/record scenarios tui/walk"},
	{"tui/quiz", "scenarios/story"},
	{"tui", "docs emu emu/printable emu/record scenarios scenarios/story tui/panel tui/quiz tui/session tui/text tui/walk"},
	{"tui/course", "docs emu/explore emu/linux/abi scenarios scenarios/attempt scenarios/expr scenarios/format tui/quiz"},
	// The page in the browser: web is its files, web/live what is behind it.
	{"web", ""},
	{"web/live", "docs emu emu/explore emu/record emu/sched kprobes/engines scenarios scenarios/format tui/course tui/figure tui/quiz tui/session tui/walk"},
	{"web/machine", "web/live"},
	{"web/site", "web"},
	{"tui/export", "emu emu/printable emu/record scenarios/story tui tui/figure tui/panel tui/text tui/walk web web/live"},

	{"cmd/trapline", "docs idt emu/... traps kprobes/... scenarios/... tui/..."},
}

// rigs compare the machine with silicon, probed runs with unprobed ones, engines
// with the text that they are modelled on, and searches with each other. Tests and other rigs import them; they may import
// everything.
var rigs = []string{
	"emu/silicon", "emu/fuzz", "emu/explore/crewtest", "emu/linux/linuxtest", "emu/memento/mementotest", "emu/record/recordtest", "emu/unicorn/needs", "kprobes/judge", "kprobes/transparent",
	"scenarios/fuzzsearch", "scenarios/hashes", "soak",
}

func isRig(pkg string) bool {
	return slices.ContainsFunc(rigs, func(r string) bool { return pkg == r || strings.HasPrefix(pkg, r+"/") })
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
		pkg := strings.TrimPrefix(p.ImportPath, module+"/")
		real[pkg] = true
		for _, i := range p.Imports {
			if imported, ours := strings.CutPrefix(i, module+"/"); ours {
				assert.Empty(t, wrongImport(pkg, imported))
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
	for _, r := range rigs {
		assert.NotEmpty(t, goList(t, "./"+r+"/..."), "no rig %s", r)
	}
}

func TestWrongImportsAreFound(t *testing.T) {
	for pkg, imported := range map[string]string{
		"docs":                   "emu",
		"idt":                    "emu/insn",
		"emu/insn":               "emu/regs",
		"emu/interp":             "emu",
		"emu":                    "traps",
		"emu/linux":              "emu/record",
		"traps":                  "kprobes",
		"kprobes":                "scenarios",
		"kprobes/events":         "kprobes",
		"kprobes/uprobes":        "kprobes/props",
		"scenarios/format":       "scenarios",
		"scenarios":              "tui",
		"tui/panel":              "scenarios",
		"cmd/trapline":           "emu/silicon/native",
		"a/package/nobody/knows": "idt",
	} {
		require.NotEmpty(t, wrongImport(pkg, imported), "%s -> %s", pkg, imported)
	}
	require.Empty(t, wrongImport("soak", "tui"), "a rig imports what it compares")
}
