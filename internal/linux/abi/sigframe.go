package abi

// Flags of uc_flags: the frame's floating-point state is XSAVE's; the frame holds
// SS, and it is taken back as it is.
const (
	UC_FP_XSTATE         = 1
	UC_SIGCONTEXT_SS     = 2
	UC_STRICT_RESTORE_SS = 4
)

// Sizes and magic words of the floating-point state in a frame: FP32Size is that of struct
// _fpstate_32, and FP32Legacy is where FXSAVE's area begins in it; the second magic word is
// behind XSAVE's area. In bytes.
const (
	FP32Legacy            = 112
	FP32Size              = FP32Legacy + 512
	FP_XSTATE_MAGIC1      = 0x46505853
	FP_XSTATE_MAGIC2      = 0x46505845
	FP_XSTATE_MAGIC2_SIZE = 4
)
