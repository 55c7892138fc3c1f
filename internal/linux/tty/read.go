package tty

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Readable is how many bytes a reader of the slave's end could have now: lines, or what MIN asks for.
func (p *Pair) Readable() int {
	if p.has(abi.ICANON) {
		return p.edited()
	}
	return len(p.input)
}

// Waiting is what FIONREAD tells of the slave's end: without what ends a file.
func (p *Pair) Waiting() int {
	n := p.Readable()
	if p.has(abi.ICANON) {
		for _, end := range p.lines {
			if p.input[end-1] == 0 {
				n--
			}
		}
	}
	return n
}

// Read gives a reader of the slave's end what there is: of a line at most one (n_tty_read()). It returns the signals that
// bytes send for which there was no room before.
func (p *Pair) Read(b []byte) (int, []int) {
	n := 0
	if p.has(abi.ICANON) {
		n = p.readLine(b)
	} else {
		n = copy(b, p.input)
		p.drop(n)
	}
	return n, p.pull()
}

// readLine gives what is in b's length of the first line. A byte of EOF is not given, and goes with what is before it.
func (p *Pair) readLine(b []byte) int {
	end := p.lines[0]
	eof := p.input[end-1] == 0
	text := p.input[:end]
	if eof {
		text = text[:end-1]
	}
	n := copy(b, text)
	if eof && n == len(text) {
		p.drop(end)
	} else {
		p.drop(n)
	}
	return n
}

// drop takes bytes off input.
func (p *Pair) drop(n int) {
	p.input = slices.Delete(p.input, 0, n)
	for i := range p.lines {
		p.lines[i] -= n
	}
	for len(p.lines) > 0 && p.lines[0] <= 0 {
		p.lines = slices.Delete(p.lines, 0, 1)
	}
}

// Arrived is how many bytes there are at the master's end, with the status of packet mode.
func (p *Pair) Arrived() (bytes int, status byte) {
	if p.Packet {
		status = p.status
	}
	return len(p.output), status
}

// Show gives the master's end what has arrived. In packet mode the first byte says what follows.
func (p *Pair) Show(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	head := 0
	if p.Packet {
		if b[0] = p.status; p.status != 0 {
			p.status = 0
			return 1
		}
		head = 1
	}
	n := copy(b[head:], p.output[:min(len(p.output), LineSize-1)])
	p.output = slices.Delete(p.output, 0, n)
	p.changed()
	return head + n
}

// FlushShown drops what has arrived at the master's end.
func (p *Pair) FlushShown() {
	p.output = slices.Delete(p.output, 0, min(len(p.output), LineSize-1))
	p.changed()
}

// SetPacket switches packet mode (TIOCPKT).
func (p *Pair) SetPacket(on bool) {
	if on && !p.Packet {
		p.status = 0
	}
	p.Packet = on
}

// Set changes the terminal's modes (tty_set_termios()). It returns signals as Read does.
func (p *Pair) Set(to abi.Termios2) []int {
	was := p.Termios
	to.Cflag = to.Cflag&^(abi.CSIZE|abi.PARENB) | abi.CS8 | abi.CREAD // pty_set_termios()
	p.Termios = to
	if flows, flowed := p.stops(to), p.stops(was); flows && !flowed {
		p.tells(abi.TIOCPKT_DOSTOP, abi.TIOCPKT_NOSTOP)
	} else if !flows && flowed {
		p.tells(abi.TIOCPKT_NOSTOP, abi.TIOCPKT_DOSTOP)
	}
	if (was.Lflag^to.Lflag)&abi.ICANON != 0 {
		p.lines, p.erasing, p.literal = nil, false, false
		if p.has(abi.ICANON) && len(p.input) > 0 {
			p.lines = []int{len(p.input)}
		}
	}
	if was.Iflag&abi.IXON != 0 && to.Iflag&abi.IXON == 0 {
		p.Go(false)
	}
	return p.pull()
}

// stops reports whether ^S and ^Q hold output and let it go on.
func (p *Pair) stops(m abi.Termios2) bool {
	return m.Iflag&abi.IXON != 0 && m.Cc[abi.VSTOP] == 'S'-'@' && m.Cc[abi.VSTART] == 'Q'-'@'
}
