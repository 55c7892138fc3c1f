package asm

import (
	"regexp"
	"slices"
	"strings"

	"trapline/internal/loader"
)

// labelDefinition matches labels where a statement may start, by the first group.
var labelDefinition = regexp.MustCompile(`(?:^|[;:])\s*([A-Za-z_.$][\w.$]*)\s*:`)

// addLabelLines completes the assembler's line map, which has instructions
// only: the bytes from a label on that no instruction of its own starts, such
// as data, belong to the label's line, up to the next label or instruction.
func addLabelLines(lines loader.LineMap, m *loader.Image, text string) loader.LineMap {
	defined := labelLines(text)
	list := slices.Collect(lines.All())
	starts := make(map[uint64]bool, len(list))
	for _, r := range list {
		starts[r.Addr] = true
	}
	for sym := range m.Symbols.All() {
		line := defined[sym.Name]
		segment := m.SegmentAt(sym.Addr)
		if line == 0 || segment == nil || starts[sym.Addr] {
			continue
		}
		end := segment.Addr + uint64(len(segment.Data))
		if sym.Addr >= end {
			continue
		}
		starts[sym.Addr] = true
		if covering, ok := lines.RangeAt(sym.Addr); ok && covering.Line == line {
			continue
		}
		list = append(list, loader.LineRange{Addr: sym.Addr, Size: end - sym.Addr, Line: line})
	}
	return loader.NewLineMap(list)
}

// labelLines finds the line of each label that is written once. One written
// twice, in a macro or under .if, is left out.
func labelLines(text string) map[string]int {
	defined := make(map[string]int)
	for i, line := range strings.Split(blankOut(text), "\n") {
		for at := 0; ; {
			m := labelDefinition.FindStringSubmatchIndex(line[at:])
			if m == nil {
				break
			}
			name := line[at+m[2] : at+m[3]]
			if _, twice := defined[name]; twice {
				defined[name] = 0
			} else {
				defined[name] = i + 1
			}
			at += m[3] // keep the colon: another label may follow it
		}
	}
	return defined
}
