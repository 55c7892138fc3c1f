// Package places finds where a program can be probed: what PATH:SYMBOL stands for, and in a program without symbols the
// entries of its functions, the instructions of one, and which functions a return probe would change.
package places

import (
	"maps"
	"slices"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/emu/loader"
)

// Program is a program's code as a linear sweep of its executable segments reads it. It does not change.
type Program struct {
	image   *loader.Image
	mode    insn.Mode
	starts  map[uint64]bool // where the sweep saw an instruction begin
	entries []uint64
}

// Read sweeps the code of an image. A function's entry is the target of a direct call that lies on an instruction
// and begins a body that can be decoded to its end: code that is only called through a pointer is not found.
func Read(image *loader.Image) *Program {
	p := &Program{image: image, mode: emu.Arch(image.Arch).Mode(), starts: map[uint64]bool{}}
	targets := map[uint64]bool{}
	for i := range image.Segments {
		if s := &image.Segments[i]; s.Prot&loader.ProtX != 0 {
			p.sweep(s, targets)
		}
	}
	p.entries = slices.DeleteFunc(slices.Sorted(maps.Keys(targets)), func(a uint64) bool { return !p.starts[a] })
	p.entries = slices.DeleteFunc(slices.Clone(p.entries), func(a uint64) bool { return p.Body(a) == nil })
	return p
}

// sweep decodes a segment from end to end, going on behind a byte that begins no instruction.
func (p *Program) sweep(s *loader.Segment, targets map[uint64]bool) {
	for at := 0; at < len(s.Data); {
		in, err := insn.Decode(s.Data[at:min(len(s.Data), at+insn.MaxLen)], p.mode)
		if err != nil {
			at++
			continue
		}
		pc := s.Addr + uint64(at)
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
