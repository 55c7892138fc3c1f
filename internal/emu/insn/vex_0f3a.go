package insn

// vex0F3A: SDM vol. 2, table A-5, the entries with VEX. Every opcode takes an immediate byte.
var vex0F3A = newMap(
	row{p66, op(0x00, 0x01), vec | immU8 | w1 | l1 | noV, AVX, 0, nil},       // vpermq
	row{p66, op(0x02), vec | immU8 | w0, AVX, 0, nil},                        // vpblendd
	row{p66, op(0x04, 0x05), vec | immU8 | w0 | noV, AVX, 0, nil},            // vpermilps
	row{p66, op(0x06, 0x18, 0x38, 0x46), vec | immU8 | w0 | l1, AVX, 0, nil}, // vperm2f128, vinsertf128
	row{p66, op(0x19, 0x39), vec | immU8 | w0 | l1 | noV, AVX, 0, nil},       // vextractf128
	row{p66, op(0x08, 0x09), vec | immU8 | noV, AVX, 0, nil},                 // vroundps
	row{p66, span(0x0A, 0x0F), vec | immU8, AVX, 0, nil},
	row{p66, span(0x14, 0x17), modrm | notReg | immU8 | l0 | noV, AVX, 0, nil}, // vpextr
	row{p66, op(0x1D), vec | immU8 | w0 | noV, AVX, 0, nil},                    // vcvtps2ph
	row{p66, op(0x20, 0x22), modrm | notReg | immU8 | l0, AVX, 0, nil},         // vpinsr
	row{p66, op(0x21, 0x41), vec | immU8 | l0, AVX, 0, nil},                    // vinsertps, vdppd
	row{p66, span(0x30, 0x33), vec | regOnly | immU8 | l0 | noV, AVX, 0, nil},  // kshift
	row{p66, op(0x40, 0x42, 0x44), vec | immU8, AVX, 0, nil},
	row{p66, op(0x4A, 0x4B, 0x4C), vec | immU8 | w0, AVX, 0, nil},               // vblendv
	row{p66, op(0x60, 0x61), vec | immU8 | l0 | noV, AVX, rAX | rCX | rDX, nil}, // vpcmpestr
	row{p66, op(0x62, 0x63), vec | immU8 | l0 | noV, AVX, rCX, nil},             // vpcmpistr
	row{p66, op(0xCE, 0xCF), vec | immU8 | w1, AVX, 0, nil},                     // vgf2p8affine
	row{p66, op(0xDF), vec | immU8 | l0 | noV, AVX, 0, nil},                     // vaeskeygenassist
	row{pF2, op(0xF0), modrm | immU8 | l0 | noV, 0, 0, nil},                     // rorx
)
