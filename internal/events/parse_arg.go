package events

import (
	"strconv"
	"strings"

	"trapline/internal/cstring"
)

// reservedNames are the fields that every record has; no argument may take
// their names.
var reservedNames = map[string]bool{
	"common_type": true, "common_flags": true, "common_preempt_count": true,
	"common_pid": true, "common_tgid": true,
	fieldIP: true, fieldFunc: true, fieldRetIP: true,
}

// parseArgs reads the fetch arguments, words 2 and on. Words past MaxArgs are
// dropped without a message.
func (p *probeParser) parseArgs(d *Definition) *Error {
	words := p.cmd.Words[2:]
	words = words[:min(len(words), MaxArgs)]
	for i, word := range words {
		arg, err := p.parseArg(d, word, i)
		if err != nil {
			return err
		}
		d.Args = append(d.Args, *arg)
		d.Size += arg.Size()
	}
	return nil
}

// parseArg reads [NAME=]BODY[:TYPE], argument i from 0
// (traceprobe_parse_probe_arg(), SEMANTICS E2).
func (p *probeParser) parseArg(d *Definition, word string, i int) (*Arg, *Error) {
	a := &argParser{exprParser: exprParser{probeParser: p, index: i + 2}}
	name, body, named := strings.Cut(word, "=")
	switch {
	case !named:
		name, body = "arg"+strconv.Itoa(i+1), word
	case len(name) > MaxArgName:
		return nil, a.fail(EINVAL, ArgNameTooLong, 0)
	case name == "":
		return nil, a.fail(EINVAL, NoArgName, 0)
	}
	if !goodName(name, false) {
		return nil, a.fail(EINVAL, BadArgName, 0)
	}
	if reservedNames[name] || d.hasArg(name) {
		return nil, a.fail(EINVAL, UsedArgName, 0)
	}
	a.arg = Arg{Name: name, Text: body, Offset: d.Size}
	if err := a.body(body, len(word)-len(body)); err != nil {
		return nil, err
	}
	return &a.arg, nil
}

func (d *Definition) hasArg(name string) bool {
	for i := range d.Args {
		if d.Args[i].Name == name {
			return true
		}
	}
	return false
}

// argParser reads one BODY[:TYPE].
//
//	TYPE  NAME | NAME[COUNT] | bWIDTH@OFFSET/CONTAINER | bWIDTH@OFFSET/CONTAINER[COUNT]
//
// The first ':' ends the body, wherever it stands.
type argParser struct {
	exprParser
	arg Arg
	// typed is true when a type was written; typeName is it without the
	// array part, typePos the place of both in the word.
	typed    bool
	typeName string
	typePos  int
}

// body reads text, which stands offs bytes into the word
// (traceprobe_parse_probe_arg_body()).
func (a *argParser) body(text string, offs int) *Error {
	switch {
	case len(text) > MaxArgText:
		return a.fail(EINVAL, ArgTooLong, offs)
	case text == "":
		return a.fail(EINVAL, NoArgBody, offs)
	}
	expr, typ, typed := strings.Cut(text, ":")
	a.typed, a.typePos = typed, offs
	if typed {
		a.typePos = offs + len(expr) + 1
		if err := a.split(typ); err != nil {
			return err
		}
	}
	if err := a.findType(expr); err != nil {
		return err
	}
	if a.arg.Offset+a.arg.Size() > MaxEventSize {
		return a.fail(E2BIG, EventTooBig, offs)
	}
	e, slot, err := a.parse(expr, offs)
	if err != nil {
		return err
	}
	a.arg.Expr = e
	return a.check(slot, offs)
}

// split takes the array part off the type.
func (a *argParser) split(typ string) *Error {
	name, count, array := strings.Cut(typ, "[")
	a.typeName = name
	if !array {
		return nil
	}
	pos := a.typePos + len(name) + 1
	number, suffix, closed := strings.Cut(count, "]")
	switch {
	case !closed:
		return a.fail(EINVAL, ArrayNotClosed, pos+len(count))
	case suffix != "":
		return a.fail(EINVAL, BadArraySuffix, pos+len(number)+1)
	}
	n, errno := ParseUint(number, 0, 32)
	switch {
	case errno != 0 || n == 0:
		return a.fail(EINVAL, BadArraySize, pos)
	case n > MaxArrayLen:
		return a.fail(EINVAL, ArrayTooBig, pos)
	}
	a.arg.Count = int(n)
	return nil
}

// findType sets the type: for $comm and immediate strings "string" and
// nothing else, about which the kernel keeps silent.
func (a *argParser) findType(expr string) *Error {
	arch := a.opt.Arch
	switch {
	case expr == "$comm" || expr == "$COMM" || strings.HasPrefix(expr, `\"`):
		if a.arg.Count != 0 || a.typed && a.typeName != "string" {
			return silent(EINVAL, "argument "+strconv.Quote(a.arg.Text)+" can only have the type string, and be no array")
		}
		a.arg.Type = findType(arch, "string")
	case a.typed:
		a.arg.Type = findType(arch, a.typeName)
	default:
		a.arg.Type = defaultType(arch)
	}
	if a.arg.Type == nil {
		return a.fail(EINVAL, BadType, a.typePos)
	}
	return nil
}

// check tells whether the type can be stored from the expression, and
// whether the operations for it still fit in. slot is the expression's last
// operation.
func (a *argParser) check(slot, offs int) *Error {
	e, t := a.arg.Expr, a.arg.Type
	fits := e.loads() || e.loadsUser()
	switch {
	case t.Kind == SymbolString:
		if !e.loads() && e.Kind != Register && e.Kind != StackEntry && e.Kind != ReturnValue && e.Kind != Argument {
			return a.fail(EINVAL, BadSymbolString, a.typePos)
		}
		fits = false
	case t.IsString():
		if !fits && e.Kind != Immediate && e.Kind != Comm && e.Kind != ImmediateString {
			return a.fail(EINVAL, BadString, a.typePos)
		}
		fits = fits && a.arg.Count == 0
	}
	// A store replaces the last load where it can; else it needs a slot.
	if !fits {
		if slot++; slot == maxOps-1 {
			return a.fail(EINVAL, TooManyOps, offs)
		}
	}
	if cstring.At(a.typeName, 0) == 'b' {
		slot++
		bf, ok := parseBitfield(a.opt.Arch, a.typeName, t.Size)
		if !ok || slot >= maxOps-1 {
			return a.fail(EINVAL, BadBitfield, a.typePos)
		}
		a.arg.Bitfield = &bf
	}
	return a.checkArray(slot, offs)
}

// checkArray allows arrays of what lies in memory, but not in memory behind
// a 'u' dereference, unless it is of strings.
func (a *argParser) checkArray(slot, offs int) *Error {
	if a.arg.Count == 0 {
		return nil
	}
	e, t := a.arg.Expr, a.arg.Type
	if t.Kind == SymbolString || !t.IsString() && !e.loads() {
		return a.fail(EINVAL, BadString, a.typePos)
	}
	if slot+1 >= maxOps-1 {
		return a.fail(EINVAL, TooManyOps, offs)
	}
	return nil
}
