package expr

import (
	"fmt"
	"strconv"
	"strings"
)

// Functions are the calls that an expression may make, with what they take.
var Functions = map[string]string{
	"hits":    "probe",
	"pre":     "probe",
	"post":    "probe",
	"faults":  "probe",
	"missed":  "probe",
	"armed":   "probe",
	"held":    "lock",
	"halted":  "cpu",
	"signals": "cpu",

	"preempt_count": "cpu",
	"need_resched":  "cpu",
}

// levels of binary operators, loosest first.
var levels = [][]string{
	{"||"},
	{"&&"},
	{"==", "!=", "<", "<=", ">", ">="},
	{"&", "|", "^", "<<", ">>"},
	{"+", "-"},
	{"*", "/", "%"},
}

const comparison = 2 // the level that does not chain

type parser struct {
	text  string
	tok   token
	depth int
}

// Parse reads the whole of text as one expression. Its errors are *Error.
func Parse(text string) (Node, error) {
	if len(text) > MaxLength {
		return nil, errorAt(MaxLength, fmt.Sprintf("at most %d bytes", MaxLength), "expression of %d bytes", len(text))
	}
	p := &parser{text: text}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	if p.tok.kind != end {
		return nil, errorAt(p.tok.at, "an operator or the end of the expression", "unexpected %s", p.tok.describe())
	}
	return n, nil
}

func (p *parser) advance() error {
	t, err := next(p.text, p.tok.at+len(p.tok.text))
	if err != nil {
		return err
	}
	p.tok = t
	return nil
}

func (p *parser) binary(level int) (Node, error) {
	if level == len(levels) {
		return p.unary()
	}
	x, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	for p.isOperator(levels[level]...) {
		op := p.tok
		if err := p.advance(); err != nil {
			return nil, err
		}
		y, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		x = &Binary{pos(op.at), op.text, x, y}
		if level == comparison && p.isOperator(levels[level]...) {
			return nil, errorAt(p.tok.at, "&& between two comparisons", "a second comparison")
		}
	}
	return x, nil
}

func (p *parser) isOperator(ops ...string) bool {
	if p.tok.kind != operator {
		return false
	}
	for _, op := range ops {
		if p.tok.text == op {
			return true
		}
	}
	return false
}

func (p *parser) unary() (Node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		return nil, errorAt(p.tok.at, fmt.Sprintf("at most %d levels", MaxDepth), "expression nested too deeply")
	}
	if !p.isOperator("!", "-", "~") {
		return p.atom()
	}
	op := p.tok
	if err := p.advance(); err != nil {
		return nil, err
	}
	x, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &Unary{pos(op.at), op.text, x}, nil
}

func (p *parser) atom() (Node, error) {
	t := p.tok
	switch {
	case t.kind == number:
		v, err := parseNumber(t.text)
		if err != nil {
			return nil, errorAt(t.at, "a decimal or 0x number of 64 bits", "bad number %q", t.text)
		}
		return &Number{pos(t.at), v, t.text}, p.advance()
	case t.kind == register:
		return p.register()
	case t.kind == name:
		if err := p.advance(); err != nil {
			return nil, err
		}
		switch {
		case p.isOperator("["):
			return p.memory(t)
		case p.isOperator("("):
			return p.call(t)
		}
		return &Symbol{pos(t.at), t.text}, nil
	case p.isOperator("("):
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.binary(0)
		if err != nil {
			return nil, err
		}
		return n, p.expect(")")
	}
	return nil, errorAt(t.at, "a number, %register, symbol, memory such as u32[ADDR], or (", "unexpected %s", t.describe())
}

func (p *parser) expect(op string) error {
	if !p.isOperator(op) {
		return errorAt(p.tok.at, `"`+op+`"`, "unexpected %s", p.tok.describe())
	}
	return p.advance()
}

func (p *parser) register() (Node, error) {
	r := &Register{pos(p.tok.at), p.tok.text[1:], ThisCPU}
	if err := p.advance(); err != nil || !p.isOperator("@") {
		return r, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(p.tok.text)
	if p.tok.kind != number || err != nil || n > 7 {
		return nil, errorAt(p.tok.at, "a cpu number from 0 to 7", "unexpected %s after @", p.tok.describe())
	}
	r.CPU = n
	return r, p.advance()
}

var sizes = map[string]int{"u8": 1, "u16": 2, "u32": 4, "u64": 8, "word": 0}

func (p *parser) memory(t token) (Node, error) {
	size, ok := sizes[t.text]
	if !ok {
		return nil, errorAt(t.at, "u8, u16, u32, u64 or word before [", "%q is no size", t.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	addr, err := p.binary(0)
	if err != nil {
		return nil, err
	}
	return &Memory{pos(t.at), size, addr}, p.expect("]")
}

func (p *parser) call(t token) (Node, error) {
	takes, ok := Functions[t.text]
	if !ok {
		return nil, errorAt(t.at, "hits, pre, post, faults, missed, armed, held, halted, signals, preempt_count or need_resched", "no function %q", t.text)
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind != name && p.tok.kind != number {
		return nil, errorAt(p.tok.at, "the name of a "+takes, "unexpected %s", p.tok.describe())
	}
	c := &Call{pos(t.at), t.text, p.tok.text}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return c, p.expect(")")
}

func parseNumber(text string) (uint64, error) {
	if strings.HasPrefix(text, "'") {
		return uint64(text[1]), nil
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		return strconv.ParseUint(digits, 16, 64)
	}
	return strconv.ParseUint(text, 10, 64)
}
