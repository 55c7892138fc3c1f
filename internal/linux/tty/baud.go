package tty

import "trapline/internal/linux/abi"

// bauds are the speeds that numbers of CBAUD stand for; the second half has BOTHER set, which alone stands for none.
var bauds = [...]uint32{
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
	0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
}

// Speeds sets the speeds that flags stand for, but for those that are given as numbers (BOTHER).
func Speeds(t *abi.Termios2) {
	t.Ospeed = baud(t.Cflag&abi.CBAUD, t.Ospeed)
	if in := t.Cflag >> abi.IBSHIFT & abi.CBAUD; in != 0 {
		t.Ispeed = baud(in, t.Ispeed)
	} else {
		t.Ispeed = t.Ospeed
	}
}

func baud(n, given uint32) uint32 {
	if n == abi.BOTHER {
		return given
	}
	return bauds[n&15|n>>8&16]
}
