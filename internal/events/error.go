package events

import (
	"fmt"
	"strings"
)

// Error is a refusal: what the kernel answered to a line (SEMANTICS E3).
type Error struct {
	Errno Errno
	// Problem is what error_log says; NoProblem when it stays empty.
	Problem Problem
	// Subsystem is "trace_kprobe" or "trace_uprobe"; "" without a Problem.
	Subsystem string
	// Command is the line as error_log repeats it: its words joined by
	// single blanks. "" without a Problem.
	Command string
	// Pos is the caret's place: bytes from the start of Command.
	Pos     int
	Release Release
	// Reason explains, in this program's words, a refusal on which the
	// kernel is silent.
	Reason string
}

// Error is one line for a person: the errno, what is wrong and where.
func (e *Error) Error() string {
	switch {
	case e.Problem != NoProblem:
		return fmt.Sprintf("%s: %s, at byte %d of %q", e.Errno.Error(), e.Problem.text(e.Release), e.Pos, e.Command)
	case e.Reason != "":
		return e.Errno.Error() + ": " + e.Reason
	}
	return e.Errno.Error()
}

// Unwrap gives the [Errno], for errors.Is.
func (e *Error) Unwrap() error { return e.Errno }

// Text is the kernel's sentence, "" where it has none.
func (e *Error) Text() string {
	if e.Problem == NoProblem {
		return ""
	}
	return e.Problem.text(e.Release)
}

const commandPrefix = "  Command: "

// LogText is the entry of error_log without its time stamp: three lines, the
// last one with the caret, each ended by a newline; "" where the kernel logs
// nothing.
func (e *Error) LogText() string {
	if e.Problem == NoProblem {
		return ""
	}
	return e.Subsystem + ": error: " + e.Text() + "\n" +
		commandPrefix + e.Command + "\n" +
		strings.Repeat(" ", len(commandPrefix)+e.Pos) + "^\n"
}

// Command is a line split into words; it makes the errors that point into it
// (__trace_probe_log_err()).
type Command struct {
	Words     []string
	Subsystem string
	Release   Release
}

// Fail makes the error whose caret stands offset bytes into word index. An
// index past the last word puts the caret behind the end of the line.
func (c *Command) Fail(errno Errno, p Problem, index, offset int) *Error {
	pos, total := 0, 0
	for i, w := range c.Words {
		if i == index {
			pos = total
		}
		total += len(w) + 1
	}
	if index >= len(c.Words) {
		pos, offset = total, 0
	}
	return &Error{
		Errno: errno, Problem: p, Subsystem: c.Subsystem,
		Command: strings.Join(c.Words, " "), Pos: pos + offset, Release: c.Release,
	}
}

// silent is a refusal that error_log does not show.
func silent(errno Errno, reason string) *Error {
	return &Error{Errno: errno, Reason: reason}
}
