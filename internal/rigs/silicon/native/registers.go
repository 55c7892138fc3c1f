//go:build linux && amd64

package native

import (
	"encoding/binary"
	"math"

	"golang.org/x/sys/unix"

	"trapline/internal/rigs/silicon"
)

// general returns where r keeps each general register, by register number.
func general(r *unix.PtraceRegs) [16]*uint64 {
	return [16]*uint64{
		&r.Rax, &r.Rcx, &r.Rdx, &r.Rbx, &r.Rsp, &r.Rbp, &r.Rsi, &r.Rdi,
		&r.R8, &r.R9, &r.R10, &r.R11, &r.R12, &r.R13, &r.R14, &r.R15,
	}
}

// selectorFields returns where r keeps each selector, by segment register number.
func selectorFields(r *unix.PtraceRegs) [6]*uint64 {
	return [6]*uint64{&r.Es, &r.Cs, &r.Ss, &r.Ds, &r.Fs, &r.Gs}
}

// noSystemCall in orig_rax keeps the kernel from restarting a system call.
const noSystemCall = ^uint64(0)

// encodeRegisters returns s as PTRACE_SETREGS takes it. A 64-bit tracer uses the
// 64-bit layout for a 32-bit child too.
func encodeRegisters(s *silicon.State) unix.PtraceRegs {
	r := unix.PtraceRegs{
		Rip: s.RIP, Eflags: s.RFLAGS, Orig_rax: noSystemCall,
		Fs_base: s.FSBase, Gs_base: s.GSBase,
	}
	for i, p := range general(&r) {
		*p = s.GPR[i]
	}
	for i, p := range selectorFields(&r) {
		*p = uint64(s.Selectors[i])
	}
	return r
}

// decodeRegisters is the reverse, and cuts to what mode can name.
func decodeRegisters(s *silicon.State, r *unix.PtraceRegs, mode silicon.Mode) {
	s.RIP, s.RFLAGS = r.Rip, r.Eflags
	fields := general(r)
	for i := range mode.Registers() {
		s.GPR[i] = *fields[i]
		if mode == silicon.Mode32 { // the kernel returns from a system call with a 64-bit -errno
			s.GPR[i] &= math.MaxUint32
		}
	}
	for i, p := range selectorFields(r) {
		s.Selectors[i] = uint16(*p)
	}
	if mode == silicon.Mode64 {
		s.FSBase, s.GSBase = r.Fs_base, r.Gs_base
	}
}

// Offsets in XSAVE's area (SDM vol. 1, table 10-2 and 13.4), of which the first
// 512 bytes are FXSAVE's.
const (
	fxSize   = 512
	fxStatus = 2
	fxTag    = 4
	fxMXCSR  = 24
	fxST     = 32  // 16 bytes each, 10 used
	fxXMM    = 160 // 16 bytes each

	xstateBV    = fxSize // which components the area holds
	xstateUpper = 576    // 16 bytes each
	xstateAVX   = 7      // x87, SSE and AVX
	xstateZMM   = 7 << 5 // AVX-512: the parts of its registers
	maxXState   = 1 << 14
)

// encodeFloat puts s into the area f, whose other components stay as they are;
// those of AVX-512 get their initial value.
func encodeFloat(s *silicon.State, f []byte) {
	clear(f[:fxMXCSR])
	clear(f[fxST:fxXMM])
	le := binary.LittleEndian
	le.PutUint16(f, s.X87.Control)
	le.PutUint16(f[fxStatus:], s.X87.Status)
	f[fxTag] = s.X87.Tag
	le.PutUint32(f[fxMXCSR:], s.MXCSR)
	for i := range s.X87.ST {
		copy(f[fxST+16*i:], s.X87.ST[i][:])
	}
	for i := range s.XMM {
		copy(f[fxXMM+16*i:], s.XMM[i][:])
	}
	if len(f) >= xstateUpper+16*len(s.Upper) {
		for i := range s.Upper {
			copy(f[xstateUpper+16*i:], s.Upper[i][:])
		}
		le.PutUint64(f[xstateBV:], le.Uint64(f[xstateBV:])&^xstateZMM|xstateAVX)
	}
}

// decodeFloat is the reverse, and cuts to the vector registers that mode can name.
func decodeFloat(s *silicon.State, f []byte, mode silicon.Mode) {
	le := binary.LittleEndian
	s.X87.Control = le.Uint16(f)
	s.X87.Status = le.Uint16(f[fxStatus:])
	s.X87.Tag = f[fxTag]
	s.MXCSR = le.Uint32(f[fxMXCSR:])
	for i := range s.X87.ST {
		copy(s.X87.ST[i][:], f[fxST+16*i:])
	}
	for i := range mode.Registers() {
		copy(s.XMM[i][:], f[fxXMM+16*i:])
		if len(f) >= xstateUpper+16*len(s.Upper) {
			copy(s.Upper[i][:], f[xstateUpper+16*i:])
		}
	}
}
