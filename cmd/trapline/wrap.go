package main

import (
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// hanging is how much further in a line goes on below.
const hanging = 4

// reasons is where the lines of a story begin that belong to a step.
const reasons = 10

// wrapped is a line, which may have colours, in lines of at most width cells,
// broken at blanks. Words stay whole, and so do lines that are there to be copied.
func wrapped(line string, width int) string {
	if ansi.StringWidth(line) <= width || copied(line) {
		return line
	}
	plain := ansi.Strip(line)
	indent := len(plain) - len(strings.TrimLeft(plain, " ")) + hanging
	if strings.HasPrefix(plain, "cpu") {
		indent = reasons
	}
	if indent > width/2 {
		indent = hanging
	}
	var b strings.Builder
	for first := true; ; first = false {
		room := width
		if !first {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			room -= indent
		}
		head, rest, more := cutAt(line, max(room, 1))
		b.WriteString(head)
		if !more {
			return b.String()
		}
		line = rest
	}
}

// cutAt cuts a line at the last blank that leaves at most width cells in front,
// or behind the first word if that is longer.
func cutAt(line string, width int) (head, rest string, more bool) {
	if ansi.StringWidth(line) <= width {
		return line, "", false
	}
	at := -1
	for i := range len(line) {
		if line[i] != ' ' || strings.TrimSpace(ansi.Strip(line[:i])) == "" {
			continue
		}
		if at >= 0 && ansi.StringWidth(line[:i]) > width {
			break
		}
		at = i
	}
	if at < 0 {
		return line, "", false
	}
	return strings.TrimRight(line[:at], " "), strings.TrimLeft(line[at:], " "), true
}

// copied reports whether a line has a command or a schedule, which people copy.
func copied(line string) bool {
	line = strings.TrimSpace(ansi.Strip(line))
	for _, prefix := range []string{"again: ", "schedule ", "trapline ", "source <("} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// wrapping is a writer of whole lines that wraps them for a terminal. Lines that begin
// with two blanks stay as they are: they are the user's, with a caret below.
type wrapping struct {
	w       io.Writer
	columns int
}

// wrappingTo wraps what goes to w, if that is a terminal.
func wrappingTo(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(f.Fd()) {
		return w
	}
	width, _, err := term.GetSize(f.Fd())
	if err != nil || width <= 0 {
		return w
	}
	return wrapping{w, width}
}

// Write implements io.Writer.
func (x wrapping) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "  ") {
			lines[i] = wrapped(l, x.columns)
		}
	}
	if _, err := io.WriteString(x.w, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}
