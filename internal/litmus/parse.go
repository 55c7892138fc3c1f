package litmus

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"trapline/internal/format"
)

// parser reads a test from left to right. Comments are blanked out first, so
// that positions stay.
type parser struct {
	name  string
	text  string
	at    int
	depth int // of formulas
	test  *Test
}

// Parse reads a test. A flaw is a *format.Error.
func Parse(name string, data []byte) (*Test, error) {
	p := &parser{name: name, text: string(data), test: &Test{Initial: map[string]int64{}}}
	if len(data) > MaxBytes {
		return nil, p.errorAt(0, fmt.Sprintf("at most %d bytes", MaxBytes), "%d bytes", len(data))
	}
	if err := p.blankComments(); err != nil {
		return nil, err
	}
	for _, part := range []func() error{p.header, p.initial, p.code, p.locations, p.condition} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return p.test, nil
}

// errorAt is a flaw at a byte of the text.
func (p *parser) errorAt(at int, want, msg string, args ...any) error {
	return p.pos(at).Error(p.name, want, msg, args...)
}

// pos is the place of a byte of the text.
func (p *parser) pos(at int) format.Pos {
	at = min(at, len(p.text))
	start := strings.LastIndexByte(p.text[:at], '\n') + 1
	text, _, _ := strings.Cut(p.text[start:], "\n")
	return format.Pos{Line: strings.Count(p.text[:at], "\n") + 1, Col: at - start + 1, Text: text}
}

// blankComments replaces (* … *), which nest.
func (p *parser) blankComments() error {
	b, depth, start := []byte(p.text), 0, 0
	for i := 0; i < len(b); i++ {
		switch two := string(b[i:min(i+2, len(b))]); {
		case two == "(*":
			if depth == 0 {
				start = i
			}
			depth++
			b[i], b[i+1] = ' ', ' '
			i++
		case two == "*)" && depth > 0:
			depth--
			b[i], b[i+1] = ' ', ' '
			i++
		case depth > 0 && b[i] != '\n':
			b[i] = ' '
		}
	}
	if depth > 0 {
		return p.errorAt(start, "*)", "a comment does not end")
	}
	p.text = string(b)
	return nil
}

// skip passes blanks.
func (p *parser) skip() {
	for p.at < len(p.text) && unicode.IsSpace(rune(p.text[p.at])) {
		p.at++
	}
}

// take passes s if it stands here.
func (p *parser) take(s string) bool {
	if strings.HasPrefix(p.text[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// word passes a name: letters, digits and _.
func (p *parser) word() string {
	start := p.at
	for p.at < len(p.text) {
		if c := p.text[p.at]; c != '_' && c != '.' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		p.at++
	}
	return p.text[start:p.at]
}

// line passes the rest of a line.
func (p *parser) line() string {
	rest := p.text[p.at:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		p.at += i + 1
		return rest[:i]
	}
	p.at = len(p.text)
	return rest
}

// header is "ARCH NAME" and whatever stands before the first brace: quoted
// descriptions and KEY=VALUE.
func (p *parser) header() error {
	p.skip()
	at := p.at
	switch arch := p.word(); arch {
	case "X86":
		p.test.Syntax = Intel
	case "X86_64":
		p.test.Syntax = ATT
	default:
		return p.errorAt(at, "X86 or X86_64", "architecture %q", arch)
	}
	if p.test.Name = strings.TrimSpace(p.line()); p.test.Name == "" {
		return p.errorAt(at, "the test's name", "no name behind the architecture")
	}
	i := strings.IndexByte(p.text[p.at:], '{')
	if i < 0 {
		return p.errorAt(len(p.text), "{ … }, what registers and locations hold at first", "no initial state")
	}
	p.at += i + 1
	return nil
}

// initial is what stands in braces: PLACE=VALUE; with types that do not matter.
func (p *parser) initial() error {
	for {
		p.skip()
		switch {
		case p.take("}"):
			return nil
		case p.take(";"):
			continue
		case p.at == len(p.text):
			return p.errorAt(p.at, "}", "the initial state does not end")
		}
		if err := p.assignment(); err != nil {
			return err
		}
	}
}

// types of locations. Instructions say how wide an access is; of what lies in a
// location an outcome tells the low four bytes.
var types = []string{"int", "uint32_t", "int32_t", "uint64_t", "int64_t", "long"}

func (p *parser) assignment() error {
	start := p.at
	if w := p.word(); slices.Contains(types, w) {
		p.skip()
	} else {
		p.at = start
	}
	start = p.at
	place, err := p.place()
	if err != nil {
		return err
	}
	v := Value{}
	if p.skip(); p.take("=") {
		if v, err = p.value(); err != nil {
			return err
		}
	}
	if place.Thread >= 0 {
		for len(p.test.Registers) <= place.Thread {
			p.test.Registers = append(p.test.Registers, map[Reg]Value{})
		}
		p.test.Registers[place.Thread][place.Reg] = v
		return nil
	}
	if v.Location != "" {
		return p.errorAt(start, "a number", "the address of %s in a location", v.Location)
	}
	p.test.Initial[place.Location] = v.Number
	return nil
}

// place is "T:REG", "x" or "[x]".
func (p *parser) place() (Place, error) {
	p.skip()
	start := p.at
	bracket := p.take("[")
	w := p.word()
	if bracket {
		if !p.take("]") {
			return Place{}, p.errorAt(p.at, "]", "a bracket is not closed")
		}
		return p.location(start, w)
	}
	if !p.take(":") {
		return p.location(start, w)
	}
	n, err := strconv.Atoi(w)
	if err != nil || n < 0 || n >= MaxThreads {
		return Place{}, p.errorAt(start, fmt.Sprintf("a thread from 0 to %d", MaxThreads-1), "thread %q", w)
	}
	at := p.at
	p.take("%")
	name := p.word()
	r, _, ok := registerOf(name)
	if !ok {
		return Place{}, p.errorAt(at, "a general register such as EAX", "register %q", name)
	}
	return Place{Thread: n, Reg: r}, nil
}

// location makes a name a location of the test.
func (p *parser) location(at int, name string) (Place, error) {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return Place{}, p.errorAt(at, "a location such as x, or a register such as 0:EAX", "%s", quoteNext(p.text[at:]))
	}
	if _, _, ok := registerOf(name); ok {
		return Place{}, p.errorAt(at, "a name that is no register's", "location %q", name)
	}
	if number, ok := strings.CutPrefix(name, "P"); ok && strings.Trim(number, "0123456789") == "" || name == idtrName || name == idtName || name == handler {
		return Place{}, p.errorAt(at, "another name", "location %q, which the test's scenario uses itself", name)
	}
	if !slices.Contains(p.test.Locations, name) {
		if len(p.test.Locations) == MaxLocations {
			return Place{}, p.errorAt(at, fmt.Sprintf("at most %d", MaxLocations), "too many locations")
		}
		p.test.Locations = append(p.test.Locations, name)
		p.test.named = append(p.test.named, p.pos(at))
	}
	return Place{Thread: -1, Location: name}, nil
}

// quoteNext shows what stands somewhere.
func quoteNext(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if text = strings.TrimSpace(text); text == "" {
		return "nothing"
	}
	if len(text) > 20 {
		text = text[:20]
	}
	return strconv.Quote(text)
}

// value is a number or a location's name.
func (p *parser) value() (Value, error) {
	p.skip()
	start := p.at
	sign := ""
	if p.take("-") {
		sign = "-"
	}
	w := p.word()
	if n, err := strconv.ParseInt(sign+w, 0, 64); err == nil && n >= -1<<31 && n < 1<<32 {
		return Value{Number: int64(int32(n))}, nil
	}
	if sign != "" || w == "" || w[0] >= '0' && w[0] <= '9' {
		return Value{}, p.errorAt(start, "a number of 32 bits", "%s", quoteNext(p.text[start:]))
	}
	l, err := p.location(start, w)
	return Value{Location: l.Location}, err
}

// locations is "locations [PLACE; …]", what an outcome tells besides what its
// condition speaks of.
func (p *parser) locations() error {
	p.skip()
	if rest := p.text[p.at:]; len(rest) < 9 || !strings.EqualFold(rest[:9], "locations") {
		return nil
	}
	p.at += 9
	if p.skip(); !p.take("[") {
		return p.errorAt(p.at, "[", "no list behind locations")
	}
	for {
		p.skip()
		switch {
		case p.take("]"):
			return nil
		case p.take(";"):
			continue
		}
		place, err := p.place()
		if err != nil {
			return err
		}
		p.test.observe(place)
	}
}
