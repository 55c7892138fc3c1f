package insn

// map0F3A: SDM vol. 2, table A-5, without VEX. Every opcode takes an immediate byte.
var map0F3A = newMap(
	row{p66, span(0x08, 0x0E), vec | immU8, SSE, 0, nil}, // round, blend
	row{np, op(0x0F), vec | immU8, MMX, 0, nil},          // palignr
	row{p66, op(0x0F), vec | immU8, SSE, 0, nil},
	row{p66, span(0x14, 0x17), modrm | notReg | immU8, SSE, 0, nil},  // pextrb, pextrw, pextrd, extractps
	row{p66, op(0x20, 0x22), modrm | notReg | immU8, SSE, 0, nil},    // pinsrb, pinsrd
	row{p66, op(0x21), vec | immU8, SSE, 0, nil},                     // insertps
	row{p66, op(0x40, 0x41, 0x42, 0x44), vec | immU8, SSE, 0, nil},   // dpps, dppd, mpsadbw, pclmulqdq
	row{p66, op(0x60, 0x61), vec | immU8, SSE, rAX | rCX | rDX, nil}, // pcmpestrm, pcmpestri
	row{p66, op(0x62, 0x63), vec | immU8, SSE, rCX, nil},             // pcmpistrm, pcmpistri
	row{np, op(0xCC), vec | immU8, SSE, 0, nil},                      // sha1rnds4
	row{p66, op(0xCE, 0xCF, 0xDF), vec | immU8, SSE, 0, nil},         // gf2p8affine, aeskeygenassist
	row{pF3, op(0xF0), modrm | notReg | notRM | immU8, Privileged, rAX, groupHreset},
)

var groupHreset = newMap(row{pF3, op(0xC0), 0, 0, 0, nil})
