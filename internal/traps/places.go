package traps

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// SourceLine is a line of kernel text's C source.
type SourceLine struct {
	Func string
	File string
	Line int    // in File
	Code string // the statement, without its comment
}

// LineAt finds the line of C that the instruction at a linear address is of.
func (k *Kernel) LineAt(addr uint64) (SourceLine, bool) {
	line, ok := k.image.Lines.LineAt(addr)
	if !ok || line > len(k.source) {
		return SourceLine{}, false
	}
	file, n := k.image.FileLine(line)
	if !strings.HasSuffix(file, ".c") {
		return SourceLine{}, false
	}
	f, _, _ := k.image.Symbols.At(addr)
	code, _, _ := strings.Cut(k.source[line-1], "/*")
	return SourceLine{Func: f.Name, File: file, Line: n, Code: strings.TrimSpace(code)}, true
}

// SourceFile is the source of a file of the text, by lines; nil: it is not to be
// seen.
func (k *Kernel) SourceFile(name string) []string {
	for i, f := range k.image.Files {
		if f.Name != name {
			continue
		}
		end := len(k.source)
		if i+1 < len(k.image.Files) {
			end = min(end, k.image.Files[i+1].Line-1)
		}
		return k.source[min(f.Line-1, end):end]
	}
	return nil
}

// InOneLine reports whether two instructions of kernel text are of one line of
// C, with nothing but that line between them.
func (k *Kernel) InOneLine(a, b uint64) bool {
	n := uint64(len(k.pieces))
	a, b = a-k.image.Segments[0].Addr, b-k.image.Segments[0].Addr
	return a < n && b < n && k.pieces[a] != 0 && k.pieces[a] == k.pieces[b]
}

// Pieces numbers what the lines of C were compiled to: for each byte of an
// image's first segment its range in the table of lines, from 1 on, or 0 if it
// is not of C.
func Pieces(img *loader.Image) []uint32 {
	base := img.Segments[0].Addr
	list := make([]uint32, img.Segments[0].MemSize)
	n := uint32(0)
	for r := range img.Lines.All() {
		if file, _ := img.FileLine(r.Line); !strings.HasSuffix(file, ".c") {
			continue
		}
		n++
		for at := r.Addr; at < r.Addr+r.Size; at++ {
			list[at-base] = n
		}
	}
	return list
}

// Place is a line of kernel text in C that has a comment for its readers, at
// the instruction that does what the line is for.
type Place struct {
	SourceLine
	Row  string // of the semantics checklist, or ""
	Name string // what the engine knows the line by, or ""
	Why  string // one sentence, or ""
	Addr uint64 // of the instruction
	Call bool   // which is a call: its arguments are in place
}

// comment is the end of a line of C that is read: /* ROW @NAME: WORDS */, of
// which ROW and WORDS, or NAME, may be missing.
var comment = regexp.MustCompile(`^(.*\S)\s*/\*\s*(?:([A-Z]\d+)(?:\s+@(\w+))?:\s*(.*?)|@(\w+))\s*\*/$`)

// ReadPlaces finds the lines of an image's source that say something:
//
//	STATEMENT /* ROW @NAME: WORDS */
//	STATEMENT /* ROW: WORDS */
//	STATEMENT /* @NAME */
//
// Each stands for one instruction, of those that the line was compiled to: its
// last call, else the last access to memory that is not named by the frame's
// registers, else the first one.
func ReadPlaces(img *loader.Image, source []string) ([]Place, error) {
	var list []Place
	for i, text := range source {
		m := comment.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil {
			continue
		}
		file, n := img.FileLine(i + 1)
		p := Place{SourceLine: SourceLine{File: file, Line: n, Code: m[1]}, Row: m[2], Name: m[3] + m[5], Why: m[4]}
		if !strings.HasSuffix(file, ".c") {
			continue
		}
		if err := p.find(img, i+1); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		list = append(list, p)
	}
	return list, nil
}

// find sets the instruction that the line of the whole source stands for.
func (p *Place) find(img *loader.Image, line int) error {
	mode := insn.Mode32
	if img.Arch == x86.AMD64 {
		mode = insn.Mode64
	}
	var first, access, call uint64
	for r := range img.Lines.All() {
		if r.Line != line {
			continue
		}
		seg := img.SegmentAt(r.Addr)
		for at := r.Addr; at < r.Addr+r.Size; {
			in, err := insn.Decode(seg.Data[at-seg.Addr:], mode)
			if err != nil {
				return fmt.Errorf("instruction at %#x: %w", at, err)
			}
			if first == 0 {
				first = at
			}
			if in.Attr().Has(insn.Call) {
				call = at
			}
			if in.Attr().Has(insn.Memory) && !OfFrame(&in) {
				access = at
			}
			at += uint64(in.Len)
		}
	}
	switch {
	case call != 0:
		p.Addr, p.Call = call, true
	case access != 0:
		p.Addr = access
	case first != 0:
		p.Addr = first
	default:
		return fmt.Errorf("the line says something but was compiled to no instruction")
	}
	f, _, _ := img.Symbols.At(p.Addr)
	p.Func = f.Name
	return nil
}

// OfFrame reports whether the memory operand is addressed by the frame's or
// the stack's pointer, or by gs, where a CPU's own words are.
func OfFrame(in *insn.Inst) bool {
	if in.Seg == insn.SegGS {
		return true
	}
	if !in.HasMemory() {
		return false // a moffs
	}
	base := in.RM()
	if in.HasSIB {
		if base = int(in.SIB & 7); base == 5 && in.Mod() == 0 {
			return false
		}
	} else if base == 5 && in.Mod() == 0 {
		return false
	}
	return (base == 4 || base == 5) && in.REX&insn.RexB == 0
}

// Seen is what a line of kernel text in C means beside what its instruction, or
// the micro-step of its name, does: it counts, and says so in the event's typed
// data. That has run.
type Seen func(x *Exec)

// CEngine is an Engine whose text is C.
type CEngine interface {
	Engine
	// Seen are the meanings of lines by their names; other names are names only.
	Seen() map[string]Seen
	// Asks is the name of the lines that only ask whether a word holds this
	// vCPU's number (see emu.Micro.Asks), or "".
	Asks() string
}

// followPlaces makes the machine tell of the text's places.
func (k *Kernel) followPlaces() {
	if len(k.places) == 0 {
		return
	}
	seen := map[string]Seen{"force_sig": seenSignal}
	if e, ok := k.engine.(CEngine); ok {
		maps.Copy(seen, e.Seen())
		k.asks = e.Asks()
	}
	k.seen = make([]Seen, len(k.places))
	base := k.image.Segments[0].Addr
	at := make([]uint16, k.image.Segments[0].MemSize)
	for i, p := range k.places {
		k.seen[i] = seen[p.Name]
		if at[p.Addr-base] = uint16(i + 1); k.seen[i] != nil {
			at[p.Addr-base] |= emu.FollowedCounts
		}
	}
	k.M.Follow(emu.Followed{Base: base, At: at, Passed: k.passed})
}

// passed notes in the event of an instruction what its line means.
func (k *Kernel) passed(c *emu.CPU, known uint16) {
	p := &k.places[known-1]
	ev := k.M.Event()
	micro := ev.Mean()
	micro.Name, micro.In, micro.ID, micro.Why = p.Name, p.Func, p.Row, p.Why
	micro.File, micro.Line, micro.Code, micro.Reads = p.File, p.Line, p.Code, len(ev.Reads)
	if p.Name != "" && p.Name == k.asks && len(ev.Reads) > 0 {
		micro.Asks = ev.Reads[len(ev.Reads)-1].Addr
	}
	if seen := k.seen[known-1]; seen != nil {
		k.exec = Exec{K: k, M: k.M.Door(), C: c, Micro: micro, Place: p}
		seen(&k.exec)
	}
}

// Written is the last write of the instruction that a place is at.
func (x *Exec) Written() emu.MemWrite {
	w := x.K.M.Event().Writes
	if len(w) == 0 {
		return emu.MemWrite{}
	}
	return w[len(w)-1]
}

// Loaded is the last read of the instruction that a place is at.
func (x *Exec) Loaded() emu.MemRead {
	r := x.K.M.Event().Reads
	if len(r) == 0 {
		return emu.MemRead{}
	}
	return r[len(r)-1]
}

// CallArg is argument n of the call that a place is at. A micro-step's are the probe
// at hand and the saved registers.
func (x *Exec) CallArg(n int) uint64 {
	if x.Place == nil {
		return [...]uint64{x.Probe, x.Regs.Addr}[n]
	}
	if x.M.Arch == x86.AMD64 {
		return x.C.GPR[[...]x86.Reg{x86.RDI, x86.RSI, x86.RDX}[n]]
	}
	v, _ := x.M.PeekWord(x.C.Space, x.M.Arch.Mask(x.C.GPR[x86.RSP]+4*uint64(n+1)), 4)
	return v
}

// Wait is for a place whose locked instruction did not get the lock: the vCPU
// is back at the instruction, where the loop around it leads, and the step is a
// spin. Under single step the loop runs as it is.
func (x *Exec) Wait(lock string) {
	if x.C.RFLAGS&x86.TF != 0 {
		return
	}
	x.K.M.TakeBack(x.C)
	x.Micro.Holds = lock
}
