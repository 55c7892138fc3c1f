package insn

// oneByteMap: SDM vol. 2, table A-2. Prefixes, the 0F escape and 40..4F in 64-bit mode (REX) are taken by
// Decode before it is consulted.
var oneByteMap = newMap(
	// add, or, adc, sbb, and, sub, xor at 00..35; cmp, which writes nothing, at 38..3D
	row{all, every8(0x00, 0x30), modrm | byteReg | byteRM | lockable, 0, 0, nil}, // Eb,Gb
	row{all, every8(0x01, 0x31), modrm | lockable, 0, 0, nil},                    // Ev,Gv
	row{all, every8(0x02, 0x3A), modrm | byteReg | byteRM, 0, 0, nil},            // Gb,Eb
	row{all, every8(0x03, 0x3B), modrm, 0, 0, nil},                               // Gv,Ev
	row{all, every8(0x04, 0x3C), immU8, 0, rAX, nil},                             // al,Ib
	row{all, every8(0x05, 0x3D), immZ, 0, rAX, nil},                              // rAX,Iz
	row{all, op(0x38), modrm | byteReg | byteRM, 0, 0, nil},                      // cmp Eb,Gb
	row{all, op(0x39), modrm, 0, 0, nil},                                         // cmp Ev,Gv

	row{all, op(0x06, 0x0E, 0x16, 0x1E), push | only32, 0, rSP, nil},    // push es, cs, ss, ds
	row{all, op(0x07, 0x1F), pop | only32, SegLoad, rSP, nil},           // pop es, ds
	row{all, op(0x17), pop | only32, SegLoad | MovSS, rSP, nil},         // pop ss
	row{all, op(0x27, 0x2F, 0x37, 0x3F), only32, 0, rAX, nil},           // daa, das, aaa, aas
	row{all, span(0x40, 0x4F), opReg, 0, 0, nil},                        // inc, dec
	row{all, span(0x50, 0x57), push | opReg | def64, PushReg, rSP, nil}, // push
	row{all, span(0x58, 0x5F), pop | opReg | def64, PopReg, rSP, nil},   // pop
	row{all, op(0x60, 0x61), only32, 0, lowGPR, nil},                    // pusha, popa
	row{all, op(0x62), modrm | memOnly | only32, 0, 0, nil},             // bound
	row{all, op(0x63), modrm, 0, 0, nil},                                // arpl; movsxd in 64-bit mode
	row{all, op(0x68), push | immZ | def64, 0, rSP, nil},                // push Iz
	row{all, op(0x69), modrm | immZ, 0, 0, nil},                         // imul Gv,Ev,Iz
	row{all, op(0x6A), push | immS8 | def64, 0, rSP, nil},               // push Ib
	row{all, op(0x6B), modrm | immS8, 0, 0, nil},                        // imul Gv,Ev,Ib
	row{all, op(0x6C, 0x6D), 0, String | PortIO | IOPL, rDX | rDI, nil}, // ins
	row{all, op(0x6E, 0x6F), 0, String | PortIO | IOPL, rDX | rSI, nil}, // outs
	row{all, span(0x70, 0x7F), rel8 | near64, Jcc | ConditionCode, 0, nil},

	row{all, op(0x80), modrm | notReg | byteRM | immU8, 0, 0, group1},
	row{all, op(0x81), modrm | notReg | immZ, 0, 0, group1},
	row{all, op(0x82), modrm | notReg | byteRM | immU8 | only32, 0, 0, group1}, // as 80
	row{all, op(0x83), modrm | notReg | immS8, 0, 0, group1},
	row{all, op(0x84), modrm | byteReg | byteRM, 0, 0, nil},            // test Eb,Gb
	row{all, op(0x85), modrm, 0, 0, nil},                               // test Ev,Gv
	row{all, op(0x86), modrm | byteReg | byteRM | lockable, 0, 0, nil}, // xchg Eb,Gb
	row{all, op(0x87), modrm | lockable, 0, 0, nil},                    // xchg Ev,Gv
	row{all, op(0x88, 0x8A), modrm | byteReg | byteRM, 0, 0, nil},      // mov Eb,Gb; Gb,Eb
	row{all, op(0x89, 0x8B), modrm, 0, 0, nil},                         // mov Ev,Gv; Gv,Ev
	row{all, op(0x8C), modrm | notReg, 0, 0, groupMovFromSeg},
	row{all, op(0x8D), modrm | memOnly | noAccess, 0, 0, nil}, // lea
	row{all, op(0x8E), modrm | notReg, SegLoad, 0, groupMovToSeg},
	row{all, op(0x8F), modrm | notReg | def64, 0, rSP, group1A},

	row{np | p66 | pF2, op(0x90), opReg, Nop90, 0, nil}, // Decode unmakes this with REX.B: xchg r8,rax
	row{pF3, op(0x90), 0, Pause, 0, nil},
	row{all, span(0x91, 0x97), opReg, 0, rAX, nil},                // xchg rAX,reg
	row{all, op(0x98), 0, 0, rAX, nil},                            // cbw, cwde, cdqe
	row{all, op(0x99), 0, 0, rAX | rDX, nil},                      // cwd, cdq, cqo
	row{all, op(0x9A), farPtr | only32, CallFar, rSP, nil},        // lcall
	row{all, op(0x9B), 0, X87, 0, nil},                            // fwait
	row{all, op(0x9C), push | def64, Pushf, rSP, nil},             // pushf
	row{all, op(0x9D), pop | def64, Popf, rSP, nil},               // popf
	row{all, op(0x9E, 0x9F), 0, 0, rAX, nil},                      // sahf, lahf
	row{all, span(0xA0, 0xA3), moffs, 0, rAX, nil},                // mov rAX,O; O,rAX
	row{all, span(0xA4, 0xA7), 0, String, rSI | rDI, nil},         // movs, cmps
	row{all, op(0xA8), immU8, 0, rAX, nil},                        // test al,Ib
	row{all, op(0xA9), immZ, 0, rAX, nil},                         // test rAX,Iz
	row{all, op(0xAA, 0xAB), 0, String, rAX | rDI, nil},           // stos
	row{all, op(0xAC, 0xAD), 0, String, rAX | rSI, nil},           // lods
	row{all, op(0xAE, 0xAF), 0, String, rAX | rDI, nil},           // scas
	row{all, span(0xB0, 0xB7), opReg | byteRM | immU8, 0, 0, nil}, // mov r8,Ib
	row{all, span(0xB8, 0xBF), opReg | immV, 0, 0, nil},           // mov r,Iv

	row{all, op(0xC0), modrm | notReg | byteRM | immU8, 0, 0, nil}, // shift group 2, every digit: rol … sar, /6 as /4
	row{all, op(0xC1), modrm | notReg | immU8, 0, 0, nil},
	row{all, op(0xC2), imm16 | near64, RetNear, rSP, nil},
	row{all, op(0xC3), near64, RetNear, rSP, nil},
	row{all, op(0xC4, 0xC5), modrm | memOnly | only32, SegLoad, 0, nil}, // les, lds
	row{all, op(0xC6), modrm | notReg | byteRM | immU8, 0, 0, group11b},
	row{all, op(0xC7), modrm | notReg, 0, 0, group11v},
	row{all, op(0xC8), immEnter | def64, 0, rSP | rBP, nil}, // enter
	row{all, op(0xC9), def64, 0, rSP | rBP, nil},            // leave
	row{all, op(0xCA), imm16, RetFar, rSP, nil},
	row{all, op(0xCB), 0, RetFar, rSP, nil},
	row{all, op(0xCC), 0, Int3, 0, nil},
	row{all, op(0xCD), immU8, IntN, 0, nil},
	row{all, op(0xCE), only32, Into, 0, nil},
	row{all, op(0xCF), 0, Iret, rSP, nil},

	row{all, op(0xD0), modrm | notReg | byteRM, 0, 0, nil}, // shift by 1
	row{all, op(0xD1), modrm | notReg, 0, 0, nil},
	row{all, op(0xD2), modrm | notReg | byteRM, 0, rCX, nil}, // shift by cl
	row{all, op(0xD3), modrm | notReg, 0, rCX, nil},
	row{all, op(0xD4, 0xD5), immU8 | only32, 0, rAX, nil}, // aam, aad
	row{all, op(0xD6), only32, 0, rAX, nil},               // salc, undocumented
	row{all, op(0xD7), 0, 0, rAX | rBX, nil},              // xlat
	row{all, op(0xD8), vec, X87, 0, x87D8},
	row{all, op(0xD9), vec, X87, 0, x87D9},
	row{all, op(0xDA), vec, X87, 0, x87DA},
	row{all, op(0xDB), vec, X87, 0, x87DB},
	row{all, op(0xDC), vec, X87, 0, x87DC},
	row{all, op(0xDD), vec, X87, 0, x87DD},
	row{all, op(0xDE), vec, X87, 0, x87DE},
	row{all, op(0xDF), vec, X87, 0, x87DF},

	row{all, span(0xE0, 0xE2), rel8 | near64, Loop, rCX, nil},
	row{all, op(0xE3), rel8 | near64, Jcxz, rCX, nil},
	row{all, span(0xE4, 0xE7), immU8, PortIO | IOPL, rAX, nil}, // in, out Ib
	row{all, op(0xE8), relZ | near64, CallRel, rSP, nil},
	row{all, op(0xE9), relZ | near64, JmpRel, 0, nil},
	row{all, op(0xEA), farPtr | only32, JmpFar, 0, nil},
	row{all, op(0xEB), rel8 | near64, JmpRel, 0, nil},
	row{all, span(0xEC, 0xEF), 0, PortIO | IOPL, rAX | rDX, nil}, // in, out dx
	row{all, op(0xF1), 0, Icebp, 0, nil},
	row{all, op(0xF4), 0, Hlt | Privileged, 0, nil},
	row{all, op(0xF5, 0xF8, 0xF9, 0xFC, 0xFD), 0, 0, 0, nil}, // cmc, clc, stc, cld, std
	row{all, op(0xF6), modrm | notReg | byteRM, 0, 0, group3b},
	row{all, op(0xF7), modrm | notReg, 0, 0, group3v},
	row{all, op(0xFA), 0, Cli | IOPL, 0, nil},
	row{all, op(0xFB), 0, Sti | IOPL, 0, nil},
	row{all, op(0xFE), modrm | notReg | byteRM, 0, 0, group4},
	row{all, op(0xFF), modrm | notReg, 0, 0, group5},
)
