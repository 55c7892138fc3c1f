package abi

// Size of a local descriptor table (modify_ldt(2)), in descriptors and bytes of one.
const (
	LDT_ENTRIES    = 8192
	LDT_ENTRY_SIZE = 8
)

// Bits of UserDesc.Flags, each a bit field of struct user_desc; contents is two bits: data,
// data that grows down, code, conforming code.
const (
	UserDescSeg32bit      = 1 << 0
	UserDescContents      = 3 << 1
	UserDescReadExecOnly  = 1 << 3
	UserDescLimitInPages  = 1 << 4
	UserDescSegNotPresent = 1 << 5
	UserDescUseable       = 1 << 6
	UserDescLm            = 1 << 7 // of 64-bit kernels
)
