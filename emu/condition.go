package emu

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
