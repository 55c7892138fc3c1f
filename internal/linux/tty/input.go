package tty

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Type takes what is written to the master's end: how many bytes, 0 if there is no room, and the signals that they
// send to the process group in the foreground.
func (p *Pair) Type(b []byte) (int, []int) {
	n := min(len(b), farSize-len(p.far))
	p.far = append(p.far, b[:n]...)
	return n, p.pull()
}

// Insert is TIOCSTI: a byte as if it were typed. It is lost if there is no room.
func (p *Pair) Insert(b byte) []int {
	if !p.makeRoom() {
		return nil
	}
	signals := p.receive(b, len(p.output), false)
	p.commitEchoes()
	p.showEchoes()
	return signals
}

// pull has the line discipline take what has come from the master's end, as long as it has room.
func (p *Pair) pull() (signals []int) {
	taken, shown := 0, len(p.output)
	for taken < len(p.far) && p.makeRoom() {
		signals = append(signals, p.receive(p.far[taken], shown, taken < p.looked)...)
		p.commitEchoes()
		taken++
	}
	p.far = slices.Delete(p.far, 0, taken)
	p.looked = max(0, p.looked-taken)
	if taken > 0 && p.has(abi.ECHO|abi.ECHONL) {
		p.showEchoes()
	}
	p.lookAhead()
	return signals
}

// lookAhead has bytes that there is no room for hold output and let it go on (n_tty_lookahead_flow_ctrl()).
func (p *Pair) lookAhead() {
	for ; p.looked < len(p.far); p.looked++ {
		if p.Termios.Iflag&abi.IXON != 0 {
			p.flows(p.far[p.looked], false)
		}
	}
}

// flows reports whether b holds output or lets it go on, and does that, if it was not done before.
func (p *Pair) flows(b byte, done bool) bool {
	start := p.is(b, abi.VSTART)
	switch {
	case !start && !p.is(b, abi.VSTOP):
		return false
	case done:
	case start:
		p.Go(false)
	default:
		p.Hold(false)
	}
	return true
}

// makeRoom reports whether one more byte can be taken. An edited line that fills the buffer loses its last byte
// (n_tty_receive_buf_common()).
func (p *Pair) makeRoom() bool {
	room := LineSize - len(p.input)
	if p.Termios.Iflag&abi.PARMRK != 0 {
		room = (room + 2) / 3
	}
	if room > 1 {
		return true
	}
	if !p.has(abi.ICANON) || len(p.lines) > 0 {
		return false
	}
	if room < 1 {
		p.input = p.input[:len(p.input)-1]
	}
	return true
}

// edited is where the line begins that is not complete: what comes before it can be read.
func (p *Pair) edited() int {
	if len(p.lines) == 0 {
		return 0
	}
	return p.lines[len(p.lines)-1]
}

// receive is the line discipline for one byte (n_tty_receive_char()). Of the output so many bytes were there before those
// that came with it.
func (p *Pair) receive(b byte, shown int, looked bool) []int {
	in := p.Termios.Iflag
	if p.literal {
		p.literal = false
		p.text(p.stripped(b))
		return nil
	}
	b = p.stripped(b)
	if in&abi.IXON != 0 && p.flows(b, looked) {
		return nil
	}
	if signal := p.signal(b); signal != 0 {
		p.interrupt(b, shown)
		return []int{signal}
	}
	if p.Stopped && !p.byCall && in&abi.IXON != 0 && in&abi.IXANY != 0 {
		p.Go(false)
	}
	made := b == '\r' && in&abi.ICRNL != 0
	switch {
	case b == '\r' && in&abi.IGNCR != 0:
		return nil
	case made:
		b = '\n'
	case b == '\n' && in&abi.INLCR != 0:
		b = '\r'
	}
	if p.has(abi.ICANON) && p.edit(b) {
		return nil
	}
	if made && p.has(abi.ECHO) { // one that is typed is echoed as ^J
		p.endErasing()
		p.echoRaw(b)
		p.put(b)
	} else {
		p.text(b)
	}
	return nil
}

// text takes a byte that means nothing.
func (p *Pair) text(b byte) {
	if p.has(abi.ECHO) {
		p.endErasing()
		p.beginLine()
		p.echo(b)
	}
	p.put(b)
}

// stripped is a byte as ISTRIP and IUCLC leave it.
func (p *Pair) stripped(b byte) byte {
	if p.Termios.Iflag&abi.ISTRIP != 0 {
		b &= 0x7f
	}
	if p.Termios.Iflag&abi.IUCLC != 0 && p.has(abi.IEXTEN) && isUpper(b) {
		b += 'a' - 'A'
	}
	return b
}

// signal is the one that a byte sends; 0: none.
func (p *Pair) signal(b byte) int {
	switch {
	case !p.has(abi.ISIG):
	case p.is(b, abi.VINTR):
		return abi.SIGINT
	case p.is(b, abi.VQUIT):
		return abi.SIGQUIT
	case p.is(b, abi.VSUSP):
		return abi.SIGTSTP
	}
	return 0
}

// interrupt is what a byte that sends a signal does to the terminal.
func (p *Pair) interrupt(b byte, shown int) {
	if !p.has(abi.NOFLSH) {
		p.echoes, p.output = nil, p.output[:min(len(p.output), shown)]
		p.FlushOutput()
		p.FlushInput()
	}
	if p.Termios.Iflag&abi.IXON != 0 {
		p.Go(false)
	}
	if p.has(abi.ECHO) {
		p.echo(b)
	}
}

// put adds a byte for the slave's readers.
func (p *Pair) put(b byte) {
	if b == 0xff && p.Termios.Iflag&abi.PARMRK != 0 {
		p.input = append(p.input, b)
	}
	p.input = append(p.input, b)
}

// edit takes a byte that means something in a line (ICANON); false: it is text.
func (p *Pair) edit(b byte) bool {
	more := p.has(abi.IEXTEN)
	switch {
	case p.is(b, abi.VERASE, abi.VKILL) || more && p.is(b, abi.VWERASE):
		p.erase(b)
	case more && p.is(b, abi.VLNEXT):
		p.literal = true
		if p.has(abi.ECHO) {
			p.endErasing()
			if p.has(abi.ECHOCTL) {
				p.echoRaw('^')
				p.echoRaw('\b')
			}
		}
	case more && p.has(abi.ECHO) && p.is(b, abi.VREPRINT):
		p.endErasing()
		p.echo(b)
		p.echoRaw('\n')
		for _, c := range p.input[p.edited():] {
			p.echo(c)
		}
	case b == '\n':
		if p.has(abi.ECHO | abi.ECHONL) {
			p.echoRaw('\n')
		}
		p.endLine(b)
	case p.is(b, abi.VEOF):
		p.input = append(p.input, 0)
		p.lines = append(p.lines, len(p.input))
	case p.is(b, abi.VEOL) || more && p.is(b, abi.VEOL2):
		if p.has(abi.ECHO) {
			p.beginLine()
			p.echo(b)
		}
		p.endLine(b)
	default:
		return false
	}
	return true
}

func (p *Pair) endLine(b byte) {
	p.put(b)
	p.lines = append(p.lines, len(p.input))
}

// beginLine notes the column of the first byte of a line.
func (p *Pair) beginLine() {
	if p.edited() == len(p.input) {
		p.echoes = append(p.echoes, echo{begin, 0})
	}
}

// FlushInput drops what nobody has read.
func (p *Pair) FlushInput() {
	p.input, p.lines = nil, nil
	p.literal, p.erasing = false, false
	p.tells(abi.TIOCPKT_FLUSHREAD, 0)
	p.changed()
}
