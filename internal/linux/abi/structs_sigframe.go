package abi

// Sigcontext64 is struct sigcontext_64 of arch/x86/include/uapi/asm/sigcontext.h.
type Sigcontext64 struct {
	R8, R9, R10, R11, R12, R13, R14, R15 uint64
	Di, Si, Bp, Bx, Dx, Ax, Cx, Sp       uint64
	IP, Flags                            uint64
	Cs, Gs, Fs, Ss                       uint16
	Err, Trapno, Oldmask, Cr2, Fpstate   uint64 // Fpstate is the address of a struct _fpstate_64
	_                                    [8]uint64
}

// Sigcontext32 is struct sigcontext_32 of the same file, i386's.
type Sigcontext32 struct {
	Gs, _, Fs, _, Es, _, Ds, _     uint16
	Di, Si, Bp, Sp, Bx, Dx, Cx, Ax uint32
	Trapno, Err, IP                uint32
	Cs, _                          uint16
	Flags                          uint32
	SpAtSignal                     uint32 `c:"sp_at_signal"`
	Ss, _                          uint16
	Fpstate, Oldmask, Cr2          uint32 // Fpstate is the address of a struct _fpstate_32
}

// Ucontext64 is struct ucontext of x86-64, of include/uapi/asm-generic/ucontext.h.
type Ucontext64 struct {
	Flags    uint64 // UC_*
	Link     uint64
	Stack    Sigaltstack
	Mcontext Sigcontext64
	Sigmask  uint64
}

// Ucontext32 is struct ucontext_ia32 of arch/x86/include/asm/sighandling.h.
type Ucontext32 struct {
	Flags, Link uint32
	Stack       Sigaltstack
	Mcontext    Sigcontext32
	Sigmask     uint64
}

// RtSigframe64 is struct rt_sigframe of x86-64, of arch/x86/include/asm/sigframe.h.
type RtSigframe64 struct {
	Pretcode uint64
	Uc       Ucontext64
	Info     Siginfo
}

// SigframeIA32 is struct sigframe_ia32 of the same file.
type SigframeIA32 struct {
	Pretcode  uint32
	Sig       int32
	Sc        Sigcontext32
	_         [FP32Size]byte // of kernels before FXSAVE's state
	Extramask uint32         // signals above 32
	Retcode   [8]byte
}

// RtSigframeIA32 is struct rt_sigframe_ia32.
type RtSigframeIA32 struct {
	Pretcode   uint32
	Sig        int32
	Pinfo, Puc uint32 // addresses of Info and Uc
	Info       Siginfo
	Uc         Ucontext32
	Retcode    [8]byte
}

// Fpstate64 is struct _fpstate_64 of arch/x86/include/uapi/asm/sigcontext.h, which is FXSAVE's
// area. A register of the x87 unit has 10 of 16 bytes.
type Fpstate64 struct {
	Cwd, Swd, Twd, Fop uint16
	Rip, Rdp           uint64 // and the selectors of code and data in bits 32 to 47, of 32-bit code
	Mxcsr              uint32
	MxcsrMask          uint32       `c:"mxcsr_mask"`
	StSpace            [8][16]byte  `c:"st_space"`
	XmmSpace           [16][16]byte `c:"xmm_space"`
	_                  [12]uint32
	SwReserved         FpxSwBytes `c:"sw_reserved"`
}

// FpxSwBytes is struct _fpx_sw_bytes: what lies behind FXSAVE's area in a frame.
type FpxSwBytes struct {
	Magic1       uint32 // FP_XSTATE_MAGIC1
	ExtendedSize uint32 `c:"extended_size"` // bytes, with the second magic word
	Xfeatures    uint64 // components of XSAVE
	XstateSize   uint32 `c:"xstate_size"` // bytes of XSAVE's area
	_            [7]uint32
}

// Fpstate32 is struct _fpstate_32 up to FXSAVE's area: FSAVE's (SDM vol. 1, figure 8-9), and
// two words of Linux.
type Fpstate32 struct {
	Cw, Sw, Tag, Ipoff, Cssel, Dataoff, Datasel uint32
	St                                          [8][10]byte `c:"_st"`
	Status, Magic                               uint16
}
