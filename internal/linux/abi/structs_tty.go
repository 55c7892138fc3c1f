package abi

// Termios is struct termios of include/uapi/asm-generic/termbits.h.
type Termios struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Line                       uint8
	Cc                         [NCCS]uint8
}

// Termios2 is struct termios2, which has the speeds, in baud, too.
type Termios2 struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Line                       uint8
	Cc                         [NCCS]uint8
	Ispeed, Ospeed             uint32
}

// Winsize is struct winsize of include/uapi/asm-generic/termios.h.
type Winsize struct{ Row, Col, Xpixel, Ypixel uint16 }
