// Package softfloat is binary floating point as x86 processors do it, in plain Go: binary16, binary32 and
// binary64 of SSE, AVX and F16C, and the extended format of x87 with 80 bits.
//
// Operands and results are bit patterns: uint16, uint32, uint64, and [Ext]. Each operation is a method of
// [Env], which says how to round and collects the exceptions that the operation raised, as MXCSR and the
// status word name them. Results are those of masked exceptions; where an unmasked one has another result
// (SDM vol. 1, 4.9), Env.Unmasked asks for it. Whether an instruction writes a result at all is the caller's
// to decide.
//
// NaNs are propagated by SSE's rule in binary32 and binary64 (the first operand that is one), and by x87's in
// the extended format (the larger significand). Tininess is detected after rounding.
//
// Inside, every finite value is a number: a significand of 64 bits with the top bit set and an exponent. One
// implementation serves all formats; it works on significands of 128 bits, of which the lowest is sticky.
package softfloat
