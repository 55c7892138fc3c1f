package loader

import (
	"cmp"
	"iter"
	"slices"
)

// LineRange says that the bytes [Addr, Addr+Size) were made by a source line.
type LineRange struct {
	Addr uint64
	Size uint64 // in bytes
	Line int    // 1 for the first line of the source text
}

// SourceFile is a file of a text that is put together of several. It reaches to
// the next one, or to the text's end.
type SourceFile struct {
	Name string
	Line int // of the whole text, where its first line is
}

// FileLine gives a line of the whole text as a file and its line there; without
// files as it is.
func (m *Image) FileLine(line int) (file string, n int) {
	n = line
	for _, f := range m.Files {
		if f.Line > line {
			break
		}
		file, n = f.Name, line-f.Line+1
	}
	return file, n
}

// LineMap maps addresses to lines of one source text. The zero value is empty.
type LineMap struct {
	ranges []LineRange // by address, not overlapping, touching neighbours differ in line
}

// NewLineMap makes a map of ranges in any order. A range is cut where the next
// one starts, empty ones are dropped, touching ones of one line are joined.
func NewLineMap(list []LineRange) LineMap {
	in := slices.Clone(list)
	slices.SortStableFunc(in, func(a, b LineRange) int { return cmp.Compare(a.Addr, b.Addr) })
	var out []LineRange
	for i, r := range in {
		if i+1 < len(in) {
			r.Size = min(r.Size, in[i+1].Addr-r.Addr)
		}
		if r.Size == 0 || r.Line <= 0 {
			continue
		}
		if n := len(out); n > 0 && out[n-1].Line == r.Line && out[n-1].Addr+out[n-1].Size == r.Addr {
			out[n-1].Size += r.Size
			continue
		}
		out = append(out, r)
	}
	return LineMap{ranges: out}
}

// Len is the number of ranges.
func (m LineMap) Len() int { return len(m.ranges) }

// All yields the ranges in address order.
func (m LineMap) All() iter.Seq[LineRange] { return slices.Values(m.ranges) }

// RangeAt finds the range that holds addr.
func (m LineMap) RangeAt(addr uint64) (LineRange, bool) {
	i, found := slices.BinarySearchFunc(m.ranges, addr, func(r LineRange, addr uint64) int {
		return cmp.Compare(r.Addr, addr)
	})
	if !found {
		i--
	}
	if i < 0 || addr-m.ranges[i].Addr >= m.ranges[i].Size {
		return LineRange{}, false
	}
	return m.ranges[i], true
}

// LineAt is the source line that made the byte at addr.
func (m LineMap) LineAt(addr uint64) (line int, ok bool) {
	r, ok := m.RangeAt(addr)
	return r.Line, ok
}

// AddrOfLine is the lowest address made by a source line; false for a line
// that made no bytes.
func (m LineMap) AddrOfLine(line int) (addr uint64, ok bool) {
	for _, r := range m.ranges {
		if r.Line == line {
			return r.Addr, true
		}
	}
	return 0, false
}
