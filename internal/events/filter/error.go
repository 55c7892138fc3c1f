package filter

import (
	"fmt"
	"strings"

	"trapline/internal/events"
)

// Problem is why an expression was refused; the text is the kernel's.
type Problem string

const (
	InvalidOperator  Problem = "Invalid operator"
	TooManyOpen      Problem = "Too many '('"
	TooManyClose     Problem = "Too few '('"
	MissingQuote     Problem = "Missing matching quote"
	OperandTooLong   Problem = "Operand too long"
	ExpectString     Problem = "Expecting string field"
	ExpectDigit      Problem = "Expecting numeric field"
	IllegalOperation Problem = "Illegal operation for field type"
	FieldNotFound    Problem = "Field not found"
	IllegalInteger   Problem = "Illegal integer value"
	BadInSubsystem   Problem = "Couldn't find or set field in one of a subsystem's events"
	TooManyTerms     Problem = "Too many terms in predicate expression"
	Meaningless      Problem = "Meaningless filter expression"
	InvalidValue     Problem = "Invalid value (did you forget quotes)?"
	NoFilter         Problem = "No filter found"
	// Unexplained is where the kernel gives no reason.
	Unexplained Problem = ""
)

// Error is a refused expression. A write gives its Errno; its texts are in files.
type Error struct {
	// Errno is what the write gives. A missing quote or parenthesis gives small numbers that mean something else
	// (EPERM, ENOENT, ESRCH): the kernel hands its own codes through.
	Errno   events.Errno
	Problem Problem
	// Pos is where in the expression, in bytes, counted as the kernel does: mostly one too many.
	Pos  int
	Text string // the expression
}

// FileText is what the filter file holds after the refusal, without the newline that reading adds.
func (e *Error) FileText() string {
	if e.Problem == Unexplained {
		return e.Text + "\nError: (0)\n"
	}
	pos := min(e.Pos, len(e.Text))
	if pos > 0 {
		pos++
	}
	return fmt.Sprintf("%s\n%s^\nparse_error: %s\n", e.Text, strings.Repeat(" ", max(pos-1, 0)), e.Problem)
}

// LogText is the entry of error_log without its time stamp.
func (e *Error) LogText() string {
	const command = "  Command: "
	why := e.Problem
	pos := e.Pos
	if why == Unexplained {
		why, pos = "Error", 0
	}
	return fmt.Sprintf("event filter parse error: error: %s\n%s%s\n%s^\n", why, command, e.Text, strings.Repeat(" ", len(command)+pos))
}
