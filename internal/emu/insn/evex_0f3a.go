package insn

// evex0F3A: map 3 with EVEX. Every opcode takes an immediate byte.
var evex0F3A = newMap(
	row{p66, op(0x00, 0x01), vec | immU8 | w1 | l1 | noV, AVX512, 0, nil}, // vpermq
	row{p66, op(0x03, 0x0F, 0x1E, 0x1F, 0x25), vec | immU8, AVX512, 0, nil},
	row{p66, op(0x04, 0x08), vec | immU8 | w0 | noV, AVX512, 0, nil},
	row{p66, op(0x05, 0x09), vec | immU8 | w1 | noV, AVX512, 0, nil},
	row{p66, op(0x0A), vec | immU8 | w0, AVX512, 0, nil},
	row{p66, op(0x0B), vec | immU8 | w1, AVX512, 0, nil},
	row{p66, span(0x14, 0x17), modrm | notReg | immU8 | l0 | noV, AVX512, 0, nil}, // vpextr
	row{p66, op(0x18, 0x23, 0x38, 0x43), vec | immU8 | l1, AVX512, 0, nil},        // vinsertf32x4, vshuff32x4
	row{p66, op(0x19, 0x39), vec | immU8 | l1 | noV, AVX512, 0, nil},              // vextractf32x4
	row{p66, op(0x1A, 0x3A), vec | immU8 | l2, AVX512, 0, nil},                    // vinsertf64x4
	row{p66, op(0x1B, 0x3B), vec | immU8 | l2 | noV, AVX512, 0, nil},              // vextractf64x4
	row{p66, op(0x1D), vec | immU8 | w0 | noV, AVX512, 0, nil},                    // vcvtps2ph
	row{p66, op(0x20, 0x22), modrm | notReg | immU8 | l0, AVX512, 0, nil},         // vpinsr
	row{p66, op(0x21), vec | immU8 | w0 | l0, AVX512, 0, nil},                     // vinsertps
	row{p66, op(0x26, 0x56, 0x66), vec | immU8 | noV, AVX512, 0, nil},             // vgetmant, vreduce, vfpclass
	row{p66, op(0x27, 0x3E, 0x3F, 0x44, 0x50, 0x51, 0x54, 0x55, 0x57), vec | immU8, AVX512, 0, nil},
	row{p66, op(0x42), vec | immU8 | w0, AVX512, 0, nil}, // vdbpsadbw
	row{p66, op(0x67), vec | immU8 | noV, AVX512, 0, nil},
	row{p66, op(0x70, 0x72, 0xCE, 0xCF), vec | immU8 | w1, AVX512, 0, nil},
	row{p66, op(0x71, 0x73), vec | immU8, AVX512, 0, nil},

	// FP16
	row{np, op(0x08, 0x26, 0x56, 0x66, 0x67), vec | immU8 | w0 | noV, AVX512, 0, nil},
	row{np, op(0x0A, 0x27, 0x57), vec | immU8 | w0, AVX512, 0, nil},
	row{np | pF3, op(0xC2), vec | immU8 | w0, AVX512, 0, nil}, // vcmpph
)
