package insn

// Opcode groups: SDM vol. 2, table A-6. A row's "opcodes" are ModRM bytes.

var group1 = newMap( // 80..83: add, or, adc, sbb, and, sub, xor, cmp
	row{all, digit(0, 1, 2, 3, 4, 5, 6), lockable, 0, 0, nil},
	row{all, digit(7), 0, 0, 0, nil},
)

var group1A = newMap(row{all, digit(0), pop, 0, 0, nil}) // 8F: pop; the other digits were XOP's

var groupMovFromSeg = newMap(row{all, digit(0, 1, 2, 3, 4, 5), 0, 0, 0, nil}) // 8C: es, cs, ss, ds, fs, gs

var groupMovToSeg = newMap( // 8E: cs cannot be loaded
	row{all, digit(0, 3, 4, 5), 0, 0, 0, nil},
	row{all, digit(2), 0, MovSS, 0, nil},
)

var group3b = newMap( // F6: test (/1 as /0), not, neg, mul, imul, div, idiv
	row{all, digit(0, 1), immU8, 0, 0, nil},
	row{all, digit(2, 3), lockable, 0, 0, nil},
	row{all, digit(4, 5, 6, 7), 0, 0, rAX, nil},
)

var group3v = newMap( // F7
	row{all, digit(0, 1), immZ, 0, 0, nil},
	row{all, digit(2, 3), lockable, 0, 0, nil},
	row{all, digit(4, 5, 6, 7), 0, 0, rAX | rDX, nil},
)

var group4 = newMap(row{all, digit(0, 1), lockable, 0, 0, nil}) // FE: inc, dec

var group5 = newMap( // FF
	row{all, digit(0, 1), lockable, 0, 0, nil}, // inc, dec
	row{all, digit(2), near64, CallInd, rSP, nil},
	row{all, digit(3), memOnly, CallFar, rSP, nil},
	row{all, digit(4), near64, JmpInd, 0, nil},
	row{all, digit(5), memOnly, JmpFar, 0, nil},
	row{all, digit(6), push | def64, 0, rSP, nil}, // push
)

var group6 = newMap( // 0F 00
	row{all, digit(0, 1), 0, SystemTable, 0, nil},              // sldt, str
	row{all, digit(2, 3), 0, SystemTable | Privileged, 0, nil}, // lldt, ltr
	row{all, digit(4, 5), 0, 0, 0, nil},                        // verr, verw
)

// group7 is 0F 01. Its register forms other than smsw and lmsw are instructions without operands.
var group7 = newMap(
	row{all, mem(0, 1), force64, SystemTable, 0, nil},                    // sgdt, sidt
	row{all, mem(2, 3), force64, SystemTable | Privileged, 0, nil},       // lgdt, lidt
	row{all, digit(4), 0, CR, 0, nil},                                    // smsw
	row{pF3, mem(5), 0, 0, 0, nil},                                       // rstorssp
	row{all, digit(6), 0, CR | Privileged, 0, nil},                       // lmsw
	row{all, mem(7), noAccess, Privileged, 0, nil},                       // invlpg
	row{np, op(0xC0), notRM, Terminate | Privileged, allGPR, nil},        // enclv
	row{np, op(0xC1), notRM, Terminate, allGPR, nil},                     // vmcall
	row{np, op(0xC2, 0xC3), notRM, Terminate | Privileged, 0, nil},       // vmlaunch, vmresume
	row{np, op(0xC4), notRM, Privileged, 0, nil},                         // vmxoff
	row{np, op(0xC5), notRM, Privileged, rAX | rBX | rCX | rDX, nil},     // pconfig
	row{np, op(0xC8, 0xC9), notRM, Privileged, rAX | rCX | rDX, nil},     // monitor, mwait
	row{np, op(0xCA, 0xCB), notRM, Privileged, 0, nil},                   // clac, stac
	row{np, op(0xCF), notRM, Terminate | Privileged, allGPR, nil},        // encls
	row{np, op(0xD0), notRM, 0, rAX | rCX | rDX, nil},                    // xgetbv
	row{np, op(0xD1), notRM, Privileged, rAX | rCX | rDX, nil},           // xsetbv
	row{np, op(0xD4), notRM, Terminate, rAX | rCX, nil},                  // vmfunc
	row{np, op(0xD5, 0xD6), notRM, 0, 0, nil},                            // xend, xtest
	row{np, op(0xD7), notRM, Terminate, allGPR, nil},                     // enclu
	row{all, op(0xD8), notRM, Terminate | Privileged, allGPR, nil},       // vmrun
	row{all, op(0xD9), notRM, Terminate, allGPR, nil},                    // vmmcall, vmgexit
	row{all, op(0xDA, 0xDB), notRM, Privileged, rAX, nil},                // vmload, vmsave
	row{all, op(0xDC, 0xDD), notRM, Privileged, 0, nil},                  // stgi, clgi
	row{all, op(0xDE), notRM, Terminate | Privileged, allGPR, nil},       // skinit
	row{all, op(0xDF), notRM, Privileged, rAX | rCX, nil},                // invlpga
	row{np, op(0xE8), notRM, 0, 0, nil},                                  // serialize
	row{pF3, op(0xE8), notRM, Privileged, 0, nil},                        // setssbsy
	row{pF2, op(0xE8, 0xE9), notRM, 0, 0, nil},                           // xsusldtrk, xresldtrk
	row{pF3, op(0xEA), notRM, 0, 0, nil},                                 // saveprevssp
	row{pF3, op(0xEC), notRM | only64, Terminate, rSP, nil},              // uiret
	row{pF3, op(0xED, 0xEE, 0xEF), notRM | only64, 0, 0, nil},            // testui, clui, stui
	row{np, op(0xEE, 0xEF), notRM, 0, rAX | rCX | rDX, nil},              // rdpkru, wrpkru
	row{all, op(0xF8), notRM | only64, Privileged, 0, nil},               // swapgs
	row{all, op(0xF9), notRM, Unpredictable, rAX | rCX | rDX, nil},       // rdtscp
	row{np, op(0xFA), notRM, 0, rAX | rCX | rDX, nil},                    // monitorx
	row{pF3, op(0xFA), notRM, 0, rCX, nil},                               // mcommit
	row{np, op(0xFB), notRM, 0, rAX | rBX | rCX, nil},                    // mwaitx
	row{np, op(0xFC), notRM, 0, rAX, nil},                                // clzero
	row{np, op(0xFD), notRM, Unpredictable, rAX | rCX | rDX, nil},        // rdpru
	row{np, op(0xFE), notRM, Privileged, rAX | rCX | rDX, nil},           // invlpgb
	row{pF3, op(0xFE), notRM | only64, Privileged, rAX | rCX | rDX, nil}, // rmpadjust
	row{pF2, op(0xFE), notRM | only64, Privileged, rAX | rCX, nil},       // rmpupdate
	row{np | pF2, op(0xFF), notRM, Privileged, rAX | rCX | rDX, nil},     // tlbsync, pvalidate
	row{pF3, op(0xFF), notRM | only64, Privileged, rAX, nil},             // psmash
)

var group8 = newMap( // 0F BA: bt, bts, btr, btc
	row{all, digit(4), 0, 0, 0, nil},
	row{all, digit(5, 6, 7), lockable, 0, 0, nil},
)

var group9 = newMap( // 0F C7
	row{all, mem(1), lockable, 0, rAX | rBX | rCX | rDX, nil}, // cmpxchg8b, cmpxchg16b
	row{all, mem(3), 0, Privileged, rAX | rDX, nil},           // xrstors
	row{all, mem(4), 0, 0, rAX | rDX, nil},                    // xsavec
	row{all, mem(5), 0, Privileged, rAX | rDX, nil},           // xsaves
	row{np | p66 | pF3, mem(6), 0, Privileged, 0, nil},        // vmptrld, vmclear, vmxon
	row{np, mem(7), 0, Privileged, 0, nil},                    // vmptrst
	row{np | p66, reg(6, 7), 0, Unpredictable, 0, nil},        // rdrand, rdseed
	row{pF3, reg(6), only64, 0, 0, nil},                       // senduipi
	row{pF3, reg(7), force64, Unpredictable, 0, nil},          // rdpid
)

var group11b = newMap( // C6
	row{all, digit(0), 0, 0, 0, nil},               // mov Eb,Ib
	row{all, op(0xF8), notRM, Terminate, rAX, nil}, // xabort
)

var group11v = newMap( // C7
	row{all, digit(0), immZ, 0, 0, nil},                // mov Ev,Iz
	row{all, op(0xF8), notRM | relX, Xbegin, rAX, nil}, // xbegin
)

var group12 = newMap(row{np, reg(2, 4, 6), 0, MMX, 0, nil}, row{p66, reg(2, 4, 6), 0, SSE, 0, nil}) // 0F 71, 72

var group14 = newMap( // 0F 73
	row{np, reg(2, 6), 0, MMX, 0, nil},
	row{p66, reg(2, 3, 6, 7), 0, SSE, 0, nil},
)

var group15 = newMap( // 0F AE
	row{np, mem(0, 1), 0, X87 | SSE, 0, nil},     // fxsave, fxrstor
	row{np, mem(2, 3), 0, SSE, 0, nil},           // ldmxcsr, stmxcsr
	row{np, mem(4, 5, 6), 0, 0, rAX | rDX, nil},  // xsave, xrstor, xsaveopt
	row{np, mem(7), noAccess, 0, 0, nil},         // clflush
	row{p66, mem(6, 7), noAccess, 0, 0, nil},     // clwb, clflushopt
	row{pF3, digit(4), 0, 0, 0, nil},             // ptwrite
	row{pF3, mem(6), 0, Privileged, 0, nil},      // clrssbsy
	row{np, reg(5, 6, 7), notRM, 0, 0, nil},      // lfence, mfence, sfence
	row{p66, reg(6), 0, 0, rAX | rDX, nil},       // tpause
	row{pF3, reg(0, 1, 2, 3), only64, 0, 0, nil}, // rdfsbase, rdgsbase, wrfsbase, wrgsbase
	row{pF3, reg(5), 0, 0, 0, nil},               // incssp
	row{pF3, reg(6), def64, 0, 0, nil},           // umonitor
	row{pF2, reg(6), 0, 0, rAX | rDX, nil},       // umwait
)

var group17 = newMap(row{p66, reg(0), 0, SSE, 0, nil}) // 66 0F 78: extrq
