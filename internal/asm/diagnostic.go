package asm

import (
	"errors"
	"fmt"
	"strings"
)

// What Assemble says; test with errors.Is.
var (
	// ErrNoAssembler means that GNU as or ld is not installed.
	ErrNoAssembler = errors.New("GNU as and ld are needed to assemble source: install the Debian package binutils")
	// ErrLimit means that the source, or what it expands to, is too large or
	// takes too long.
	ErrLimit = errors.New("assembly over a limit")
)

// Severity is how bad a Diagnostic is.
type Severity uint8

// The severities.
const (
	SeverityError Severity = iota
	SeverityWarning
	SeverityNote // goes with the one before it, such as where a macro was used
)

// String gives the word that messages use.
func (s Severity) String() string {
	switch s {
	case SeverityError:
		return "error"
	case SeverityWarning:
		return "warning"
	}
	return "note"
}

// Diagnostic is one message about a source.
type Diagnostic struct {
	File     string
	Line     int // in File; 0 if not known
	Col      int // 1 for the first byte of the line; 0 if not known
	Severity Severity
	Msg      string
}

// String gives FILE:LINE:COL: [warning: ]MESSAGE without what is not known.
func (d Diagnostic) String() string {
	var b strings.Builder
	b.WriteString(d.File)
	if d.Line > 0 {
		fmt.Fprintf(&b, ":%d", d.Line)
		if d.Col > 0 {
			fmt.Fprintf(&b, ":%d", d.Col)
		}
	}
	b.WriteString(": ")
	if d.Severity != SeverityError {
		b.WriteString(d.Severity.String() + ": ")
	}
	return b.String() + d.Msg
}

// maxDiagnostics bounds the diagnostics of one source.
const maxDiagnostics = 50

// Error is a source that does not assemble or link.
type Error struct {
	Diagnostics []Diagnostic // at least one of SeverityError, in the order of the tools
}

// Error gives one diagnostic a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Diagnostics))
	for i, d := range e.Diagnostics {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}

// errorAt makes an Error of one diagnostic; line counts from the source's own
// first line, 0 for none.
func (s *Source) errorAt(line, col int, format string, args ...any) *Error {
	return &Error{Diagnostics: []Diagnostic{s.diagnostic(line, col, SeverityError, fmt.Sprintf(format, args...))}}
}

func (s *Source) diagnostic(line, col int, severity Severity, msg string) Diagnostic {
	d := Diagnostic{File: s.Name, Col: col, Severity: severity, Msg: msg}
	if line > 0 {
		d.Line = s.lineOf(line)
	}
	return d
}
