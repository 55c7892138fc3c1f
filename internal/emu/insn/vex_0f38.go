package insn

// vex0F38: SDM vol. 2, table A-4, the entries with VEX. FMA has W as element size.
var vex0F38 = newMap(
	row{p66, span(0x00, 0x0B), vec, AVX, 0, nil},
	row{p66, op(0x0C, 0x0D), vec | w0, AVX, 0, nil},                      // vpermilps
	row{p66, op(0x0E, 0x0F, 0x13), vec | w0 | noV, AVX, 0, nil},          // vtestps, vcvtph2ps
	row{p66, op(0x16, 0x36), vec | w0 | l1, AVX, 0, nil},                 // vpermps, vpermd
	row{p66, op(0x17), vec | noV, AVX, 0, nil},                           // vptest
	row{p66, op(0x18), vec | w0 | noV, AVX, 0, nil},                      // vbroadcastss
	row{p66, op(0x19), vec | w0 | l1 | noV, AVX, 0, nil},                 // vbroadcastsd
	row{p66, op(0x1A, 0x5A), vec | memOnly | w0 | l1 | noV, AVX, 0, nil}, // vbroadcastf128
	row{p66, op(0x1C, 0x1D, 0x1E), vec | noV, AVX, 0, nil},
	row{p66, span(0x20, 0x25), vec | noV, AVX, 0, nil}, // vpmovsx
	row{p66, op(0x28, 0x29, 0x2B), vec, AVX, 0, nil},
	row{p66, op(0x2A), vec | memOnly | noV, AVX, 0, nil},        // vmovntdqa
	row{p66, span(0x2C, 0x2F), vec | memOnly | w0, AVX, 0, nil}, // vmaskmovps
	row{p66, span(0x30, 0x35), vec | noV, AVX, 0, nil},          // vpmovzx
	row{p66, span(0x37, 0x40), vec, AVX, 0, nil},
	row{p66, op(0x41), vec | l0 | noV, AVX, 0, nil},                   // vphminposuw
	row{p66, op(0x45, 0x47), vec, AVX, 0, nil},                        // vpsrlv, vpsllv
	row{p66, op(0x46), vec | w0, AVX, 0, nil},                         // vpsravd
	row{all, op(0x50, 0x51), vec | w0, AVX, 0, nil},                   // vpdpbusd; vpdpbssd, vpdpbsud, vpdpbuud
	row{p66, op(0x52, 0x53), vec | w0, AVX, 0, nil},                   // vpdpwssd
	row{p66, op(0x58, 0x59, 0x78, 0x79), vec | w0 | noV, AVX, 0, nil}, // vpbroadcast
	row{pF3, op(0x72), vec | w0 | noV, AVX, 0, nil},                   // vcvtneps2bf16
	row{p66, op(0x8C, 0x8E), vec | memOnly, AVX, 0, nil},              // vpmaskmov
	row{p66, span(0x90, 0x93), vec | vsib, AVX, 0, nil},               // gather
	row{p66, span(0x96, 0x9F), vec, AVX, 0, nil},                      // FMA 132
	row{p66, span(0xA6, 0xAF), vec, AVX, 0, nil},                      // FMA 213
	row{p66, span(0xB6, 0xBF), vec, AVX, 0, nil},                      // FMA 231
	row{all, op(0xB0), vec | memOnly | w0 | noV, AVX, 0, nil},         // vcvtneeph2ps and kin
	row{p66 | pF3, op(0xB1), vec | memOnly | w0 | noV, AVX, 0, nil},   // vbcstnesh2ps, vbcstnebf162ps
	row{p66, op(0xB4, 0xB5), vec | w1, AVX, 0, nil},                   // vpmadd52
	row{p66, op(0xCF), vec | w0, AVX, 0, nil},                         // vgf2p8mulb
	row{p66, op(0xDB), vec | l0 | noV, AVX, 0, nil},                   // vaesimc
	row{p66, span(0xDC, 0xDF), vec, AVX, 0, nil},
	row{p66, span(0xE0, 0xEF), modrm | memOnly | l0 | gprV | only64, ConditionCode, 0, nil}, // cmpccxadd

	// AMX
	row{np, op(0x49), vec | l0 | w0 | noV | only64, AVX, 0, groupTileConfig},
	row{p66, op(0x49), vec | memOnly | l0 | w0 | noV | only64, AVX, 0, groupTileConfig},
	row{pF2, op(0x49), vec | regOnly | l0 | w0 | noV | only64, AVX, 0, groupTileConfig},
	row{p66 | pF3 | pF2, op(0x4B), vec | memOnly | l0 | w0 | noV | needSIB | only64, AVX, 0, nil}, // tileloadd, tilestored
	row{pF3 | pF2, op(0x5C), vec | regOnly | l0 | w0 | only64, AVX, 0, nil},                       // tdpbf16ps, tdpfp16ps
	row{all, op(0x5E), vec | regOnly | l0 | w0 | only64, AVX, 0, nil},                             // tdpbuud and kin

	// BMI
	row{np, op(0xF2), modrm | l0 | gprV, 0, 0, nil}, // andn
	row{np, op(0xF3), modrm | notReg | l0 | gprV, 0, 0, vexGroup17},
	row{np | pF3 | pF2, op(0xF5), modrm | l0 | gprV, 0, 0, nil}, // bzhi, pext, pdep
	row{pF2, op(0xF6), modrm | l0 | gprV, 0, rDX, nil},          // mulx
	row{all, op(0xF7), modrm | l0 | gprV, 0, 0, nil},            // bextr, shlx, sarx, shrx
)

var vexGroup17 = newMap(row{np, digit(1, 2, 3), 0, 0, 0, nil}) // blsr, blsmsk, blsi

var groupTileConfig = newMap(
	row{np | p66, mem(0), 0, 0, 0, nil},                                        // ldtilecfg, sttilecfg
	row{np, op(0xC0), 0, 0, 0, nil},                                            // tilerelease
	row{pF2, op(0xC0, 0xC8, 0xD0, 0xD8, 0xE0, 0xE8, 0xF0, 0xF8), 0, 0, 0, nil}, // tilezero
)
