package tty

import "trapline/internal/linux/abi"

// erase takes bytes of the edited line back: the last one (VERASE), the last word (VWERASE) or all of them (VKILL).
func (p *Pair) erase(b byte) {
	start := p.edited()
	if len(p.input) == start {
		return
	}
	one, word := p.is(b, abi.VERASE), p.is(b, abi.VWERASE)
	if !one && !word && (!p.has(abi.ECHO) || !p.has(abi.ECHOK) || !p.has(abi.ECHOKE) || !p.has(abi.ECHOE)) {
		p.input = p.input[:start]
		if p.has(abi.ECHO) {
			p.endErasing()
			p.echo(p.Termios.Cc[abi.VKILL])
			if p.has(abi.ECHOK) {
				p.echoRaw('\n')
			}
		}
		return
	}
	inWord := false
	for len(p.input) > start {
		from := len(p.input) - 1
		for p.continues(p.input[from]) && from > start {
			from--
		}
		c := p.input[from]
		if p.continues(c) { // the rest of a character is not erased alone
			break
		}
		if word {
			if isWord := isLetter(c) || c == '_'; isWord {
				inWord = true
			} else if inWord {
				break
			}
		}
		gone := append([]byte(nil), p.input[from:]...)
		p.input = p.input[:from]
		if p.has(abi.ECHO) {
			p.echoErased(gone, one)
		}
		if one {
			break
		}
	}
	if len(p.input) == start && p.has(abi.ECHO) {
		p.endErasing()
	}
}

// isLetter reports whether b is a letter or a digit of Latin-1, as the kernel sees them.
func isLetter(b byte) bool {
	switch {
	case b >= '0' && b <= '9', b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z':
		return true
	}
	return b >= 0xc0 && b != 0xd7 && b != 0xf7
}

// isUpper reports whether b is a capital letter of Latin-1.
func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 0xc0 && b <= 0xde && b != 0xd7 }

// isControl reports whether b is a control character of ASCII.
func isControl(b byte) bool { return b < ' ' || b == 0x7f }

// continues reports whether b is behind the first byte of a UTF-8 character.
func (p *Pair) continues(b byte) bool { return p.Termios.Iflag&abi.IUTF8 != 0 && b&0xc0 == 0x80 }

// echoErased shows that a character is gone, of one that was erased alone or with others.
func (p *Pair) echoErased(gone []byte, one bool) {
	c := gone[0]
	switch {
	case p.has(abi.ECHOPRT):
		if !p.erasing {
			p.echoRaw('\\')
			p.erasing = true
		}
		p.echo(c)
		for _, b := range gone[1:] {
			p.echoRaw(b)
			p.echoes = append(p.echoes, echo{back, 0})
		}
	case one && !p.has(abi.ECHOE):
		p.echo(p.Termios.Cc[abi.VERASE])
	case c == '\t':
		p.backOverTab()
	default:
		if isControl(c) && p.has(abi.ECHOCTL) {
			p.echoOver()
		}
		if !isControl(c) || p.has(abi.ECHOCTL) {
			p.echoOver()
		}
	}
}

func (p *Pair) echoOver() {
	for _, b := range []byte("\b \b") {
		p.echoRaw(b)
	}
}

// backOverTab goes back to where an erased tab began: the columns since the last tab or the line's begin tell.
func (p *Pair) backOverTab() {
	columns, afterTab := 0, false
	for i := len(p.input) - 1; i >= p.edited(); i-- {
		c := p.input[i]
		if afterTab = c == '\t'; afterTab {
			break
		}
		switch {
		case isControl(c):
			if p.has(abi.ECHOCTL) {
				columns += 2
			}
		case !p.continues(c):
			columns++
		}
	}
	from := first
	if afterTab {
		from = tab
	}
	p.echoes = append(p.echoes, echo{from, byte(columns & 7)})
}

// endErasing closes what ECHOPRT has shown of erased characters.
func (p *Pair) endErasing() {
	if p.erasing {
		p.echoRaw('/')
		p.erasing = false
	}
}
