package source

import (
	"debug/dwarf"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// SharedError means that a line's code begins where another line's does, so that a probe there is one on that line.
type SharedError struct {
	File string // or a function, from which the line counts
	Line int
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("its code begins where that of %s:%d does; expected that line", filepath.Base(e.File), e.Line)
}

// NoCodeError means that a line has no code of its own. After and Before are the nearest lines that have, 0 for none.
type NoCodeError struct{ Before, After int }

func (e *NoCodeError) Error() string {
	switch {
	case e.Before > 0 && e.After > 0:
		return fmt.Sprintf("the line has no code; expected line %d or %d, the nearest with code", e.Before, e.After)
	case e.Before+e.After > 0:
		return fmt.Sprintf("the line has no code; expected line %d, the nearest with code", e.Before+e.After)
	}
	return "the line has no code"
}

// representative is the line that a place is said to be: at a function's entry that of its declaration, elsewhere that of
// the first statement that begins there. It is 0 if none does.
func (u *unit) representative(addr uint64) (file string, line int) {
	for _, f := range u.functions {
		if f.Entry == addr && f.Line > 0 {
			return f.File, f.Line
		}
	}
	i, _ := slices.BinarySearchFunc(u.rows, addr, func(r dwarf.LineEntry, a uint64) int {
		if r.Address < a {
			return -1
		}
		return 1
	})
	for ; i < len(u.rows) && u.rows[i].Address == addr; i++ {
		if r := &u.rows[i]; r.IsStmt && !r.EndSequence && r.File != nil {
			return r.File.Name, r.Line
		}
	}
	return "", 0
}

// LineOf is the source line of the instruction at addr.
func (p *Program) LineOf(addr uint64) (file string, line int, ok bool) {
	for _, u := range p.units {
		i, found := slices.BinarySearchFunc(u.rows, addr, func(r dwarf.LineEntry, a uint64) int {
			switch {
			case r.Address < a:
				return -1
			case r.Address > a:
				return 1
			}
			return 0
		})
		if !found {
			i--
		}
		for found && i+1 < len(u.rows) && u.rows[i+1].Address == addr {
			i++
		}
		if i >= 0 && !u.rows[i].EndSequence && u.rows[i].File != nil && u.covers(addr) {
			return u.rows[i].File.Name, u.rows[i].Line, true
		}
	}
	return "", 0, false
}

func (u *unit) covers(addr uint64) bool {
	return slices.ContainsFunc(u.functions, func(f *Function) bool { return f.has(addr) })
}

// sameFile tells whether a name that a user gave, with directories or without, is a file of the debug information.
func sameFile(name, full string) bool {
	name, full = filepath.Clean(name), filepath.Clean(full)
	return name == full || strings.HasSuffix(full, "/"+name)
}

// HasFile tells whether some code comes from a source file of the name.
func (p *Program) HasFile(name string) bool {
	for _, u := range p.units {
		for _, f := range u.files {
			if f != nil && sameFile(name, f.Name) {
				return true
			}
		}
	}
	return false
}

// FileLine gives the addresses at which the code of a line begins, in order.
func (p *Program) FileLine(name string, line int) ([]uint64, error) {
	var l []uint64
	var other error
	near := &NoCodeError{}
	for _, u := range p.units {
		addrs, err := u.line(func(f string) bool { return sameFile(name, f) }, line, near)
		l = append(l, addrs...)
		if err != nil {
			other = err
		}
	}
	return found(l, other, near)
}

// FunctionLine gives the addresses at which the code of a function's line begins, in order, also in its copies in other
// functions; line 0 is that of its declaration, whose code begins where the function is entered.
func (f *Function) FunctionLine(line int) ([]uint64, error) {
	if line == 0 {
		return f.Copies(), nil
	}
	if last := f.last(); f.Line+line > last {
		return nil, fmt.Errorf("%s has the lines 0 to %d", f.Name, last-f.Line)
	}
	near := &NoCodeError{}
	l, err := f.unit.line(func(name string) bool { return name == f.File }, f.Line+line, near)
	if shared, ok := err.(*SharedError); ok && shared.File == f.File {
		err = &SharedError{f.Name, shared.Line - f.Line}
	}
	near.Before, near.After = max(0, near.Before-f.Line), max(0, near.After-f.Line)
	return found(l, err, near)
}

// Copies are the addresses at which the function begins, in order: those at which it is entered, and those of its copies in other
// functions.
func (f *Function) Copies() (l []uint64) {
	for _, o := range f.unit.functions { // clones have entries of their own
		if o.origin() != f.origin() {
			continue
		}
		if o.Entry > 0 {
			l = append(l, o.Entry)
		}
		l = append(l, o.Inlined...)
	}
	slices.Sort(l)
	return slices.Compact(l)
}

// origin is the entry of which the function's is an instance, or its own.
func (f *Function) origin() dwarf.Offset {
	if of, ok := f.entry.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
		return of
	}
	return f.entry.Offset
}

// last is the last line of which the function has code.
func (f *Function) last() int {
	last := f.Line
	for i := range f.unit.rows {
		if r := &f.unit.rows[i]; f.owns(r) {
			last = max(last, r.Line)
		}
	}
	return last
}

// owns tells whether a row is the function's own, or that of a copy of it, and not one of a function that is inlined there.
func (f *Function) owns(r *dwarf.LineEntry) bool {
	if r.File == nil || r.File.Name != f.File || r.Line < f.Line || r.EndSequence || !f.has(r.Address) && !within(f.copies, r.Address) {
		return false
	}
	return !slices.ContainsFunc(f.unit.functions, func(o *Function) bool {
		return o != f && o.File == f.File && f.Line < o.Line && o.Line <= r.Line && (o.has(r.Address) || within(o.copies, r.Address))
	})
}

func found(l []uint64, other error, near *NoCodeError) ([]uint64, error) {
	switch {
	case len(l) > 0:
		slices.Sort(l)
		return slices.Compact(l), nil
	case other != nil:
		return nil, other
	}
	return nil, near
}

// line looks for a line's statements.
func (u *unit) line(file func(string) bool, line int, near *NoCodeError) (l []uint64, shared error) {
	for i := range u.rows {
		r := &u.rows[i]
		if r.File == nil || !file(r.File.Name) || !r.IsStmt || r.EndSequence {
			continue
		}
		repFile, repLine := u.representative(r.Address)
		own := repLine == r.Line && repFile == r.File.Name
		switch {
		case r.Line != line:
			if own {
				near.note(r.Line, line)
			}
		case own:
			l = append(l, r.Address)
		case repLine > 0:
			shared = &SharedError{repFile, repLine}
		}
	}
	return l, shared
}

func (e *NoCodeError) note(has, wanted int) {
	if has < wanted {
		e.Before = max(e.Before, has)
	} else if e.After == 0 || has < e.After {
		e.After = has
	}
}

// Lines lists the function's lines that have code of their own, counted from its declaration.
func (f *Function) Lines() []int {
	lines := map[int]bool{0: true}
	for i := range f.unit.rows {
		r := &f.unit.rows[i]
		if !r.IsStmt || !f.owns(r) {
			continue
		}
		if file, line := f.unit.representative(r.Address); line == r.Line && file == r.File.Name {
			lines[r.Line-f.Line] = true
		}
	}
	return sorted(lines)
}

func sorted(set map[int]bool) []int {
	var l []int
	for n := range set {
		l = append(l, n)
	}
	slices.Sort(l)
	return l
}

// AfterPrologue is where the code behind the function's entry begins that sets its frame up, if it was compiled without
// optimization; before that, variables are not yet where the debug information says. false: they are right at the entry.
//
// That none moves tells it of a unit, as it does perf; and of a function that LLVM made, among others that are optimized, if its
// frame is addressed by a register, which the prologue sets.
func (f *Function) AfterPrologue() (addr uint64, ok bool) {
	if f.unit.moves && (f.moves || !f.framedByRegister()) {
		return 0, false
	}
	for i := range f.unit.rows {
		if r := &f.unit.rows[i]; r.Address > f.Entry && r.IsStmt && !r.EndSequence && f.has(r.Address) {
			return r.Address, true
		}
	}
	return 0, false
}

func (f *Function) framedByRegister() bool {
	expr, err := f.unit.location(f.entry.AttrField(dwarf.AttrFrameBase), f.Entry)
	return err == nil && len(expr) == 1 && expr[0] >= opReg0 && expr[0] < opReg0+32
}
