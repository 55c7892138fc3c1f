package tty

import (
	"bytes"

	"trapline/internal/linux/abi"
)

// echo is one step of an echo: what it does, and to which byte. Echoes of bytes that come together are shown together, when
// the last one is taken; a signal drops those before it.
type echo struct {
	does echoing
	what byte
}

type echoing uint8

const (
	plain echoing = iota // a byte as it is, but for OPOST
	caret                // a control character, as ^X
	begin                // no byte: a line that is edited begins here
	back                 // no byte: the cursor has gone back
	tab                  // backwards to where a tab began, so many columns behind the last one
	first                // the same, so many columns behind the line's begin
)

// size is what the kernel's buffer needs for it.
func (e echo) size() int {
	switch {
	case e.does == tab || e.does == first:
		return 4
	case e.does == plain && e.what != 0xff:
		return 1
	}
	return 2
}

// echoSize is the kernel's buffer of echoes (N_TTY_BUF_SIZE), of which whole blocks are shown at once (ECHO_BLOCK).
const (
	echoSize  = 4096
	echoBlock = 256
)

// echoRaw echoes a byte as it is, but for OPOST.
func (p *Pair) echoRaw(b byte) { p.echoes = append(p.echoes, echo{plain, b}) }

// echo echoes a byte, control characters as ^X (ECHOCTL).
func (p *Pair) echo(b byte) {
	if p.has(abi.ECHOCTL) && isControl(b) && b != '\t' {
		p.echoes = append(p.echoes, echo{caret, b})
		return
	}
	p.echoRaw(b)
}

// commitEchoes shows them if they fill a block; what no buffer could keep is lost.
func (p *Pair) commitEchoes() {
	size := 0
	for _, e := range p.echoes {
		size += e.size()
	}
	if size >= echoBlock && size%echoBlock == 0 {
		p.showEchoes()
	}
	for ; size > echoSize; p.echoes = p.echoes[1:] {
		size -= p.echoes[0].size()
	}
}

// showEchoes passes echoes on, unless output is held, as far as there is room.
func (p *Pair) showEchoes() {
	for !p.Stopped && len(p.echoes) > 0 && len(p.output) < farSize-8 {
		p.output = append(p.output, p.echoed(p.echoes[0])...)
		p.echoes = p.echoes[1:]
	}
	p.changed()
}

// echoed is what one step shows (__process_echoes()).
func (p *Pair) echoed(e echo) []byte {
	switch e.does {
	case caret:
		p.column += 2
		return []byte{'^', e.what ^ 0x40}
	case begin:
		p.lineColumn = p.column
		return nil
	case back:
		p.column = max(0, p.column-1)
		return nil
	case first, tab:
		columns := int(e.what)
		if e.does == first {
			columns += p.lineColumn
		}
		left := bytes.Repeat([]byte{'\b'}, 8-columns&7)
		p.column = max(0, p.column-len(left))
		return left
	}
	if e.what == 0xff { // it stands for a step in the kernel's buffer, and so is one there
		p.column++
		return []byte{e.what}
	}
	if p.Termios.Oflag&abi.OPOST != 0 {
		return p.processed(e.what)
	}
	return []byte{e.what}
}
