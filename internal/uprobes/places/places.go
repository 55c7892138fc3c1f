// Package places finds where a program can be probed: what PATH:SYMBOL stands for, and in a program without symbols the
// entries of its functions, the instructions of one, and which functions a return probe would change.
package places

import (
	"maps"
	"slices"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
)

// Program is a program's code as a linear sweep of its executable segments reads it. It does not change.
type Program struct {
	image   *loader.Image
	mode    insn.Mode
	starts  map[uint64]bool // where the sweep saw an instruction begin
	entries []uint64
	symbols []uint64 // where the symbol table says that a function begins, in order
}

// Range is a range of linear addresses.
type Range struct{ From, To uint64 }

// Read sweeps the code of an image: the given ranges of it, or without any its executable segments. A function's entry is the target of a direct call that lies on an instruction
// and begins a body that can be decoded to its end: code that is only called through a pointer is not found.
func Read(image *loader.Image, code ...Range) *Program {
	p := &Program{image: image, mode: insn.ModeOf(image.Arch), starts: map[uint64]bool{}}
	for s := range image.Symbols.All() {
		if s.Kind.IsCode() {
			p.symbols = append(p.symbols, s.Addr)
		}
	}
	slices.Sort(p.symbols)
	targets := map[uint64]bool{}
	for i := range image.Segments {
		s := &image.Segments[i]
		if s.Prot&loader.ProtX == 0 {
			continue
		}
		end := s.Addr + uint64(len(s.Data))
		if len(code) == 0 {
			p.sweep(s, Range{s.Addr, end}, targets)
		}
		for _, r := range code {
			if r.From >= s.Addr && r.From < end {
				p.sweep(s, Range{r.From, min(r.To, end)}, targets)
			}
		}
	}
	p.entries = slices.DeleteFunc(slices.Sorted(maps.Keys(targets)), func(a uint64) bool { return !p.starts[a] })
	p.entries = slices.DeleteFunc(slices.Clone(p.entries), func(a uint64) bool { return p.Body(a) == nil })
	return p
}

// sweep decodes a range of a segment from end to end, going on behind a byte that begins no instruction and anew where a
// function's symbol is.
func (p *Program) sweep(s *loader.Segment, r Range, targets map[uint64]bool) {
	next, _ := slices.BinarySearch(p.symbols, r.From)
	for at, end := int(r.From-s.Addr), int(r.To-s.Addr); at < end; {
		pc := s.Addr + uint64(at)
		for next < len(p.symbols) && p.symbols[next] <= pc {
			next++
		}
		in, err := insn.Decode(s.Data[at:min(end, at+insn.MaxLen)], p.mode)
		if err != nil {
			at++
			continue
		}
		if next < len(p.symbols) && p.symbols[next] < pc+uint64(in.Len) { // what precedes a function is no code
			at = int(p.symbols[next] - s.Addr)
			continue
		}
		p.starts[pc] = true
		if in.Attr().Has(insn.CallRel) {
			if target, ok := in.BranchTarget(pc); ok {
				targets[target] = true
			}
		}
		at += in.Len
	}
}

// Entries are the functions' first instructions: linear addresses, in order.
func (p *Program) Entries() []uint64 { return slices.Clone(p.entries) }

// maxBody bounds a body, in instructions.
const maxBody = 1 << 16

// leaves are the instructions behind which a function does not go on.
const leaves = insn.JmpRel | insn.JmpInd | insn.JmpFar | insn.RetNear | insn.RetFar | insn.Iret | insn.Undefined | insn.Hlt

// Body lists the instructions of the function at entry: linear addresses, from the entry to the last place that its
// own branches reach or fall through to, ahead of the next function. nil if some of it cannot be decoded.
func (p *Program) Body(entry uint64) []uint64 {
	body, reach := []uint64(nil), entry
	limit := p.nextEntry(entry)
	for pc := entry; pc < limit; {
		in, ok := p.at(pc)
		if !ok || len(body) == maxBody {
			return nil
		}
		body = append(body, pc)
		if target, ok := in.BranchTarget(pc); ok && in.Attr().Has(insn.RelBranch) && target < limit {
			reach = max(reach, target)
		}
		pc = in.Next(pc)
		if in.Attr().Has(leaves) && pc > reach {
			break
		}
	}
	return body
}

// nextEntry is the function behind the one at entry; the last address if there is none.
func (p *Program) nextEntry(entry uint64) uint64 {
	i, found := slices.BinarySearch(p.entries, entry)
	if found {
		i++
	}
	if i < len(p.entries) {
		return p.entries[i]
	}
	return ^uint64(0)
}

func (p *Program) at(pc uint64) (insn.Inst, bool) {
	s := p.image.SegmentAt(pc)
	if s == nil || s.Prot&loader.ProtX == 0 || pc-s.Addr >= uint64(len(s.Data)) {
		return insn.Inst{}, false
	}
	code := s.Data[pc-s.Addr:]
	in, err := insn.Decode(code[:min(len(code), insn.MaxLen)], p.mode)
	return in, err == nil
}

// Splits reports whether addr is inside an instruction when code is read from the instruction at from on. With from
// equal to addr the sweep tells.
func (p *Program) Splits(from, addr uint64) bool {
	if from >= addr {
		return len(p.starts) > 0 && !p.starts[addr] && p.within(addr)
	}
	for pc := from; pc <= addr; {
		if pc == addr {
			return false
		}
		in, ok := p.at(pc)
		if !ok {
			return false
		}
		pc = in.Next(pc)
	}
	return true
}

// within reports whether addr is in an executable segment's part of the file.
func (p *Program) within(addr uint64) bool {
	_, ok := p.image.OffsetOfAddr(addr)
	s := p.image.SegmentAt(addr)
	return ok && s.Prot&loader.ProtX != 0
}
