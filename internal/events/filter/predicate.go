package filter

import (
	"strconv"
	"strings"

	"trapline/internal/events"
)

// operators in the order in which they are tried: a longer one before its beginning.
var operators = []string{"~", "!=", "==", "<=", "<", ">=", ">", "&"}

const (
	// maxText is the bytes of a string operand with its NUL (MAX_FILTER_STR_VAL).
	maxText = 256
	// maxNumber is the bytes of a number with its NUL.
	maxNumber = 24
)

// predicate reads FIELD OP VALUE (parse_pred()).
func (p *parser) predicate() (node, *Error) {
	start := p.at
	for isAlnum(p.peek()) || p.peek() == '_' {
		p.at++
	}
	if p.at == start {
		return nil, p.fail(errPerm, Unexplained, 0)
	}
	f := p.field(p.text[start:p.at])
	if f == nil {
		return nil, p.refuse(FieldNotFound)
	}
	if strings.HasPrefix(p.text[p.at:], ".ustring") { // for fields that are pointers, which probe events have none of
		p.at += len(".ustring")
	}
	p.skipSpace()
	op := ""
	for _, o := range operators {
		if strings.HasPrefix(p.text[p.at:], o) {
			op = o
			break
		}
	}
	if op == "" {
		return nil, p.refuse(InvalidOperator)
	}
	p.at += len(op)
	p.skipSpace()
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		return p.textOperand(f, op, c)
	case isDigit(c) || c == '-':
		return p.numberOperand(f, op)
	}
	return nil, p.refuse(InvalidValue)
}

// refuse fails at the reading place, which the kernel counts from 1.
func (p *parser) refuse(why Problem) *Error { return p.fail(events.EINVAL, why, p.at+1) }

func (p *parser) field(name string) *Field {
	for i := range p.fields {
		if p.fields[i].Name == name {
			return &p.fields[i]
		}
	}
	return nil
}

func (p *parser) textOperand(f *Field, op string, quote byte) (node, *Error) {
	switch {
	case op != "~" && op != "==" && op != "!=":
		return nil, p.refuse(IllegalOperation)
	case !f.isText():
		return nil, p.refuse(ExpectDigit)
	}
	p.at++
	n := strings.IndexByte(p.text[p.at:], quote)
	if n < 0 {
		p.at = len(p.text)
		return nil, p.refuse(MissingQuote)
	}
	text := p.text[p.at : p.at+n]
	p.at += n
	if n >= maxText {
		return nil, p.refuse(OperandTooLong)
	}
	p.at++
	if op == "~" {
		text, turned := strings.CutPrefix(text, "!")
		return textTest{field: f, matches: pattern(text), not: turned}, nil
	}
	return textTest{field: f, matches: func(s string) bool { return s == text }, not: op == "!="}, nil
}

func (p *parser) numberOperand(f *Field, op string) (node, *Error) {
	switch {
	case f.isText():
		return nil, p.refuse(ExpectString)
	case op == "~":
		return nil, p.refuse(IllegalOperation)
	}
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	for isAlnum(p.peek()) {
		p.at++
	}
	text := p.text[start:p.at]
	if len(text) >= maxNumber {
		return nil, p.refuse(OperandTooLong)
	}
	v, ok := parseNumber(text, f.Signed)
	if !ok {
		p.at = start
		return nil, p.refuse(IllegalInteger)
	}
	return numberTest{field: f, op: op, value: v}, nil
}

// parseNumber is kstrtoll() or kstrtoull() with base 0.
func parseNumber(s string, signed bool) (uint64, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if negative && !signed {
		return 0, false
	}
	base := 10
	switch {
	case len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x':
		base, digits = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base = 8
	}
	v, err := strconv.ParseUint(digits, base, 64)
	const highest = 1<<63 - 1
	switch {
	case err != nil, signed && !negative && v > highest, negative && v > highest+1:
		return 0, false
	case negative:
		return -v, true
	}
	return v, true
}
