package uprobes

import (
	"errors"

	"trapline/internal/emu/insn"
)

// CodeSize is how many bytes the kernel keeps of a probed place (MAX_UINSN_BYTES): the instruction and what
// follows it in the file, zeros behind the file's end.
const CodeSize = 16

// maxPrefixes is how many different legacy prefixes the kernel's decoder takes; a further one stands for the opcode.
const maxPrefixes = 4

// Bytes that the kernel's decoder reads before the opcode.
const (
	prefixOpSize = 0x66
	prefixLock   = 0xf0
	prefixES     = 0x26
	prefixCS     = 0x2e
	prefixSS     = 0x36
	prefixDS     = 0x3e
)

// encoding is an instruction as the kernel's decoder sees it (insn_decode()), which is not always what the
// processor would make of the bytes: REX before a legacy prefix, and a fifth legacy prefix, are taken for opcodes.
type encoding struct {
	insn.Inst
	prefixes []byte // the legacy prefixes, each once
	rexOff   int    // -1: no REX
	first    byte   // the first opcode byte; of VEX and EVEX the only one
	second   byte   // of a two- or three-byte opcode
	opcodes  int    // how many opcode bytes
	digit    byte   // ModRM.reg, if there is a ModRM
	// lastPrefix is what selects among an opcode's meanings: the last legacy prefix, as VEX.pp; 0 if it is no such.
	lastPrefix byte
	// vector is the VEX or EVEX prefix; a two-byte one gets its vvvv as a third byte.
	vector []byte
}

// decode reads code; false where the kernel gives ENOEXEC.
func decode(code []byte, m insn.Mode) (encoding, bool) {
	e := encoding{rexOff: -1}
	at := e.readPrefixes(code)
	if m.Is64() && code[at]&0xf0 == 0x40 {
		e.rexOff = at
		at++
	}
	if isLegacyPrefix(code[at]) || m.Is64() && e.rexOff >= 0 && code[at]&0xf0 == 0x40 {
		e.first, e.opcodes, e.Len = code[at], 1, at+1
		return e, true
	}
	in, err := insn.Decode(code, m)
	e.Inst = in
	if errors.Is(err, insn.ErrTooLong) || errors.Is(err, insn.ErrTruncated) {
		return e, false
	}
	e.readOpcode(code)
	return e, e.known(m)
}

func (e *encoding) readPrefixes(code []byte) int {
	for at, b := range code {
		if !isLegacyPrefix(b) {
			return at
		}
		e.lastPrefix = map[byte]byte{prefixOpSize: 1, 0xf3: 2, 0xf2: 3}[b]
		if !e.hasPrefix(b) {
			if len(e.prefixes) == maxPrefixes {
				return at
			}
			e.prefixes = append(e.prefixes, b)
		}
	}
	return len(code) - 1
}

func isLegacyPrefix(b byte) bool {
	switch b {
	case prefixES, prefixCS, prefixSS, prefixDS, 0x64, 0x65, prefixOpSize, 0x67, prefixLock, 0xf2, 0xf3:
		return true
	}
	return false
}

func (e *encoding) hasPrefix(b byte) bool {
	for _, p := range e.prefixes {
		if p == b {
			return true
		}
	}
	return false
}

func (e *encoding) readOpcode(code []byte) {
	e.first, e.opcodes, e.digit = e.Opcode, 1, byte(e.Digit())
	if v := e.Vex; v.Kind != insn.VexNone {
		e.digit = code[e.OpcodeOff+1] >> 3 & 7
		e.vector = append([]byte(nil), code[v.Off:e.OpcodeOff]...)
		if v.Kind == insn.Vex2 {
			e.vector = append(e.vector, e.vector[1]&0x7f)
		}
		return
	}
	if e.Map != insn.OneByte {
		e.first, e.second, e.opcodes = 0x0f, e.Opcode, 2
		if e.Map != insn.Map0F {
			e.second, e.opcodes = code[e.OpcodeOff-1], 3
		}
	}
	if set := withoutOperands[row{e.Map, e.lastPrefix}]; set.has(e.Opcode) {
		e.HasModRM = false
	}
}

// known tells whether the kernel's decoder knows the opcode. Undefined ones without VEX or EVEX it takes for
// instructions without operands.
func (e *encoding) known(m insn.Mode) bool {
	switch e.Vex.Kind {
	case insn.Vex2, insn.Vex3:
		return e.inRow(vexOpcodes, e.Vex.PP)
	case insn.Evex:
		return e.inRow(evexOpcodes, e.Vex.PP)
	}
	if m.Is64() && (e.first == 0x9a || e.first == 0xea) {
		return e.REX&insn.RexW == 0 // a far pointer has no 64-bit form
	}
	set := vectorOnly[row{e.Map, e.lastPrefix}]
	return !set.has(e.Opcode)
}

func (e *encoding) inRow(rows map[row]opcodeSet, pp byte) bool {
	set := rows[row{e.Map, pp}]
	digits, group := vectorGroups[vectorGroup{e.Map, e.Opcode}]
	return set.has(e.Opcode) && (!group || digits>>e.digit&1 != 0)
}
