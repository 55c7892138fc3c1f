package places

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
	"trapline/internal/uprobes/names"
)

// A function may have its code several times: a compiler makes clones of it for some arguments (f.constprop.0, f.isra.0), of a
// constructor one for whole objects and one for parts of others, of a template or generic function one for each type.

// cloneSuffix is what compilers add to the symbol of a clone (gcc's clone_function_name, LLVM's for promoted static functions).
var cloneSuffix = regexp.MustCompile(`(?:\.(?:isra|constprop|part|cold|lto_priv|llvm|localalias)(?:\.\d+)?)+$`)

// pieceSuffix is that of code that is not where the function begins.
var pieceSuffix = regexp.MustCompile(`\.(?:part|cold)(?:\.|$)`)

// original is the symbol of the function that a symbol is a clone of, or the symbol itself.
func original(symbol string) string {
	if at := cloneSuffix.FindStringIndex(symbol); at != nil && at[0] > 0 {
		return symbol[:at[0]]
	}
	return symbol
}

// isPiece tells whether a symbol is that of a part of a function.
func isPiece(symbol string) bool { return pieceSuffix.MatchString(symbol[len(original(symbol)):]) }

// clonesOf lists the clones of a symbol at which a call begins, and its parts.
func (f *File) clonesOf(symbol string) (clones, pieces []loader.Symbol) {
	if f.clones == nil {
		f.clones = map[string][]loader.Symbol{}
		for s := range f.Image.Symbols.All() {
			if of := original(s.Name); of != s.Name && s.Kind == loader.Function {
				f.clones[of] = append(f.clones[of], s)
			}
		}
	}
	for _, s := range f.clones[symbol] {
		if isPiece(s.Name) {
			pieces = append(pieces, s)
		} else {
			clones = append(clones, s)
		}
	}
	return clones, pieces
}

// functionsOf lists the functions that a name stands for, each with its code wherever it is, in order of addresses.
func (f *File) functionsOf(name string, loosely bool) ([][]loader.Symbol, names.Closeness) {
	l, closeness := f.named(name, loosely)
	if original(name) == name && !strings.Contains(name, "[clone ") {
		if len(l) == 0 {
			if l, _ = f.clonesOf(name); len(l) > 0 {
				closeness = names.Exact
			}
		}
		for _, s := range slices.Clone(l) {
			if s.Kind == loader.Function {
				more, _ := f.clonesOf(original(s.Name))
				l = append(l, more...)
			}
		}
	}
	var groups [][]loader.Symbol
	of := map[string]int{}
	for _, s := range distinct(l) {
		key := f.identity(s, closeness)
		i, known := of[key]
		if known && slices.ContainsFunc(groups[i], func(o loader.Symbol) bool { return o.Name == s.Name }) {
			known = false // static functions of several files
		}
		if !known {
			i = len(groups)
			of[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], s)
	}
	for i, g := range groups {
		groups[i] = f.withoutCallers(g)
		slices.SortFunc(groups[i], func(a, b loader.Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	}
	return groups, closeness
}

// identity is what the symbols of one function have in common.
func (f *File) identity(s loader.Symbol, c names.Closeness) string {
	if n, ok := f.source(original(s.Name)); ok {
		return n.Identity(c)
	}
	return original(s.Name)
}

// withoutCallers leaves out what calls the others for the same object: a destructor that also frees it calls the one that does not.
func (f *File) withoutCallers(group []loader.Symbol) []loader.Symbol {
	if len(group) < 2 {
		return group
	}
	return slices.DeleteFunc(slices.Clone(group), func(s loader.Symbol) bool {
		return strings.HasPrefix(s.Name, "_Z") && slices.ContainsFunc(f.branchesOf(s), func(target uint64) bool {
			return slices.ContainsFunc(group, func(o loader.Symbol) bool { return o.Addr == target && original(o.Name) != original(s.Name) })
		})
	})
}

// branchesOf are the targets of a function's direct calls and jumps: linear addresses.
func (f *File) branchesOf(s loader.Symbol) (l []uint64) {
	f.eachInstruction(s, func(pc uint64, in insn.Inst) {
		if target, ok := in.BranchTarget(pc); ok && in.Attr().Has(insn.RelBranch|insn.CallRel) {
			l = append(l, f.through(target))
		}
	})
	return l
}

// eachInstruction decodes the code that a symbol says it has, up to what cannot be decoded.
func (f *File) eachInstruction(s loader.Symbol, do func(pc uint64, in insn.Inst)) {
	segment := f.Image.SegmentAt(s.Addr)
	if segment == nil {
		return
	}
	mode := insn.ModeOf(f.Image.Arch)
	code := segment.Data[min(s.Addr-segment.Addr, uint64(len(segment.Data))):]
	code = code[:min(uint64(len(code)), s.Size)]
	for at := 0; at < len(code); {
		in, err := insn.Decode(code[at:min(len(code), at+insn.MaxLen)], mode)
		if err != nil {
			return
		}
		do(s.Addr+uint64(at), in)
		at += in.Len
	}
}

// several says what a name stands for that has its code in several places, and which part of it is entered by others.
func (f *File) several(name string, functions []loader.Symbol) string {
	var l []string
	if len(functions) > 1 {
		for _, s := range functions {
			l = append(l, sourceName(s.Name, false))
		}
		l = []string{fmt.Sprintf("%s stands for %d places, each of which has a probe: %s", name, len(functions), someOf(slices.Compact(l)))}
	}
	for _, s := range functions {
		if _, pieces := f.clonesOf(original(s.Name)); len(pieces) > 0 && s.Name == original(s.Name) {
			for _, p := range pieces {
				if strings.Contains(p.Name, ".part") {
					l = append(l, fmt.Sprintf("calls that enter it at %s, behind its inlined beginning, are not seen", p.Name))
				}
			}
		}
	}
	return strings.Join(l, "; ")
}

// maxCandidates bounds the functions that a message lists.
const maxCandidates = 16

func someOf(l []string) string {
	if len(l) > maxCandidates {
		l = append(slices.Clone(l[:maxCandidates]), fmt.Sprintf("and %d more", len(l)-maxCandidates))
	}
	return strings.Join(l, ", ")
}

// ambiguous is the error of a name that several functions have.
func (f *File) ambiguous(path, name string, groups [][]loader.Symbol) error {
	readable, full := map[string]int{}, map[string]int{}
	for _, g := range groups {
		readable[sourceName(g[0].Name, false)]++
		full[f.full(g[0].Name)]++
	}
	var l []string
	same := false
	for _, g := range groups {
		text := sourceName(g[0].Name, false)
		if readable[text] > 1 { // std::string is that of either ABI of the library
			text = f.full(g[0].Name)
		}
		if full[text] > 1 || text == name { // no name tells it from the others
			same = true
			offset, _ := f.Image.OffsetOfAddr(g[0].Addr)
			if text = fmt.Sprintf("%#x", offset); f.declaration(g[0].Addr) != "" {
				text += " (" + f.declaration(g[0].Addr) + ")"
			}
		}
		l = append(l, text)
	}
	expected := "expected one of them"
	if pattern := f.patternOf(name, groups); pattern != "" {
		expected += ", or a pattern for all, as " + pattern
	}
	if same {
		expected = "expected the file offset of one"
	}
	return fmt.Errorf("%s has %d functions named %s: %s; %s", path, len(groups), name, someOf(l), expected)
}

// full is a symbol's name as the demangler writes it.
func (f *File) full(symbol string) string {
	if n, ok := f.source(symbol); ok {
		return n.Full
	}
	return symbol
}

// patternOf is a pattern that matches functions that have a name in common, and no more than is needed for that; "" if none of
// the usual ones does.
func (f *File) patternOf(name string, groups [][]loader.Symbol) string {
	name = bareOf(name)
	for _, pattern := range []string{name + "*", "*::" + name, "*." + name, "*::" + name + "*", "*" + name + "*"} {
		all, _ := f.matching(pattern)
		if !slices.ContainsFunc(groups, func(g []loader.Symbol) bool {
			return !slices.ContainsFunc(g, func(s loader.Symbol) bool {
				return slices.ContainsFunc(all, func(o loader.Symbol) bool { return o.Addr == s.Addr })
			})
		}) && len(all) <= maxMatches {
			return pattern
		}
	}
	return ""
}

// bareOf is a name without parameters.
func bareOf(name string) string {
	if i := strings.LastIndexByte(name, '('); i > 0 && !strings.HasSuffix(name[:i], "operator") {
		return name[:i]
	}
	return name
}
