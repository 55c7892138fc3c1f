package format

import (
	"fmt"
	"strings"
)

// Program is a user's own ELF file whose functions are called one after the
// other on cpu 0.
//
//	"path" STRING                       relative to the scenario's folder
//	"call" NAME { EXPR } [ "=" EXPR ]   arguments; what it must return
type Program struct {
	Path  string
	Pos   Pos
	Calls []Call
}

// Call is one function call.
type Call struct {
	Function string
	Pos      Pos
	Args     []Expr
	Result   *Expr // nil: anything
}

// MaxArgs bounds the arguments of a call.
const MaxArgs = 16

func (f *File) parseProgram(lines []line) error {
	p := &Program{Pos: f.MemberPos("program")}
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		key, err := w.choice("key", []string{"path", "call"})
		if err != nil {
			return err
		}
		if key == "path" {
			if p.Path != "" {
				return l.at(0).errorAt("each key once", `a second "path"`)
			}
			p.Pos = l.at(0)
			if p.Path, err = w.quotedString("a path"); err != nil {
				return err
			}
			if p.Path == "" || strings.ContainsRune(p.Path, 0) {
				return l.at(0).errorAt("the path of an ELF file", "an empty path")
			}
		} else if err := p.parseCall(w); err != nil {
			return err
		}
		if err := w.done(); err != nil {
			return err
		}
	}
	if p.Path == "" {
		return f.MemberPos("program").errorAt(`a line: path "FILE"`, "a program without a path")
	}
	f.Program = p
	return nil
}

func (p *Program) parseCall(w *words) error {
	if len(p.Calls) == MaxItems {
		return w.line.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many calls")
	}
	x, err := w.next("a function's name")
	if err != nil {
		return err
	}
	c := Call{Function: x.text, Pos: w.line.at(x.at)}
	for {
		if _, more := w.peek(); !more {
			break
		}
		if w.accept("=") {
			r, err := w.expr("the result")
			if err != nil {
				return err
			}
			c.Result = &r
			break
		}
		if len(c.Args) == MaxArgs {
			return w.line.at(w.off).errorAt(fmt.Sprintf("at most %d", MaxArgs), "too many arguments")
		}
		arg, err := w.expr("an argument")
		if err != nil {
			return err
		}
		c.Args = append(c.Args, arg)
	}
	p.Calls = append(p.Calls, c)
	return nil
}
