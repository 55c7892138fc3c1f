package abi

// Offsets in struct rt_sigframe of x86-64: pretcode, ucontext, siginfo, in
// bytes. Sizes and offsets are those of arch/x86/include/asm/sigframe.h and
// uapi/asm/sigcontext.h.
const (
	Frame64UC      = 8
	Frame64Link    = Frame64UC + 8
	Frame64Stack   = Frame64UC + 16
	Frame64Regs    = Frame64UC + 40 // r8 to r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags
	Frame64Segs    = Frame64Regs + 144
	Frame64SS      = Frame64Segs + 6
	Frame64Err     = Frame64Regs + 152
	Frame64FPState = Frame64Regs + 184
	Frame64Mask    = Frame64UC + 296
	Frame64Info    = Frame64UC + 304
	Frame64Size    = Frame64Info + SizeofSiginfo
)

// SizeofSiginfo is the size of siginfo_t, on both architectures.
const SizeofSiginfo = 128

// Flags of uc_flags: the frame's floating-point state is XSAVE's; the frame holds
// SS, and it is taken back as it is.
const (
	UC_FP_XSTATE         = 1
	UC_SIGCONTEXT_SS     = 2
	UC_STRICT_RESTORE_SS = 4
)

// Offsets in struct sigcontext of i386.
const (
	Context32Segs   = 0 // gs, fs, es, ds in words of four bytes
	Context32Regs   = 16
	Context32TrapNo = 48
	Context32Err    = 52
	Context32IP     = 56
	Context32CS     = 60
	Context32Flags  = 64
	Context32SP     = 68
	Context32SS     = 72
	Context32FP     = 76
	Context32Mask   = 80
	Context32CR2    = 84
	Context32Size   = 88
)

// Offsets in struct sigframe_ia32: pretcode, sig, sigcontext, a gap for the
// old x87 state, extramask, retcode.
const (
	Frame32Context   = 8
	Frame32ExtraMask = Frame32Context + Context32Size + FP32Size
	Frame32Code      = Frame32ExtraMask + 4
	Frame32Size      = Frame32Code + 8
)

// Offsets in struct rt_sigframe_ia32: pretcode, sig, pinfo, puc, siginfo,
// ucontext, retcode.
const (
	RTFrame32InfoPtr = 8
	RTFrame32UCPtr   = 12
	RTFrame32Info    = 16
	RTFrame32UC      = RTFrame32Info + SizeofSiginfo
	RTFrame32Stack   = RTFrame32UC + 8
	RTFrame32Context = RTFrame32UC + 20
	RTFrame32Mask    = RTFrame32Context + Context32Size
	RTFrame32Code    = RTFrame32Mask + 8
	RTFrame32Size    = RTFrame32Code + 8
)

// struct _fpstate_32 is the image of FSAVE and a status word, then FXSAVE's.
const (
	FP32Legacy = 112
	FP32Size   = FP32Legacy + 512
)

// struct _fpx_sw_bytes, in the bytes that FXSAVE leaves: what lies behind its area
// in a frame. The second magic word follows XSAVE's area.
const (
	FXSoftware            = 464
	FXSoftwareExtended    = FXSoftware + 4 // size with the magic word
	FXSoftwareXFeatures   = FXSoftware + 8
	FXSoftwareXSize       = FXSoftware + 16
	FP_XSTATE_MAGIC1      = 0x46505853
	FP_XSTATE_MAGIC2      = 0x46505845
	FP_XSTATE_MAGIC2_SIZE = 4
)
