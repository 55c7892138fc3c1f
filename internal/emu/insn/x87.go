package insn

// The x87 escapes: SDM vol. 2, tables. A row's "opcodes" are ModRM bytes. Only fnstsw ax has a
// general register. Aliases that processors execute without documenting them are in.

var x87D8 = newMap(row{all, span(0x00, 0xFF), 0, 0, 0, nil})

var x87D9 = newMap(
	row{all, mem(0, 2, 3, 4, 5, 6, 7), 0, 0, 0, nil},
	row{all, span(0xC0, 0xD0), 0, 0, 0, nil}, // fld, fxch, fnop
	row{all, span(0xD8, 0xDF), 0, 0, 0, nil}, // fstp, alias
	row{all, op(0xE0, 0xE1, 0xE4, 0xE5), 0, 0, 0, nil},
	row{all, span(0xE8, 0xEE), 0, 0, 0, nil},
	row{all, span(0xF0, 0xFF), 0, 0, 0, nil},
)

var x87DA = newMap(
	row{all, span(0x00, 0xBF), 0, 0, 0, nil},
	row{all, span(0xC0, 0xDF), 0, 0, 0, nil}, // fcmovcc
	row{all, op(0xE9), 0, 0, 0, nil},         // fucompp
)

var x87DB = newMap(
	row{all, mem(0, 1, 2, 3, 5, 7), 0, 0, 0, nil},
	row{all, span(0xC0, 0xDF), 0, 0, 0, nil}, // fcmovncc
	row{all, span(0xE0, 0xE4), 0, 0, 0, nil}, // feni, fdisi (8087), fnclex, fninit, fsetpm (287)
	row{all, span(0xE8, 0xF7), 0, 0, 0, nil}, // fucomi, fcomi
)

var x87DC = newMap(row{all, span(0x00, 0xFF), 0, 0, 0, nil}) // D0..DF: fcom, fcomp, aliases

var x87DD = newMap(
	row{all, mem(0, 1, 2, 3, 4, 6, 7), 0, 0, 0, nil},
	row{all, span(0xC0, 0xEF), 0, 0, 0, nil}, // ffree, fxch (alias), fst, fstp, fucom, fucomp
)

var x87DE = newMap(
	row{all, span(0x00, 0xBF), 0, 0, 0, nil},
	row{all, span(0xC0, 0xD7), 0, 0, 0, nil}, // faddp, fmulp, fcomp (alias)
	row{all, op(0xD9), 0, 0, 0, nil},         // fcompp
	row{all, span(0xE0, 0xFF), 0, 0, 0, nil},
)

var x87DF = newMap(
	row{all, span(0x00, 0xBF), 0, 0, 0, nil},
	row{all, span(0xC0, 0xDF), 0, 0, 0, nil}, // ffreep, fxch, fstp, fstp: aliases
	row{all, op(0xE0), 0, 0, rAX, nil},       // fnstsw ax
	row{all, span(0xE8, 0xF7), 0, 0, 0, nil}, // fucomip, fcomip
)
