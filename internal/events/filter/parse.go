package filter

import (
	"strings"

	"trapline/internal/cstring"
	"trapline/internal/events"
)

// Filter is an accepted expression. It does not change.
type Filter struct {
	text string
	root node
}

// String is the expression as it was written.
func (f *Filter) String() string { return f.text }

// Parse reads an expression over some fields (create_filter()).
func Parse(text string, fields []Field) (*Filter, *Error) {
	text, _, _ = strings.Cut(text, "\x00")
	p := &parser{text: text, fields: fields}
	if err := p.balance(); err != nil {
		return nil, err
	}
	root, err := p.either()
	if err != nil {
		return nil, err
	}
	return &Filter{text: text, root: root}, nil
}

// parser reads from at on. Parentheses and quotes are known to match.
type parser struct {
	text   string
	fields []Field
	at     int
	terms  int // predicates so far
}

func (p *parser) fail(errno events.Errno, why Problem, pos int) *Error {
	return &Error{Errno: errno, Problem: why, Pos: pos, Text: p.text}
}

// peek is the byte at the reading place, 0 at the end.
func (p *parser) peek() byte { return cstring.At(p.text, p.at) }

func (p *parser) skipSpace() {
	for isSpace(p.peek()) {
		p.at++
	}
}

// either reads EXPR.
func (p *parser) either() (node, *Error) {
	n, err := p.both()
	for err == nil && p.peek() == '|' {
		p.at += 2
		var right node
		if right, err = p.both(); err == nil {
			n = anyOf{n, right}
		}
	}
	return n, err
}

// both reads TERM.
func (p *parser) both() (node, *Error) {
	n, err := p.factor()
	for err == nil && p.peek() == '&' {
		p.at += 2
		var right node
		if right, err = p.factor(); err == nil {
			n = allOf{n, right}
		}
	}
	return n, err
}

// factor reads FACT and what stands behind it up to the next operator, ')' or the end.
func (p *parser) factor() (node, *Error) {
	p.skipSpace()
	switch {
	case p.at >= len(p.text):
		if p.terms > 0 {
			return nil, p.fail(events.EINVAL, Meaningless, p.at)
		}
		return nil, p.fail(events.EINVAL, NoFilter, p.at)
	case p.peek() == '!' && cstring.At(p.text, p.at+1) != '=' && cstring.At(p.text, p.at+1) != '~':
		p.at++
		n, err := p.factor()
		return not{n}, err
	case p.peek() == '(':
		p.at++
		n, err := p.either()
		if err != nil {
			return nil, err
		}
		p.at++ // the ')' that ended it
		return n, p.behindOperand()
	}
	n, err := p.predicate()
	if err != nil {
		return nil, err
	}
	p.terms++
	return n, p.behindOperand()
}

// behindOperand allows "&&", "||", ")" and the end.
func (p *parser) behindOperand() *Error {
	p.skipSpace()
	switch c := p.peek(); c {
	case 0, ')':
		return nil
	case '&', '|':
		if cstring.At(p.text, p.at+1) == c {
			return nil
		}
	}
	return p.fail(errPerm, TooManyTerms, p.at)
}

// The kernel returns small codes of its own where it counts quotes and parentheses; as errnos they mean these.
const (
	errPerm   events.Errno = 1 // EPERM
	errSearch events.Errno = 3 // ESRCH
)

// balance checks quotes and parentheses before anything else (calc_stack()).
func (p *parser) balance() *Error {
	var open []int
	quote, quoteAt, something := byte(0), 0, false
	for i := range len(p.text) {
		c := p.text[i]
		switch {
		case isSpace(c):
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote, quoteAt, something = c, i, true
		case c == '(':
			open = append(open, i)
		case c == ')':
			if len(open) == 0 {
				return p.fail(errPerm, TooManyClose, i)
			}
			open = open[:len(open)-1]
		case (c == '&' || c == '|') && cstring.At(p.text, i+1) == c:
		default:
			something = true
		}
	}
	switch {
	case quote != 0:
		return p.fail(errSearch, MissingQuote, quoteAt)
	case len(open) > 0:
		return p.fail(events.ENOENT, TooManyOpen, open[len(open)-1])
	case !something:
		return p.fail(events.EINVAL, Unexplained, 0)
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' || c == 0xa0 }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isAlnum is the kernel's isalnum(): Latin-1.
func isAlnum(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0xc0 && c != 0xd7 && c != 0xf7
}
