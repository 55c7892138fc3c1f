// Package generate makes random instruction sequences for the comparison with
// real silicon.
//
// A sequence is made of units: one instruction, or a few that belong together (a
// count loaded before a repeated string instruction, a loop with its body). The
// table of forms (one per operation, operand form and operand size, in the forms_*.go
// files) says how each unit is built. Every sequence begins with the next form of
// the table in turn, so that any run of [Generator.Forms] sequences executes every
// form at least once; the rest of a sequence is drawn at random.
//
// A generator is a pure function of its [Config] and the sequence's index.
//
// Left out on purpose, because their results are not defined by the instruction set:
// BSWAP of a 16-bit register, BSF and BSR of zero, 16-bit SHLD and SHRD by more than
// 16, RCPPS and RSQRTPS (approximations), near branches with an operand size prefix in
// 64-bit mode and segment register pushes (vendors differ), and whatever reports on the
// machine (CPUID, RDTSC, SGDT...), nor SALC and other undocumented opcodes. Alignment checking (AC) stays off.
package generate
