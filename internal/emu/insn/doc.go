// Package insn decodes the attributes of one x86 instruction: its length, the place and value of every
// field, and what kind of instruction it is. It executes nothing and formats nothing.
//
// Protected mode with 32-bit code (Mode32) and 64-bit mode (Mode64) are covered, up to AVX-512, AMX and the
// CET, UINTR and RAO extensions; 16-bit code, and what only processors of the past had (3DNow!, XOP, FMA4,
// LWP, MPX as more than a NOP, APX), are not: their encodings are invalid, as on processors sold today.
//
// An opcode that any current processor defines is valid here, whether or not the simulated one has the
// feature. An encoding that raises #UD on every processor is ErrInvalid.
//
// Lengths and validity are held to GNU objdump by the tests (differences_test.go lists where it is wrong) and
// were compared with an AMD Zen 4, instruction by instruction.
//
// The opcode maps are tables of rows, one file a map (see table.go for the grammar), after Intel SDM vol. 2,
// appendix A and chapters 3 to 6, and AMD APM vol. 3.
package insn
