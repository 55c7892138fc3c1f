package insn

// map0F38: SDM vol. 2, table A-4, without VEX.
var map0F38 = newMap(
	row{np, span(0x00, 0x0B), vec, MMX, 0, nil}, // pshufb, phadd, psign, pmulhrsw
	row{p66, span(0x00, 0x0B), vec, SSE, 0, nil},
	row{p66, op(0x10, 0x14, 0x15, 0x17), vec, SSE, 0, nil}, // pblendvb, blendvp, ptest
	row{np, op(0x1C, 0x1D, 0x1E), vec, MMX, 0, nil},        // pabs
	row{p66, op(0x1C, 0x1D, 0x1E), vec, SSE, 0, nil},
	row{p66, span(0x20, 0x25), vec, SSE, 0, nil}, // pmovsx
	row{p66, op(0x28, 0x29, 0x2B), vec, SSE, 0, nil},
	row{p66, op(0x2A), vec | memOnly, SSE, 0, nil}, // movntdqa
	row{p66, span(0x30, 0x35), vec, SSE, 0, nil},   // pmovzx
	row{p66, span(0x37, 0x41), vec, SSE, 0, nil},
	row{p66, op(0x80, 0x81, 0x82), modrm | memOnly | force64, Privileged, 0, nil}, // invept, invvpid, invpcid
	row{np, span(0xC8, 0xCD), vec, SSE, 0, nil},                                   // sha
	row{p66, op(0xCF), vec, SSE, 0, nil},                                          // gf2p8mulb
	row{p66, span(0xDB, 0xDF), vec, SSE, 0, nil},                                  // aes
	row{pF3, op(0xD8), vec, SSE, 0, groupAESWide},
	row{pF3, op(0xDC), vec, SSE, 0, groupAESEnc},
	row{pF3, op(0xDD, 0xDE, 0xDF), vec | memOnly, SSE, 0, nil}, // aesdec128kl, aesenc256kl, aesdec256kl
	row{np | p66, op(0xF0, 0xF1), modrm | memOnly, 0, 0, nil},  // movbe
	row{pF2, op(0xF0), modrm | byteRM, 0, 0, nil},              // crc32
	row{pF2, op(0xF1), modrm, 0, 0, nil},
	row{p66, op(0xF5), modrm | memOnly, Privileged, 0, nil}, // wruss
	row{np, op(0xF6), modrm | memOnly, 0, 0, nil},           // wrss
	row{p66 | pF3, op(0xF6), modrm, 0, 0, nil},              // adcx, adox
	row{p66, op(0xF8), modrm | memOnly, 0, 0, nil},          // movdir64b
	row{pF2, op(0xF8), modrm | memOnly, 0, 0, nil},          // enqcmd
	row{pF3, op(0xF8), modrm | memOnly, Privileged, 0, nil}, // enqcmds
	row{np, op(0xF9), modrm | memOnly, 0, 0, nil},           // movdiri
	row{pF3, op(0xFA, 0xFB), modrm | regOnly, SSE, 0, nil},  // encodekey128, encodekey256
	row{all, op(0xFC), modrm | memOnly, 0, 0, nil},          // aadd, aand, axor, aor
)

var groupAESWide = newMap(row{pF3, mem(0, 1, 2, 3), 0, 0, 0, nil})

var groupAESEnc = newMap(
	row{pF3, mem(0, 1, 2, 3, 4, 5, 6, 7), 0, 0, 0, nil},            // aesenc128kl
	row{pF3, reg(0, 1, 2, 3, 4, 5, 6, 7), 0, Privileged, rAX, nil}, // loadiwkey
)
