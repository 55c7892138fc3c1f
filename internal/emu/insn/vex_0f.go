package insn

// vex0F: SDM vol. 2, table A-3, the entries with VEX.
var vex0F = newMap(
	row{np | p66, op(0x10, 0x11), vec | noV, AVX, 0, nil},     // vmovups
	row{pF3 | pF2, op(0x10, 0x11), vec | memNoV, AVX, 0, nil}, // vmovss
	row{np, op(0x12, 0x16), vec | l0, AVX, 0, nil},            // vmovlps, vmovhps
	row{p66, op(0x12, 0x16), vec | memOnly | l0, AVX, 0, nil}, // vmovlpd, vmovhpd
	row{pF3, op(0x12, 0x16), vec | noV, AVX, 0, nil},          // vmovsldup, vmovshdup
	row{pF2, op(0x12), vec | noV, AVX, 0, nil},                // vmovddup
	row{np | p66, op(0x13, 0x17), vec | memOnly | l0 | noV, AVX, 0, nil},
	row{np | p66, op(0x14, 0x15), vec, AVX, 0, nil},
	row{np | p66, op(0x28, 0x29), vec | noV, AVX, 0, nil},            // vmovaps
	row{pF3 | pF2, op(0x2A), modrm | notReg, AVX, 0, nil},            // vcvtsi2ss
	row{np | p66, op(0x2B), vec | memOnly | noV, AVX, 0, nil},        // vmovntps
	row{pF3 | pF2, op(0x2C, 0x2D), modrm | notRM | noV, AVX, 0, nil}, // vcvttss2si
	row{np | p66, op(0x2E, 0x2F), vec | noV, AVX, 0, nil},            // vucomiss

	// opmask instructions; .d and .q forms have W1 or 66
	row{np | p66, op(0x41, 0x42, 0x45, 0x46, 0x47, 0x4A), vec | regOnly | l1, AVX, 0, nil},
	row{np | p66, op(0x44, 0x98, 0x99), vec | regOnly | l0 | noV, AVX, 0, nil}, // knot, kortest, ktest
	row{np, op(0x4B), vec | regOnly | l1, AVX, 0, nil},                         // kunpck
	row{p66, op(0x4B), vec | regOnly | l1 | w0, AVX, 0, nil},
	row{np | p66, op(0x90), vec | l0 | noV, AVX, 0, nil},                           // kmov k,k/m
	row{np | p66, op(0x91), vec | memOnly | l0 | noV, AVX, 0, nil},                 // kmov m,k
	row{np | p66, op(0x92), modrm | notReg | regOnly | l0 | w0 | noV, AVX, 0, nil}, // kmov k,r
	row{pF2, op(0x92), modrm | notReg | regOnly | l0 | noV, AVX, 0, nil},
	row{np | p66, op(0x93), modrm | notRM | regOnly | l0 | w0 | noV, AVX, 0, nil}, // kmov r,k
	row{pF2, op(0x93), modrm | notRM | regOnly | l0 | noV, AVX, 0, nil},

	row{np | p66, op(0x50), modrm | notRM | regOnly | noV, AVX, 0, nil}, // vmovmskps
	row{np | p66, op(0x51), vec | noV, AVX, 0, nil},                     // vsqrtps
	row{pF3 | pF2, op(0x51), vec, AVX, 0, nil},
	row{np, op(0x52, 0x53), vec | noV, AVX, 0, nil}, // vrsqrtps, vrcpps
	row{pF3, op(0x52, 0x53), vec, AVX, 0, nil},
	row{np | p66, span(0x54, 0x57), vec, AVX, 0, nil},
	row{all, op(0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F), vec, AVX, 0, nil},
	row{np | p66, op(0x5A), vec | noV, AVX, 0, nil}, // vcvtps2pd
	row{pF3 | pF2, op(0x5A), vec, AVX, 0, nil},
	row{np | p66 | pF3, op(0x5B), vec | noV, AVX, 0, nil},

	row{p66, span(0x60, 0x6D), vec, AVX, 0, nil},
	row{p66, op(0x6E, 0x7E), modrm | notReg | l0 | noV, AVX, 0, nil}, // vmovd, vmovq
	row{p66 | pF3, op(0x6F, 0x7F), vec | noV, AVX, 0, nil},           // vmovdqa, vmovdqu
	row{p66 | pF3 | pF2, op(0x70), vec | immU8 | noV, AVX, 0, nil},   // vpshuf
	row{p66, op(0x71, 0x72), vec | regOnly | immU8, AVX, 0, vexGroup12},
	row{p66, op(0x73), vec | regOnly | immU8, AVX, 0, vexGroup14},
	row{p66, span(0x74, 0x76), vec, AVX, 0, nil},
	row{np, op(0x77), noV, AVX, 0, nil}, // vzeroupper, vzeroall
	row{p66 | pF2, op(0x7C, 0x7D), vec, AVX, 0, nil},
	row{pF3, op(0x7E), vec | l0 | noV, AVX, 0, nil}, // vmovq
	row{np, op(0xAE), vec | l0 | noV, AVX, 0, vexGroup15},

	row{all, op(0xC2), vec | immU8, AVX, 0, nil},                                // vcmpps
	row{p66, op(0xC4), modrm | notReg | immU8 | l0, AVX, 0, nil},                // vpinsrw
	row{p66, op(0xC5), modrm | notRM | regOnly | immU8 | l0 | noV, AVX, 0, nil}, // vpextrw
	row{np | p66, op(0xC6), vec | immU8, AVX, 0, nil},                           // vshufps
	row{p66 | pF2, op(0xD0), vec, AVX, 0, nil},                                  // vaddsubp
	row{p66, span(0xD1, 0xD5), vec, AVX, 0, nil},
	row{p66, op(0xD6), vec | l0 | noV, AVX, 0, nil},                // vmovq
	row{p66, op(0xD7), modrm | notRM | regOnly | noV, AVX, 0, nil}, // vpmovmskb
	row{p66, span(0xD8, 0xE5), vec, AVX, 0, nil},
	row{p66 | pF3 | pF2, op(0xE6), vec | noV, AVX, 0, nil}, // vcvttpd2dq
	row{p66, op(0xE7), vec | memOnly | noV, AVX, 0, nil},   // vmovntdq
	row{p66, span(0xE8, 0xEF), vec, AVX, 0, nil},
	row{pF2, op(0xF0), vec | memOnly | noV, AVX, 0, nil}, // vlddqu
	row{p66, span(0xF1, 0xF6), vec, AVX, 0, nil},
	row{p66, op(0xF7), vec | regOnly | l0 | noV, AVX, rDI, nil}, // vmaskmovdqu
	row{p66, span(0xF8, 0xFE), vec, AVX, 0, nil},
)

var vexGroup12 = newMap(row{all, reg(2, 4, 6), 0, 0, 0, nil})

var vexGroup14 = newMap(row{all, reg(2, 3, 6, 7), 0, 0, 0, nil})

var vexGroup15 = newMap(row{np, mem(2, 3), 0, 0, 0, nil}) // vldmxcsr, vstmxcsr
