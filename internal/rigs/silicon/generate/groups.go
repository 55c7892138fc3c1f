package generate

// Group is a set of instruction groups, to be switched on and off together.
type Group uint64

// The groups of instructions.
const (
	Arithmetic    Group = 1 << iota // add, sub, cmp, and, test, inc, neg, ...
	Multiply                        // mul, imul
	Divide                          // div, idiv, with and without #DE
	Shift                           // shifts, rotates, shld, shrd
	Bit                             // bt, bts, btr, btc, bsf, bsr, bswap
	Popcnt                          // popcnt
	LeadingZero                     // lzcnt, tzcnt
	Move                            // mov, movzx, movsx, lea, xlat, cbw, cwd
	Movbe                           // movbe
	Conditional                     // setcc, cmovcc
	Exchange                        // xchg, xadd, cmpxchg, cmpxchg8b, with and without LOCK
	Exchange16                      // cmpxchg16b
	Stack                           // push, pop, pusha, enter, leave
	String                          // movs, stos, lods, cmps, scas, with and without REP
	Flag                            // clc, std, lahf, sahf, pushf, popf
	Flow                            // jcc, jmp, loop, call, ret
	Decimal                         // daa, aas, aam, ... (32-bit mode)
	Fault                           // undefined opcodes, privileged instructions, int3
	IllegalLock                     // LOCK where it is not allowed: #UD
	SSE                             // SSE and SSE2 floating point
	SSEInteger                      // SSE2 integers and shuffles
	SSE3                            // haddps, movddup, ...
	SSSE3                           // pshufb, palignr, ...
	SSE4                            // SSE4.1 and SSE4.2 without the string comparisons
	FloatSpecials                   // registers start with NaNs, infinities and denormals too
	Misaligned                      // packed SSE operands that are not aligned: #GP
	X87                             // x87 loads, stores, arithmetic and compares
	MMX                             // MMX on the x87 registers
	Wild                            // memory operands that miss the mapped regions

	groupCount = iota
)

// AllGroups has every group.
const AllGroups Group = 1<<groupCount - 1

// Baseline has the groups of every x86-64 processor.
const Baseline = AllGroups &^ (Popcnt | LeadingZero | Movbe | SSE3 | SSSE3 | SSE4)
