package regs

// EFLAGS bits (SDM vol. 1, 3.4.3).
const (
	CF   uint64 = 1 << 0
	PF   uint64 = 1 << 2
	AF   uint64 = 1 << 4
	ZF   uint64 = 1 << 6
	SF   uint64 = 1 << 7
	TF   uint64 = 1 << 8  // single step
	IF   uint64 = 1 << 9  // maskable interrupts on
	DF   uint64 = 1 << 10 // string instructions run downwards
	OF   uint64 = 1 << 11
	IOPL uint64 = 3 << 12 // privilege needed for I/O and CLI/STI
	NT   uint64 = 1 << 14
	RF   uint64 = 1 << 16 // execute breakpoints off for one instruction
	VM   uint64 = 1 << 17
	AC   uint64 = 1 << 18
	VIF  uint64 = 1 << 19
	VIP  uint64 = 1 << 20
	ID   uint64 = 1 << 21

	// FlagsFixed is bit 1, which always reads as one.
	FlagsFixed uint64 = 1 << 1
	// FlagsStatus are the arithmetic flags.
	FlagsStatus = CF | PF | AF | ZF | SF | OF
)

// Condition evaluates condition code cc (0 o, 1 no, 2 b, … 15 nle) on an EFLAGS value (SDM vol. 1, appendix B).
func Condition(cc byte, flags uint64) bool {
	var v bool
	switch cc >> 1 & 7 {
	case 0:
		v = flags&OF != 0
	case 1:
		v = flags&CF != 0
	case 2:
		v = flags&ZF != 0
	case 3:
		v = flags&(CF|ZF) != 0
	case 4:
		v = flags&SF != 0
	case 5:
		v = flags&PF != 0
	case 6:
		v = (flags&SF != 0) != (flags&OF != 0)
	case 7:
		v = flags&ZF != 0 || (flags&SF != 0) != (flags&OF != 0)
	}
	return v != (cc&1 != 0)
}
