package insn

// evex0F: map 1 with EVEX (SDM vol. 2, chapters 3 to 5: "EVEX.…0F"). W is the element size where a row
// asks for a value; other rows take both.
var evex0F = newMap(
	row{np, op(0x10, 0x11, 0x28, 0x29, 0x2E, 0x2F, 0x51, 0x5A), vec | w0 | noV, AVX512, 0, nil},
	row{p66, op(0x10, 0x11, 0x28, 0x29, 0x2E, 0x2F, 0x51, 0x5A), vec | w1 | noV, AVX512, 0, nil},
	row{np | pF3, op(0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F), vec | w0, AVX512, 0, nil}, // vaddps, vmulps, …
	row{p66 | pF2, op(0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F), vec | w1, AVX512, 0, nil},
	row{pF3, op(0x10, 0x11), vec | w0 | memNoV, AVX512, 0, nil}, // vmovss
	row{pF2, op(0x10, 0x11), vec | w1 | memNoV, AVX512, 0, nil}, // vmovsd
	row{pF3, op(0x51, 0x5A), vec | w0, AVX512, 0, nil},          // vsqrtss, vcvtss2sd
	row{pF2, op(0x51, 0x5A), vec | w1, AVX512, 0, nil},
	row{np, op(0x12, 0x16), vec | w0 | l0, AVX512, 0, nil},            // vmovlps, vmovhps
	row{p66, op(0x12, 0x16), vec | memOnly | w1 | l0, AVX512, 0, nil}, // vmovlpd, vmovhpd
	row{pF3, op(0x12, 0x16), vec | w0 | noV, AVX512, 0, nil},          // vmovsldup, vmovshdup
	row{pF2, op(0x12), vec | w1 | noV, AVX512, 0, nil},                // vmovddup
	row{np, op(0x13, 0x17), vec | memOnly | w0 | l0 | noV, AVX512, 0, nil},
	row{p66, op(0x13, 0x17), vec | memOnly | w1 | l0 | noV, AVX512, 0, nil},
	row{np, op(0x14, 0x15, 0x54, 0x55, 0x56, 0x57), vec | w0, AVX512, 0, nil},
	row{p66, op(0x14, 0x15, 0x54, 0x55, 0x56, 0x57), vec | w1, AVX512, 0, nil},
	row{pF3 | pF2, op(0x2A, 0x7B), modrm | notReg, AVX512, 0, nil}, // vcvtsi2ss, vcvtusi2ss
	row{np, op(0x2B), vec | memOnly | w0 | noV, AVX512, 0, nil},    // vmovntps
	row{p66, op(0x2B), vec | memOnly | w1 | noV, AVX512, 0, nil},
	row{pF3 | pF2, op(0x2C, 0x2D, 0x78, 0x79), modrm | notRM | noV, AVX512, 0, nil}, // vcvttss2si, vcvttss2usi
	row{np, op(0x5B), vec | noV, AVX512, 0, nil},                                    // vcvtdq2ps, vcvtqq2ps
	row{p66 | pF3, op(0x5B), vec | w0 | noV, AVX512, 0, nil},
	row{np | p66, op(0x78, 0x79), vec | noV, AVX512, 0, nil},
	row{p66 | pF3 | pF2, op(0x7A), vec | noV, AVX512, 0, nil},
	row{p66, op(0x7B), vec | noV, AVX512, 0, nil},

	row{p66, op(0x60, 0x61, 0x63, 0x64, 0x65, 0x67, 0x68, 0x69), vec, AVX512, 0, nil},
	row{p66, op(0x62, 0x66, 0x6A, 0x6B, 0x76), vec | w0, AVX512, 0, nil},
	row{p66, op(0x6C, 0x6D), vec | w1, AVX512, 0, nil},
	row{p66, op(0x6E, 0x7E), modrm | notReg | l0 | noV, AVX512, 0, nil}, // vmovd, vmovq
	row{pF3, op(0x7E), vec | w1 | l0 | noV, AVX512, 0, nil},
	row{p66 | pF3 | pF2, op(0x6F, 0x7F), vec | noV, AVX512, 0, nil}, // vmovdqa, vmovdqu
	row{p66, op(0x70), vec | immU8 | w0 | noV, AVX512, 0, nil},
	row{pF3 | pF2, op(0x70), vec | immU8 | noV, AVX512, 0, nil},
	row{p66, op(0x71), vec | immU8, AVX512, 0, evexGroup12},
	row{p66, op(0x72), vec | immU8, AVX512, 0, evexGroup13},
	row{p66, op(0x73), vec | immU8, AVX512, 0, evexGroup14},
	row{p66, op(0x74, 0x75), vec, AVX512, 0, nil},

	row{np | pF3, op(0xC2), vec | immU8 | w0, AVX512, 0, nil}, // vcmpps
	row{p66 | pF2, op(0xC2), vec | immU8 | w1, AVX512, 0, nil},
	row{p66, op(0xC4), modrm | notReg | immU8 | l0, AVX512, 0, nil},
	row{p66, op(0xC5), modrm | notRM | regOnly | immU8 | l0 | noV, AVX512, 0, nil},
	row{np, op(0xC6), vec | immU8 | w0, AVX512, 0, nil}, // vshufps
	row{p66, op(0xC6), vec | immU8 | w1, AVX512, 0, nil},
	row{p66, op(0xD2, 0xF2, 0xFA, 0xFE), vec | w0, AVX512, 0, nil},
	row{p66, op(0xD3, 0xD4, 0xF3, 0xF4, 0xFB), vec | w1, AVX512, 0, nil},
	row{p66, op(0xD6), vec | w1 | l0 | noV, AVX512, 0, nil},
	row{p66, op(0xD1, 0xD5, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF), vec, AVX512, 0, nil},
	row{p66, span(0xE0, 0xE5), vec, AVX512, 0, nil},
	row{p66 | pF2, op(0xE6), vec | w1 | noV, AVX512, 0, nil}, // vcvttpd2dq
	row{pF3, op(0xE6), vec | noV, AVX512, 0, nil},            // vcvtdq2pd, vcvtqq2pd
	row{p66, op(0xE7), vec | memOnly | w0 | noV, AVX512, 0, nil},
	row{p66, span(0xE8, 0xEF), vec, AVX512, 0, nil},
	row{p66, op(0xF1, 0xF5, 0xF6, 0xF8, 0xF9, 0xFC, 0xFD), vec, AVX512, 0, nil},
)

var evexGroup12 = newMap(row{all, digit(2, 4, 6), 0, 0, 0, nil}) // words

var evexGroup13 = newMap( // doublewords
	row{all, digit(0, 1, 4), 0, 0, 0, nil}, // vpror, vprol, vpsra
	row{all, digit(2, 6), w0, 0, 0, nil},
)

var evexGroup14 = newMap( // quadwords
	row{all, digit(2, 6), w1, 0, 0, nil},
	row{all, digit(3, 7), 0, 0, 0, nil}, // vpsrldq, vpslldq
)
