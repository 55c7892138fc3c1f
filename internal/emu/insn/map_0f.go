package insn

// map0F: SDM vol. 2, table A-3, without VEX. A row for all prefixes is one that mandatory prefixes do not select.
var map0F = newMap(
	row{all, op(0x00), modrm | notReg, 0, 0, group6},
	row{all, op(0x01), modrm | notReg, 0, 0, group7},
	row{all, op(0x02, 0x03), modrm, 0, 0, nil},                             // lar, lsl
	row{all, op(0x05), 0, Syscall, rCX | r11, nil},                         // outside 64-bit mode on AMD only
	row{all, op(0x06), 0, CR | Privileged, 0, nil},                         // clts
	row{all, op(0x07), 0, Sysret | Privileged, rCX | r11, nil},             // outside 64-bit mode on AMD only
	row{all, op(0x08, 0x09), 0, Privileged, 0, nil},                        // invd, wbinvd, wbnoinvd
	row{all, op(0x0B), 0, Undefined, 0, nil},                               // ud2
	row{all, op(0x0D), modrm | notReg | notRM | noAccess, HintNop, 0, nil}, // prefetchw
	row{all, op(0x10, 0x11), vec, SSE, 0, nil},                             // movups, movupd, movss, movsd
	row{np | pF3 | pF2, op(0x12), vec, SSE, 0, nil},                        // movlps/movhlps, movsldup, movddup
	row{np | p66, op(0x13, 0x17), vec | memOnly, SSE, 0, nil},              // movlps, movhps to memory
	row{p66, op(0x12, 0x16), vec | memOnly, SSE, 0, nil},                   // movlpd, movhpd
	row{np | p66, op(0x14, 0x15), vec, SSE, 0, nil},                        // unpcklps, unpckhps
	row{np | pF3, op(0x16), vec, SSE, 0, nil},                              // movhps/movlhps, movshdup
	row{all, span(0x18, 0x1E), modrm | noAccess, HintNop, 0, nil},          // prefetch, bnd…, cldemote, endbr, rdssp
	row{all, op(0x1F), modrm | noAccess, NopModRM, 0, nil},

	row{all, op(0x20), modrm | modIgnored | notReg | force64, CR | Privileged, 0, groupCR}, // mov r,cr
	row{all, op(0x22), modrm | modIgnored | notReg | force64, CR | Privileged, 0, groupCR}, // mov cr,r
	row{all, op(0x21, 0x23), modrm | modIgnored | notReg | force64, DR | Privileged, 0, nil},
	row{np | p66, op(0x28, 0x29), vec, SSE, 0, nil},            // movaps
	row{np | p66, op(0x2A), vec, MMX | SSE, 0, nil},            // cvtpi2ps
	row{pF3 | pF2, op(0x2A), modrm | notReg, SSE, 0, nil},      // cvtsi2ss
	row{all, op(0x2B), vec | memOnly, SSE, 0, nil},             // movntps; movntss, movntsd (SSE4a)
	row{np | p66, op(0x2C, 0x2D), vec, MMX | SSE, 0, nil},      // cvttps2pi, cvtps2pi
	row{pF3 | pF2, op(0x2C, 0x2D), modrm | notRM, SSE, 0, nil}, // cvttss2si, cvtss2si
	row{np | p66, op(0x2E, 0x2F), vec, SSE, 0, nil},            // ucomiss, comiss

	row{all, op(0x30), 0, Privileged, rAX | rCX | rDX, nil},    // wrmsr
	row{all, op(0x31), 0, Unpredictable, rAX | rDX, nil},       // rdtsc
	row{all, op(0x32), 0, Privileged, rAX | rCX | rDX, nil},    // rdmsr
	row{all, op(0x33), 0, Unpredictable, rAX | rCX | rDX, nil}, // rdpmc
	row{all, op(0x34), 0, Sysenter, rSP, nil},
	row{all, op(0x35), 0, Sysexit | Privileged, rCX | rDX | rSP, nil},
	row{np, op(0x37), 0, Terminate, rAX | rBX | rCX | rDX, nil},   // getsec
	row{all, span(0x40, 0x4F), modrm, ConditionCode, 0, nil},      // cmovcc
	row{np | p66, op(0x50), modrm | notRM | regOnly, SSE, 0, nil}, // movmskps
	row{all, op(0x51, 0x58, 0x59, 0x5A, 0x5C, 0x5D, 0x5E, 0x5F), vec, SSE, 0, nil},
	row{np | pF3, op(0x52, 0x53), vec, SSE, 0, nil},   // rsqrtps, rcpps
	row{np | p66, span(0x54, 0x57), vec, SSE, 0, nil}, // andps, andnps, orps, xorps
	row{np | p66 | pF3, op(0x5B), vec, SSE, 0, nil},   // cvtdq2ps, cvtps2dq, cvttps2dq

	row{np, span(0x60, 0x6B), vec, MMX, 0, nil}, // punpck, packs, pcmpgt
	row{p66, span(0x60, 0x6D), vec, SSE, 0, nil},
	row{np, op(0x6E, 0x7E), modrm | notReg, MMX, 0, nil}, // movd, movq
	row{p66, op(0x6E, 0x7E), modrm | notReg, SSE, 0, nil},
	row{np, op(0x6F, 0x7F), vec, MMX, 0, nil},                // movq
	row{p66 | pF3, op(0x6F, 0x7F), vec, SSE, 0, nil},         // movdqa, movdqu
	row{np, op(0x70), vec | immU8, MMX, 0, nil},              // pshufw
	row{p66 | pF3 | pF2, op(0x70), vec | immU8, SSE, 0, nil}, // pshufd, pshufhw, pshuflw
	row{np | p66, op(0x71, 0x72), vec | regOnly | immU8, 0, 0, group12},
	row{np | p66, op(0x73), vec | regOnly | immU8, 0, 0, group14},
	row{np, span(0x74, 0x76), vec, MMX, 0, nil}, // pcmpeq
	row{p66, span(0x74, 0x76), vec, SSE, 0, nil},
	row{np, op(0x77), 0, MMX, 0, nil},                            // emms
	row{np, op(0x78, 0x79), modrm | force64, Privileged, 0, nil}, // vmread, vmwrite
	row{p66, op(0x78), vec | regOnly | immU8x2, SSE, 0, group17}, // extrq (SSE4a)
	row{pF2, op(0x78), vec | regOnly | immU8x2, SSE, 0, nil},     // insertq
	row{p66 | pF2, op(0x79), vec | regOnly, SSE, 0, nil},         // extrq, insertq
	row{p66 | pF2, op(0x7C, 0x7D), vec, SSE, 0, nil},             // haddp, hsubp
	row{pF3, op(0x7E), vec, SSE, 0, nil},                         // movq

	row{all, span(0x80, 0x8F), relZ | near64, Jcc | ConditionCode, 0, nil},
	row{all, span(0x90, 0x9F), modrm | notReg | byteRM, ConditionCode, 0, nil}, // setcc
	row{all, op(0xA0, 0xA8), push | def64, 0, rSP, nil},                        // push fs, gs
	row{all, op(0xA1, 0xA9), pop | def64, SegLoad, rSP, nil},                   // pop fs, gs
	row{all, op(0xA2), 0, Unpredictable, rAX | rBX | rCX | rDX, nil},           // cpuid
	row{all, op(0xA3), modrm, 0, 0, nil},                                       // bt
	row{all, op(0xA4, 0xAC), modrm | immU8, 0, 0, nil},                         // shld, shrd Ib
	row{all, op(0xA5, 0xAD), modrm, 0, rCX, nil},                               // shld, shrd cl
	row{all, op(0xAA), 0, Terminate | Privileged, allGPR, nil},                 // rsm
	row{all, op(0xAB, 0xB3, 0xBB), modrm | lockable, 0, 0, nil},                // bts, btr, btc
	row{all, op(0xAE), modrm | notReg, 0, 0, group15},
	row{all, op(0xAF), modrm, 0, 0, nil},                                 // imul
	row{all, op(0xB0), modrm | byteReg | byteRM | lockable, 0, rAX, nil}, // cmpxchg
	row{all, op(0xB1), modrm | lockable, 0, rAX, nil},
	row{all, op(0xB2, 0xB4, 0xB5), modrm | memOnly, SegLoad, 0, nil}, // lss, lfs, lgs
	row{all, op(0xB6, 0xBE), modrm | byteRM, 0, 0, nil},              // movzx, movsx from a byte
	row{all, op(0xB7, 0xBF), modrm, 0, 0, nil},                       // … from a word
	row{pF3, op(0xB8), modrm, 0, 0, nil},                             // popcnt
	row{all, op(0xB9), modrm, Undefined, 0, nil},                     // ud1
	row{all, op(0xBA), modrm | notReg | immU8, 0, 0, group8},
	row{all, op(0xBC, 0xBD), modrm, 0, 0, nil},                         // bsf/tzcnt, bsr/lzcnt
	row{all, op(0xC0), modrm | byteReg | byteRM | lockable, 0, 0, nil}, // xadd
	row{all, op(0xC1), modrm | lockable, 0, 0, nil},
	row{all, op(0xC2), vec | immU8, SSE, 0, nil},           // cmpps
	row{np, op(0xC3), modrm | memOnly, 0, 0, nil},          // movnti
	row{np, op(0xC4), modrm | notReg | immU8, MMX, 0, nil}, // pinsrw
	row{p66, op(0xC4), modrm | notReg | immU8, SSE, 0, nil},
	row{np, op(0xC5), modrm | notRM | regOnly | immU8, MMX, 0, nil}, // pextrw
	row{p66, op(0xC5), modrm | notRM | regOnly | immU8, SSE, 0, nil},
	row{np | p66, op(0xC6), vec | immU8, SSE, 0, nil}, // shufps
	row{all, op(0xC7), modrm | notReg, 0, 0, group9},
	row{all, span(0xC8, 0xCF), opReg, 0, 0, nil}, // bswap

	row{p66 | pF2, op(0xD0), vec, SSE, 0, nil}, // addsubp
	row{np, span(0xD1, 0xD5), vec, MMX, 0, nil},
	row{p66, span(0xD1, 0xD6), vec, SSE, 0, nil},
	row{pF3 | pF2, op(0xD6), vec | regOnly, MMX | SSE, 0, nil}, // movq2dq, movdq2q
	row{np, op(0xD7), modrm | notRM | regOnly, MMX, 0, nil},    // pmovmskb
	row{p66, op(0xD7), modrm | notRM | regOnly, SSE, 0, nil},
	row{np, span(0xD8, 0xE5), vec, MMX, 0, nil},
	row{p66, span(0xD8, 0xE6), vec, SSE, 0, nil},
	row{pF3 | pF2, op(0xE6), vec, SSE, 0, nil},     // cvtdq2pd, cvtpd2dq
	row{np, op(0xE7), vec | memOnly, MMX, 0, nil},  // movntq
	row{p66, op(0xE7), vec | memOnly, SSE, 0, nil}, // movntdq
	row{np, span(0xE8, 0xEF), vec, MMX, 0, nil},
	row{p66, span(0xE8, 0xEF), vec, SSE, 0, nil},
	row{pF2, op(0xF0), vec | memOnly, SSE, 0, nil}, // lddqu
	row{np, span(0xF1, 0xF6), vec, MMX, 0, nil},
	row{p66, span(0xF1, 0xF6), vec, SSE, 0, nil},
	row{np, op(0xF7), vec | regOnly, MMX, rDI, nil},  // maskmovq
	row{p66, op(0xF7), vec | regOnly, SSE, rDI, nil}, // maskmovdqu
	row{np, span(0xF8, 0xFE), vec, MMX, 0, nil},
	row{p66, span(0xF8, 0xFE), vec, SSE, 0, nil},
	row{all, op(0xFF), modrm, Undefined, 0, nil}, // ud0; AMD's has no ModRM
)

// groupCR: cr0, cr2, cr3, cr4, and with REX.R cr8 (checked by Decode).
var groupCR = newMap(row{all, digit(0, 2, 3, 4), 0, 0, 0, nil})
