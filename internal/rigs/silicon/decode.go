package silicon

import (
	"bytes"

	"golang.org/x/arch/x86/x86asm"
)

// Decode decodes the instruction at the start of code. It knows opcode 82, the
// 32-bit alias of 80, which x86asm does not.
func Decode(code []byte, m Mode) (x86asm.Inst, error) {
	const alias, original = 0x82, 0x80
	inst, err := x86asm.Decode(code, int(m))
	if err == nil || m != Mode32 {
		return inst, err
	}
	for i, b := range code {
		switch b {
		case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3: // prefixes
			continue
		case alias:
			code = bytes.Clone(code)
			code[i] = original
			return x86asm.Decode(code, int(m))
		}
		break
	}
	return inst, err
}
