package story

import (
	"fmt"
	"strings"

	"golang.org/x/arch/x86/x86asm"

	"trapline/internal/emu/insn"
)

// Syntax is how instructions are written.
type Syntax uint8

// The two syntaxes.
const (
	ATT Syntax = iota
	Intel
)

// ParseSyntax reads "att" or "intel".
func ParseSyntax(s string) (Syntax, error) {
	switch s {
	case "att":
		return ATT, nil
	case "intel":
		return Intel, nil
	}
	return 0, fmt.Errorf("syntax %q; expected att or intel", s)
}

// Disassemble writes the instruction that code of a mode starts with, at linear address
// pc. Bytes that are known neither to x86asm nor, with VEX, to package insn become
// ".byte".
func (n *Names) Disassemble(mode insn.Mode, code []byte, pc uint64) string {
	if mode.Is64() {
		mode = insn.Mode64AMD
	}
	symbolAt := func(addr uint64) string { return n.symbolAt(mode.Arch().Mask(addr)) }
	if in, err := insn.Decode(code, mode); err == nil { // x86asm takes VEX for LDS and LES
		if text, ok := in.Text(n.Syntax == Intel, pc, symbolAt); ok {
			return text
		}
		if in.Vex.Kind != insn.VexNone {
			return unknown(code[:in.Len])
		}
	}
	in, err := x86asm.Decode(code, mode.Bits())
	if err != nil {
		return unknown(code)
	}
	look := func(addr uint64) (string, uint64) {
		if addr == 0 {
			return "", 0
		}
		name := symbolAt(addr)
		if name == "" {
			return "", 0
		}
		return name, addr
	}
	if n.Syntax == Intel {
		return x86asm.IntelSyntax(in, pc, look)
	}
	return ripRelative(x86asm.GNUSyntax(in, pc, look), &in, pc, look)
}

// symbolAt names an address, or is "".
func (n *Names) symbolAt(addr uint64) string {
	if _, _, ok := n.Symbols.At(addr); !ok {
		return ""
	}
	return n.Symbols.Format(addr)
}

// ripRelative puts back the "(%rip)" that x86asm drops behind a symbol.
func ripRelative(text string, in *x86asm.Inst, pc uint64, look x86asm.SymLookup) string {
	for _, a := range in.Args {
		if m, ok := a.(x86asm.Mem); ok && m.Base == x86asm.RIP {
			if name, _ := look(pc + uint64(in.Len) + uint64(m.Disp)); name != "" && !strings.Contains(text, "%rip") {
				return behindOperand(text, name, "(%rip)")
			}
		}
	}
	return text
}

// behindOperand puts more behind the operand that is name.
func behindOperand(text, name, more string) string {
	at := strings.LastIndexByte(text, ' ') + 1
	list := strings.Split(text[at:], ",")
	for i, o := range list {
		if strings.TrimPrefix(o, "*") == name {
			list[i] += more
			break
		}
	}
	return text[:at] + strings.Join(list, ",")
}

func unknown(code []byte) string {
	if len(code) == 0 {
		return ""
	}
	l := make([]string, len(code))
	for i, b := range code {
		l[i] = fmt.Sprintf("%#02x", b)
	}
	return ".byte " + strings.Join(l, ",")
}

// hexBytes writes bytes as "83 c0 05".
func hexBytes(b []byte) string { return fmt.Sprintf("% x", b) }
