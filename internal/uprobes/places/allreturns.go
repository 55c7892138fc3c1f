package places

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu/insn"
)

// Returns lists the return instructions of a function, also those of its cold parts: linear addresses, in order. elsewhere
// counts the jumps by which it leaves for another function, which returns in its place.
func (p *Program) Returns(f Function) (returns []uint64, elsewhere int) {
	parts := []Function{f}
	for i := 0; i < len(parts); i++ {
		for _, pc := range p.InstructionsOf(parts[i]) {
			in, _ := p.at(pc)
			attr := in.Attr()
			if attr.Has(insn.RetNear) {
				returns = append(returns, pc)
			}
			target, ok := in.BranchTarget(pc)
			if !ok || !attr.Has(insn.RelBranch) || holdsAny(parts, target) {
				continue
			}
			if cold, ok := p.Function(target); ok && isColdPart(cold.Name, f.Name) {
				parts = append(parts, cold)
			} else {
				elsewhere++
			}
		}
	}
	slices.Sort(returns)
	return returns, elsewhere
}

func holdsAny(parts []Function, addr uint64) bool {
	return slices.ContainsFunc(parts, func(f Function) bool { return f.Entry <= addr && addr < f.End })
}

// isColdPart tells whether gcc has split a function's unlikely code off under a name.
func isColdPart(name, function string) bool {
	return function != "" && strings.HasPrefix(name, function+".cold")
}

// isReturn matches the first word of a return probe's line.
var isReturn = regexp.MustCompile(`^r(?::|$)`)

// retval is what the kernel's own return probes fetch a result by.
var retval = regexp.MustCompile(`\$retval\b`)

// AllReturns makes lines of a return probe's that need no trampoline: a probe on each return instruction of the function, all of
// one event, with the register that holds the result for $retval. What is no return probe stays. Errors are of type *Error.
func AllReturns(line Line, files Files) ([]Line, error) {
	fields := Fields(line.Text)
	if len(fields) < 2 {
		return []Line{line}, nil
	}
	path, place, at, ok := splitPlace(fields[1], files)
	if !ok {
		return []Line{line}, nil
	}
	number, suffix := cutSuffix(place)
	if !isReturn.MatchString(fields[0].Text) && !strings.Contains(suffix, "%return") {
		return []Line{line}, nil
	}
	offset, err := strconv.ParseUint(number, 0, 64)
	if err != nil {
		return []Line{line}, nil // the kernel says what is wrong
	}
	file, err := files.File(path)
	if err != nil {
		return nil, &Error{at, err}
	}
	returns, remark, err := file.returns(offset)
	if err != nil {
		return nil, &Error{at, err}
	}
	first := "p:" + eventOf(fields[0].Text, path, offset)
	suffix = strings.Replace(suffix, "%return", "", 1)
	arguments := texts(fields[2:])
	for i, a := range arguments {
		arguments[i] = retval.ReplaceAllString(a, "%ax")
	}
	var l []Line
	for _, r := range returns {
		d := definition{path: path}
		l = append(l, Line{Text: d.text(first, fmt.Sprintf("%#x", r)+suffix, arguments)})
	}
	l[0].Remark = strings.TrimPrefix(line.Remark+"; "+remark, "; ")
	l[0].Remark = strings.TrimSuffix(l[0].Remark, "; ")
	return l, nil
}

// returns are the file offsets of the return instructions of the function that begins at an offset, and what the user
// should know of them.
func (f *File) returns(offset uint64) (l []uint64, remark string, err error) {
	addr, _ := f.Image.AddrOfOffset(offset)
	fn, ok := f.Program().Function(addr)
	if !ok || fn.Entry != addr {
		return nil, "", errors.New("no function is known to begin there; expected one, whose return instructions get probes")
	}
	returns, elsewhere := f.Program().Returns(fn)
	for _, r := range returns {
		if offset, ok := f.Image.OffsetOfAddr(r); ok {
			l = append(l, offset)
		}
	}
	switch {
	case len(l) == 0 && elsewhere > 0:
		return nil, "", errors.New("the function has no return instruction: it leaves by a jump to another function")
	case len(l) == 0:
		return nil, "", errors.New("the function has no return instruction")
	case elsewhere > 0:
		remark = fmt.Sprintf("the function also leaves by jumps to other functions, %d of them, which return in its place: those returns are not seen", elsewhere)
	}
	return l, remark, nil
}

// eventOf is GROUP/EVENT of a line, as the kernel names one that has no name.
func eventOf(first, path string, offset uint64) string {
	group := ""
	if _, name, ok := strings.Cut(first, ":"); ok {
		if name != "" && !strings.HasSuffix(name, "/") {
			return name
		}
		group = name
	}
	tail := filepath.Base(path)
	if i := strings.IndexAny(tail, ".-_"); i >= 0 {
		tail = tail[:i]
	}
	return fmt.Sprintf("%sp_%s_0x%x", group, tail, offset)
}
