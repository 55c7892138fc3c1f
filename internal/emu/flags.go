package emu

import "trapline/internal/x86"

// EFLAGS bits.
const (
	CF          = x86.CF
	PF          = x86.PF
	AF          = x86.AF
	ZF          = x86.ZF
	SF          = x86.SF
	TF          = x86.TF
	IF          = x86.IF
	DF          = x86.DF
	OF          = x86.OF
	IOPL        = x86.IOPL
	NT          = x86.NT
	RF          = x86.RF
	VM          = x86.VM
	AC          = x86.AC
	VIF         = x86.VIF
	VIP         = x86.VIP
	ID          = x86.ID
	FlagsFixed  = x86.FlagsFixed
	FlagsStatus = x86.FlagsStatus
)
