package format

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Error is a flaw of a scenario file.
type Error struct {
	File string
	Line int    // from 1
	Col  int    // from 1, in bytes
	Msg  string // what is wrong
	Want string // what was expected, or ""
	Text string // the line itself
}

// Error gives FILE:LINE:COL: what; what was expected.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
	if e.Want != "" {
		s += "; expected " + e.Want
	}
	return s
}

// maxShown bounds, in characters, how much of a line Caret shows.
const maxShown = 200

// Caret gives the line, or of a long one what is around the column, and below it a
// caret under the column.
func (e *Error) Caret() string {
	at := utf8.RuneCountInString(e.Text[:min(max(e.Col-1, 0), len(e.Text))])
	line := []rune(e.Text)
	if from := at - maxShown/2; from > 0 && len(line) > maxShown {
		line, at = append([]rune{'…'}, line[from:]...), at-from+1
	}
	if len(line) > maxShown {
		line = append(line[:maxShown:maxShown], '…')
	}
	pad := slices.Clone(line[:at])
	for i, r := range pad {
		if r != '\t' {
			pad[i] = ' '
		}
	}
	return fmt.Sprintf("  %s\n  %s^", string(line), string(pad))
}

// Pos is a place in a scenario file: line and column from 1, and the line.
type Pos struct {
	Line, Col int
	Text      string
}

// errorAt makes an error at p; the parser adds the file's name.
func (p Pos) errorAt(want, format string, args ...any) *Error {
	return &Error{Line: p.Line, Col: p.Col, Msg: fmt.Sprintf(format, args...), Want: want, Text: p.Text}
}

// Error makes an error of file at p for what turns out wrong after parsing,
// such as an unknown symbol.
func (p Pos) Error(file, want, format string, args ...any) *Error {
	e := p.errorAt(want, format, args...)
	e.File = file
	return e
}
