package litmus

import (
	"fmt"
	"slices"
	"strings"

	"trapline/internal/engines"
	"trapline/internal/expr"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// Where a test's code and locations lie: each location in a page of its own.
const (
	codeBase     = 0xffffffff80500000
	locationBase = 0xffffffff80600000
	pageSize     = 4096

	// Of tests with INT3: an IDT of their own, whose handler returns at once.
	idtrBase = 0xffffffff80700000
	idtBase  = idtrBase + pageSize
	idtrName = "int3_idtr"
	idtName  = "int3_idt"
	handler  = "int3_returns"
)

// Scenario is the text of the scenario that runs t. Its check is violated where
// exists is shown, or ~exists or forall is refuted.
func (t *Test) Scenario(name string) ([]byte, error) {
	image, source, handlerAt := t.image()
	listing, err := loader.WriteListing(image, source+t.regionNames())
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s %s\n\n-- machine --\narch x86_64\ncpus %d\nengine %s\nbase %#x\n",
		t.Name, t.Condition.Quantifier, t.Condition.Formula, len(t.Threads), engines.Without().Name, uint64(codeBase))
	b.WriteString("-- memory --\n")
	for i, l := range t.Locations {
		fmt.Fprintf(&b, "%s at %#x size %d prot rw--\n\tu32 %#x\n", l, locationAddr(i), pageSize, uint32(t.Initial[l]))
	}
	if handlerAt != 0 {
		b.WriteString(idtRegions(handlerAt))
	}
	fmt.Fprintf(&b, "-- text.S --\n%s-- text.lst --\n%s-- tasks --\n", source, listing)
	for i := range t.Threads {
		fmt.Fprintf(&b, "cpu %d at P%d\n", i, i)
	}
	b.WriteString("-- check --\n" + t.check())
	return []byte(b.String()), nil
}

// check is the condition as a line of a check, if it is short enough.
func (t *Test) check() string {
	name, x := "never-so", "!("+t.Condition.Formula.expression()+")"
	if t.Condition.Quantifier == Forall {
		name, x = "always-so", t.Condition.Formula.expression()
	}
	if len(x) > expr.MaxLength {
		return ""
	}
	return "finally " + name + ": " + x + "\n"
}

func locationAddr(i int) uint64 { return locationBase + uint64(i)*pageSize }

// regionNames is what a scenario adds to its source: the regions' names.
func (t *Test) regionNames() string {
	var b strings.Builder
	for i, l := range t.Locations {
		fmt.Fprintf(&b, "\t.set %s, %#x\n", l, locationAddr(i))
	}
	if t.anyTraps() {
		fmt.Fprintf(&b, "\t.set %s, %#x\n\t.set %s, %#x\n", idtrName, uint64(idtrBase), idtName, uint64(idtBase))
	}
	return b.String()
}

// traps reports whether a thread has an INT3.
func (t *Test) traps(thread int) bool {
	return slices.ContainsFunc(t.Threads[thread], func(in Instruction) bool { return in.Op == "int3" })
}

func (t *Test) anyTraps() bool {
	for n := range t.Threads {
		if t.traps(n) {
			return true
		}
	}
	return false
}

// idtRegions are an IDT with a gate for INT3 alone, an interrupt gate (SDM vol. 3,
// 6.14.1), and what LIDT loads.
func idtRegions(handler uint64) string {
	const selector, gate, vectors = 0x10, 0x8e00, 4
	return fmt.Sprintf("%s at %#x size %d prot rw--\n\tu16 %#x\n\tu64 %#x\n%s at %#x size %d prot rw--\n\tu64 0 0 0 0 0 0\n\tu32 %#x %#x %#x 0\n",
		idtrName, uint64(idtrBase), pageSize, vectors*16-1, uint64(idtBase), idtName, uint64(idtBase), pageSize,
		selector<<16|handler&0xffff, handler&0xffff0000|gate, handler>>32)
}

// image encodes the threads, one behind the other, and writes their source. With
// an INT3, its handler lies behind them; else handlerAt is 0.
func (t *Test) image() (image *loader.Image, text string, handlerAt uint64) {
	addr := func(l string) uint64 {
		for i, x := range t.Locations {
			if x == l {
				return locationAddr(i)
			}
		}
		return 0
	}
	var code []byte
	var symbols []loader.Symbol
	var lines []loader.LineRange
	var source strings.Builder
	line := 1
	for n := range t.Threads {
		e := t.encodeThread(n, addr)
		label := fmt.Sprintf("P%d", n)
		fmt.Fprintf(&source, "\t.globl %s\n%s:\n", label, label)
		line += 2
		at := codeBase + uint64(len(code))
		symbols = append(symbols, loader.Symbol{Name: label, Addr: at, Binding: loader.Global})
		for _, l := range e.lines {
			for name, offset := range e.labels {
				if offset == l.offset {
					fmt.Fprintf(&source, "%s:\n", name)
					line++
				}
			}
			fmt.Fprintf(&source, "\t%s\n", l.text)
			lines = append(lines, loader.LineRange{Addr: at + uint64(l.offset), Size: uint64(len(e.code) - l.offset), Line: line})
			line++
		}
		code = append(code, e.code...)
	}
	if t.anyTraps() {
		handlerAt = codeBase + uint64(len(code))
		fmt.Fprintf(&source, "%s:\n\tiretq\n", handler)
		symbols = append(symbols, loader.Symbol{Name: handler, Addr: handlerAt})
		code = append(code, 0x48, 0xcf)
		lines = append(lines, loader.LineRange{Addr: handlerAt, Size: 2, Line: line + 1})
	}
	image = &loader.Image{
		Arch: x86.AMD64, Entry: codeBase, Symbols: loader.NewSymbols(symbols), Lines: loader.NewLineMap(lines),
		Segments: []loader.Segment{{Addr: codeBase, Data: code, MemSize: uint64(len(code)), Prot: loader.ProtR | loader.ProtX, Offset: pageSize}},
	}
	return image, source.String(), handlerAt
}

// expression reads a place at the end of a run.
func (p Place) expression() string {
	if p.Thread < 0 {
		return "u32[" + p.Location + "]"
	}
	return fmt.Sprintf("(%s@%d & 0xffffffff)", full(p.Reg), p.Thread)
}
