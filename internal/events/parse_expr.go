package events

import (
	"strings"

	"trapline/internal/cstring"
)

// exprParser reads the body of one fetch argument (parse_probe_arg()).
//
//	BODY  %REG | $VAR | @ADDR | @KSYM[+|-OFFS] | @+FILEOFFS
//	      | +|-[u]OFFS(BODY) | \IMM | \"STRING"
//
// It keeps the kernel's book of operation slots, because running out of them
// is an error of its own, and the kernel's columns, which are off by one
// behind "+u" and "+-".
type exprParser struct {
	*probeParser
	index int // word of the line, for the errors
}

func (p *exprParser) fail(errno Errno, problem Problem, offset int) *Error {
	return p.cmd.Fail(errno, problem, p.index, offset)
}

// parse reads s, which stands offs bytes into the word. slot is the index of
// the last operation that the expression compiles to.
func (p *exprParser) parse(s string, offs int) (e *Expr, slot int, err *Error) {
	switch cstring.At(s, 0) {
	case '$':
		e, err = p.variable(s[1:], offs)
		return e, 0, err
	case '%':
		reg, ok := RegisterNamed(p.opt.Arch, s[1:])
		if !ok {
			return nil, 0, p.fail(EINVAL, BadRegister, offs)
		}
		return &Expr{Kind: Register, Reg: reg}, 0, nil
	case '@':
		return p.memory(s[1:], offs)
	case '+', '-':
		return p.dereference(s, offs)
	case '\\':
		e, err = p.immediate(s[1:], offs+1)
		return e, 0, err
	}
	return nil, 0, p.fail(EINVAL, BadFetchArg, offs)
}

// variable reads what stands behind '$' (parse_probe_vars()).
func (p *exprParser) variable(s string, offs int) (*Expr, *Error) {
	switch stack, isStack := strings.CutPrefix(s, "stack"); {
	case s == "retval":
		if !p.isReturn {
			return nil, p.fail(EINVAL, RetvalOnProbe, offs)
		}
		return &Expr{Kind: ReturnValue}, nil
	case isStack && stack == "":
		return &Expr{Kind: StackPointer}, nil
	case isStack && isDigit(stack[0]):
		n, errno := ParseUint(stack, 10, wordBits(p.opt.Arch))
		switch {
		case errno != 0:
			return nil, p.fail(EINVAL, BadVariable, offs)
		case p.kind == Kprobe && n > MaxStackEntry:
			return nil, p.fail(EINVAL, BadStackNumber, offs)
		}
		return &Expr{Kind: StackEntry, Index: uint32(n)}, nil
	case s == "comm" || s == "COMM":
		return &Expr{Kind: Comm}, nil
	}
	if n, ok := strings.CutPrefix(s, "arg"); ok && p.atEntry && !p.isReturn {
		return p.argument(n, offs)
	}
	return nil, p.fail(EINVAL, BadVariable, offs)
}

// argument reads N of $argN, which only probes at a function's entry have.
func (p *exprParser) argument(s string, offs int) (*Expr, *Error) {
	n, errno := ParseUint(s, 10, wordBits(p.opt.Arch))
	switch {
	case errno != 0:
		return nil, p.fail(EINVAL, BadVariable, offs)
	case n == 0 || n > MaxStackEntry:
		return nil, p.fail(EINVAL, BadArgNumber, offs)
	}
	return &Expr{Kind: Argument, Index: uint32(n)}, nil
}

// memory reads what stands behind '@'. A symbol takes a slot more, for its
// name, which is resolved when the probe is registered.
func (p *exprParser) memory(s string, offs int) (*Expr, int, *Error) {
	bits := wordBits(p.opt.Arch)
	switch {
	case isDigit(cstring.At(s, 0)):
		addr, errno := ParseUint(s, 0, bits)
		if errno != 0 {
			return nil, 0, p.fail(errno, BadMemoryAddress, offs)
		}
		return &Expr{Kind: MemoryAddress, Value: addr}, 1, nil
	case cstring.At(s, 0) == '+':
		if p.kind == Kprobe {
			return nil, 0, p.fail(EINVAL, FileOffsetOnKprobe, offs)
		}
		off, errno := parseInt(s[1:], bits)
		if errno != 0 {
			return nil, 0, p.fail(errno, BadFileOffset, offs)
		}
		return &Expr{Kind: MemoryFile, Value: uint64(off)}, 1, nil
	case p.kind == Uprobe:
		return nil, 0, p.fail(EINVAL, SymbolOnUprobe, offs)
	}
	return &Expr{Kind: MemorySymbol, Text: s}, 2, nil
}

// dereference reads +|-[u]OFFS(BODY). The last ')' closes it; what follows
// is ignored.
func (p *exprParser) dereference(s string, offs int) (*Expr, int, *Error) {
	user := cstring.At(s, 1) == 'u'
	if user {
		s = s[:1] + s[2:]
	}
	s = strings.TrimPrefix(s, "+")
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return nil, 0, p.fail(EINVAL, DerefNeedsBrace, offs)
	}
	offset, errno := parseInt(s[:open], wordBits(p.opt.Arch))
	if errno != 0 {
		return nil, 0, p.fail(errno, BadDerefOffset, offs)
	}
	offs += open + 1
	if s[0] != '-' {
		offs++ // for the '+' that was taken off
	}
	body := s[open+1:]
	closing := strings.LastIndexByte(body, ')')
	if closing < 0 {
		return nil, 0, p.fail(EINVAL, DerefOpenBrace, offs+len(body))
	}
	inner, slot, err := p.parse(body[:closing], offs)
	if err != nil {
		return nil, 0, err
	}
	if inner.Kind == Comm || inner.Kind == ImmediateString {
		return nil, 0, p.fail(EINVAL, CommDeref, offs)
	}
	if slot++; slot == maxOps-1 {
		return nil, 0, p.fail(EINVAL, TooManyOps, offs)
	}
	return &Expr{Kind: Dereference, Offset: int32(offset), User: user, Inner: inner}, slot, nil
}

// immediate reads what stands behind '\', offs bytes into the word.
func (p *exprParser) immediate(s string, offs int) (*Expr, *Error) {
	if text, ok := strings.CutPrefix(s, `"`); ok {
		body, closed := strings.CutSuffix(text, `"`)
		if !closed {
			return nil, p.fail(EINVAL, ImmediateStringOpen, offs+1+len(text))
		}
		return &Expr{Kind: ImmediateString, Text: body}, nil
	}
	value, errno := p.immediateNumber(s)
	if errno != 0 {
		return nil, p.fail(errno, BadImmediate, offs)
	}
	return &Expr{Kind: Immediate, Value: p.opt.Arch.Mask(value)}, nil
}

// immediateNumber is unsigned unless it carries a sign.
func (p *exprParser) immediateNumber(s string) (uint64, Errno) {
	bits := wordBits(p.opt.Arch)
	switch c := cstring.At(s, 0); {
	case isDigit(c):
		return ParseUint(s, 0, bits)
	case c == '-', c == '+':
		v, errno := parseInt(strings.TrimPrefix(s, "+"), bits)
		return uint64(v), errno
	}
	return 0, EINVAL
}
