package tty

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/linux/abi"
)

// TestBounds: whatever a program does to an end, and nobody reads at the other one, a pseudoterminal keeps no more than its
// buffers.
func TestBounds(t *testing.T) {
	const times = 4 * farSize
	for name, do := range map[string]func(*Pair){
		"typed":          func(p *Pair) { p.Type([]byte("a\n\t\x12")) },
		"ends of file":   func(p *Pair) { p.Type([]byte{'D' - '@'}) },
		"inserted":       func(p *Pair) { p.Insert('a') },
		"inserted lines": func(p *Pair) { p.Insert('\n') },
		"reprinted":      func(p *Pair) { p.Insert('R' - '@') },
		"printed":        func(p *Pair) { p.Print([]byte("\n")) },
		"start and stop": func(p *Pair) { p.Send('S' - '@') },
	} {
		for _, raw := range []bool{false, true} {
			p := New(0, 0, 0)
			if raw {
				p.Termios.Lflag &^= abi.ICANON
			}
			for range times {
				do(p)
			}
			assert.Less(t, p.held(), 3*farSize+16*LineSize, "%s, raw %v", name, raw)
		}
	}
	p := New(0, 0, 0)
	p.Hold(true)
	for range 4 * echoSize {
		p.Insert(1)
	}
	assert.LessOrEqual(t, len(p.echoes), echoSize, "echoed and held")
}
