package insn

// evex0F38: map 2 with EVEX. Where W is the element size and both are defined, the row has neither w0 nor w1.
var evex0F38 = newMap(
	row{p66, op(0x00, 0x04, 0x0B, 0x38, 0x3A, 0x3C, 0x3E), vec, AVX512, 0, nil},
	row{p66, op(0x0C, 0x2B, 0x50, 0x51, 0x52, 0x53, 0x8F, 0xCF), vec | w0, AVX512, 0, nil},
	row{p66, op(0x0D, 0x10, 0x11, 0x12, 0x28, 0x29, 0x37, 0x70, 0x72, 0x83, 0xB4, 0xB5), vec | w1, AVX512, 0, nil},
	row{p66, op(0x13, 0x18, 0x1E, 0x25, 0x35, 0x58, 0x78, 0x79), vec | w0 | noV, AVX512, 0, nil},
	row{p66, op(0x14, 0x15, 0x26, 0x27, 0x2C, 0x2D, 0x39, 0x3B, 0x3D, 0x3F, 0x40), vec, AVX512, 0, nil},
	row{p66, op(0x16, 0x36), vec | l1, AVX512, 0, nil},                 // vpermps, vpermd
	row{p66, op(0x19), vec | l1 | noV, AVX512, 0, nil},                 // vbroadcastsd
	row{p66, op(0x1A, 0x5A), vec | memOnly | l1 | noV, AVX512, 0, nil}, // vbroadcastf32x4
	row{p66, op(0x1B, 0x5B), vec | memOnly | l2 | noV, AVX512, 0, nil}, // vbroadcastf64x4
	row{p66, op(0x1C, 0x1D), vec | noV, AVX512, 0, nil},                // vpabs
	row{p66, op(0x1F), vec | w1 | noV, AVX512, 0, nil},
	row{p66, span(0x20, 0x24), vec | noV, AVX512, 0, nil}, // vpmovsx
	row{p66, op(0x2A), vec | memOnly | w0 | noV, AVX512, 0, nil},
	row{p66, span(0x30, 0x34), vec | noV, AVX512, 0, nil}, // vpmovzx
	row{p66, op(0x42, 0x44, 0x4C, 0x4E, 0x54, 0x55, 0x59), vec | noV, AVX512, 0, nil},
	row{p66, op(0x43, 0x45, 0x46, 0x47, 0x4D, 0x4F), vec, AVX512, 0, nil},
	row{p66, op(0x62, 0x63, 0x88, 0x89, 0x8A, 0x8B, 0xC4), vec | noV, AVX512, 0, nil}, // expand, compress, conflict
	row{p66, op(0x64, 0x65, 0x66, 0x71, 0x73, 0x75, 0x76, 0x77), vec, AVX512, 0, nil},
	row{p66, op(0x7A, 0x7B), modrm | notReg | regOnly | w0 | noV, AVX512, 0, nil}, // vpbroadcastb from a register
	row{p66, op(0x7C), modrm | notReg | regOnly | noV, AVX512, 0, nil},
	row{p66, op(0x7D, 0x7E, 0x7F, 0x8D), vec, AVX512, 0, nil},
	row{p66, span(0x90, 0x93), vec | vsib | noV, AVX512, 0, nil}, // gather
	row{p66, span(0xA0, 0xA3), vec | vsib | noV, AVX512, 0, nil}, // scatter
	row{p66, span(0x96, 0x9F), vec, AVX512, 0, nil},              // FMA 132
	row{p66, span(0xA6, 0xAF), vec, AVX512, 0, nil},              // FMA 213
	row{p66, span(0xB6, 0xBF), vec, AVX512, 0, nil},              // FMA 231
	row{p66, op(0xC6, 0xC7), vec | vsib | l2 | noV, AVX512, 0, evexGroup18},
	row{p66, op(0xC8, 0xCA, 0xCC), vec | l2 | noV, AVX512, 0, nil}, // vexp2, vrcp28, vrsqrt28 (AVX512ER)
	row{p66, op(0xCB, 0xCD), vec, AVX512, 0, nil},
	row{p66, span(0xDC, 0xDF), vec, AVX512, 0, nil}, // vaes

	row{pF3, span(0x10, 0x15), vec | w0 | noV, AVX512, 0, nil},                    // vpmovus
	row{pF3, span(0x20, 0x25), vec | w0 | noV, AVX512, 0, nil},                    // vpmovs
	row{pF3, span(0x30, 0x35), vec | w0 | noV, AVX512, 0, nil},                    // vpmov
	row{pF3, op(0x26, 0x27), vec, AVX512, 0, nil},                                 // vptestnm
	row{pF3, op(0x28, 0x29, 0x38, 0x39), vec | regOnly | noV, AVX512, 0, nil},     // vpmovm2, vpmov…2m
	row{pF3, op(0x2A), vec | regOnly | w1 | noV, AVX512, 0, nil},                  // vpbroadcastmb2q
	row{pF3, op(0x3A), vec | regOnly | w0 | noV, AVX512, 0, nil},                  // vpbroadcastmw2d
	row{pF3, op(0x52), vec | w0, AVX512, 0, nil},                                  // vdpbf16ps
	row{pF3, op(0x72), vec | w0 | noV, AVX512, 0, nil},                            // vcvtneps2bf16
	row{pF2, op(0x72), vec | w0, AVX512, 0, nil},                                  // vcvtne2ps2bf16
	row{pF2, op(0x68), vec, AVX512, 0, nil},                                       // vp2intersect
	row{pF2, op(0x52, 0x53, 0x9A, 0xAA), vec | memOnly | w0 | l2, AVX512, 0, nil}, // vp4dpwssd, v4fmaddps
	row{pF2, op(0x9B, 0xAB), vec | memOnly | w0, AVX512, 0, nil},                  // v4fmaddss
)

var evexGroup18 = newMap(row{all, mem(1, 2, 5, 6), 0, 0, 0, nil}) // gather and scatter prefetches (AVX512PF)
