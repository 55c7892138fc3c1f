package tty

import (
	"slices"

	"trapline/internal/linux/abi"
)

// Print takes what is written to the slave's end: how many bytes, fewer if there is no room or output is held.
func (p *Pair) Print(b []byte) int {
	p.showEchoes()
	if p.Stopped {
		return 0
	}
	done := 0
	for _, c := range b {
		before := len(p.output)
		if p.Termios.Oflag&abi.OPOST == 0 {
			p.output = append(p.output, c)
		} else {
			column, line := p.column, p.lineColumn
			p.output = append(p.output, p.processed(c)...)
			if len(p.output) > farSize {
				p.column, p.lineColumn = column, line
			}
		}
		if len(p.output) > farSize {
			p.output = p.output[:before]
			break
		}
		done++
	}
	if done > 0 {
		p.changed()
	}
	return done
}

// Room reports whether a write to the slave's end would take anything.
func (p *Pair) Room() bool { return !p.Stopped && len(p.output) < farSize }

// TypeRoom reports whether a write to the master's end would take anything.
func (p *Pair) TypeRoom() bool { return len(p.far) < farSize }

// processed is a byte as OPOST makes it, and keeps the column (do_output_char()).
func (p *Pair) processed(c byte) []byte {
	out := p.Termios.Oflag
	switch c {
	case '\n':
		if out&abi.ONLRET != 0 {
			p.column = 0
		}
		if out&abi.ONLCR != 0 {
			p.column, p.lineColumn = 0, 0
			return []byte("\r\n")
		}
		p.lineColumn = p.column
	case '\r':
		if out&abi.ONOCR != 0 && p.column == 0 {
			return nil
		}
		if out&abi.OCRNL != 0 {
			if out&abi.ONLRET != 0 {
				p.column, p.lineColumn = 0, 0
			}
			return []byte{'\n'}
		}
		p.column, p.lineColumn = 0, 0
	case '\t':
		spaces := 8 - p.column&7
		p.column += spaces
		if out&abi.XTABS == abi.XTABS {
			return slices.Repeat([]byte{' '}, spaces)
		}
	case '\b':
		p.column = max(0, p.column-1)
	default:
		if !isControl(c) {
			if out&abi.OLCUC != 0 && isLetter(c) && c > '9' && !isUpper(c) {
				c -= 'a' - 'A'
			}
			if !p.continues(c) {
				p.column++
			}
		}
	}
	return []byte{c}
}

// Send passes a byte to the master's end also while output is held. It is lost if there is no room.
func (p *Pair) Send(b byte) {
	if len(p.output) < farSize {
		p.output = append(p.output, b)
		p.changed()
	}
}

// Hold stops output, by ^S or by a call.
func (p *Pair) Hold(byCall bool) {
	if byCall {
		p.byCall = true
	}
	if !p.Stopped {
		p.Stopped = true
		p.tells(abi.TIOCPKT_STOP, abi.TIOCPKT_START)
		p.changed()
	}
}

// Go lets output go on. What a call has stopped only a call starts; it leaves echoes to who comes next.
func (p *Pair) Go(byCall bool) {
	if !byCall {
		defer p.showEchoes()
	}
	if p.Stopped && p.byCall == byCall {
		p.byCall = false
		p.Stopped = false
		p.tells(abi.TIOCPKT_START, abi.TIOCPKT_STOP)
		p.changed()
	}
}

// FlushOutput drops what is on its way to the master's end. What has arrived there stays.
func (p *Pair) FlushOutput() {
	p.output = p.output[:min(len(p.output), LineSize-1)]
	p.tells(abi.TIOCPKT_FLUSHWRITE, 0)
	p.changed()
}
