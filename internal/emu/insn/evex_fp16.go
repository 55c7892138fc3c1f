package insn

// evex5 and evex6: maps 5 and 6, AVX512-FP16 (SDM vol. 2, 2.7.1).
var evex5 = newMap(
	row{pF3, op(0x10, 0x11), vec | w0 | memNoV, AVX512, 0, nil}, // vmovsh
	row{pF3, op(0x51, 0x5A), vec | w0, AVX512, 0, nil},          // vsqrtsh, vcvtsh2sd
	row{np, op(0x1D), vec | w0, AVX512, 0, nil},                 // vcvtss2sh
	row{p66, op(0x1D), vec | w0 | noV, AVX512, 0, nil},          // vcvtps2phx
	row{pF3, op(0x2A, 0x7B), modrm | notReg, AVX512, 0, nil},    // vcvtsi2sh, vcvtusi2sh
	row{pF3, op(0x2C, 0x2D, 0x78, 0x79), modrm | notRM | noV, AVX512, 0, nil},
	row{np, op(0x2E, 0x2F, 0x51, 0x5A), vec | w0 | noV, AVX512, 0, nil},
	row{np | pF3, op(0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F), vec | w0, AVX512, 0, nil}, // vaddph, …
	row{p66, op(0x5A), vec | w1 | noV, AVX512, 0, nil},                              // vcvtpd2ph
	row{pF2, op(0x5A), vec | w1, AVX512, 0, nil},                                    // vcvtsd2sh
	row{np, op(0x5B), vec | noV, AVX512, 0, nil},                                    // vcvtdq2ph, vcvtqq2ph
	row{p66 | pF3, op(0x5B), vec | w0 | noV, AVX512, 0, nil},
	row{p66, op(0x6E, 0x7E), modrm | notReg | l0 | noV, AVX512, 0, nil}, // vmovw
	row{np | p66, op(0x78, 0x79, 0x7C), vec | w0 | noV, AVX512, 0, nil},
	row{p66, op(0x7A, 0x7B), vec | w0 | noV, AVX512, 0, nil},
	row{pF2, op(0x7A), vec | noV, AVX512, 0, nil}, // vcvtudq2ph, vcvtuqq2ph
	row{all, op(0x7D), vec | w0 | noV, AVX512, 0, nil},
)

var evex6 = newMap(
	row{np, op(0x13), vec | w0, AVX512, 0, nil},        // vcvtsh2ss
	row{p66, op(0x13), vec | w0 | noV, AVX512, 0, nil}, // vcvtph2psx
	row{p66, op(0x2C, 0x2D, 0x43, 0x4D, 0x4F), vec | w0, AVX512, 0, nil},
	row{p66, op(0x42, 0x4C, 0x4E), vec | w0 | noV, AVX512, 0, nil},
	row{pF3 | pF2, op(0x56, 0x57, 0xD6, 0xD7), vec | w0, AVX512, 0, nil}, // vfmaddcph, vfmulcph
	row{p66, span(0x96, 0x9F), vec | w0, AVX512, 0, nil},
	row{p66, span(0xA6, 0xAF), vec | w0, AVX512, 0, nil},
	row{p66, span(0xB6, 0xBF), vec | w0, AVX512, 0, nil},
)
