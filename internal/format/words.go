package format

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"trapline/internal/expr"
)

// line is one line of a member.
type line struct {
	num  int // in the file, from 1
	text string
}

func (l line) at(offset int) Pos { return Pos{l.num, offset + 1, l.text} }

func (l line) indented() bool { return l.text != "" && (l.text[0] == ' ' || l.text[0] == '\t') }

func (l line) skipped() bool {
	t := strings.TrimSpace(l.text)
	return t == "" || t[0] == '#'
}

// word is a run of characters without blanks, or a quoted string.
type word struct {
	text   string
	at     int // byte offset in the line
	quoted bool
}

// words reads a line word by word.
type words struct {
	line line
	off  int
}

// peek gives the next word without taking it; false at the end of the line.
func (w *words) peek() (word, bool) {
	t := w.line.text
	for w.off < len(t) && (t[w.off] == ' ' || t[w.off] == '\t') {
		w.off++
	}
	if w.off == len(t) {
		return word{at: len(t)}, false
	}
	end := w.off
	if t[end] == '"' {
		for end++; end < len(t) && t[end] != '"'; end++ {
			if t[end] == '\\' {
				end++
			}
		}
		end = min(end+1, len(t))
		return word{t[w.off:end], w.off, true}, true
	}
	for end < len(t) && t[end] != ' ' && t[end] != '\t' {
		end++
	}
	return word{t[w.off:end], w.off, false}, true
}

// next takes a word that must be there.
func (w *words) next(want string) (word, error) {
	x, ok := w.peek()
	if !ok {
		return x, w.line.at(len(w.line.text)).errorAt(want, "the line ends early")
	}
	w.off = x.at + len(x.text)
	return x, nil
}

// keyword takes one word that must be text.
func (w *words) keyword(text string) error {
	x, err := w.next(`"` + text + `"`)
	if err == nil && x.text != text {
		return w.line.at(x.at).errorAt(`"`+text+`"`, "unexpected %q", x.text)
	}
	return err
}

// accept takes the next word if it is text.
func (w *words) accept(text string) bool {
	x, ok := w.peek()
	if !ok || x.text != text {
		return false
	}
	w.off = x.at + len(x.text)
	return true
}

// done complains about what is left of the line.
func (w *words) done() error {
	if x, ok := w.peek(); ok {
		return w.line.at(x.at).errorAt("the end of the line", "unexpected %q", x.text)
	}
	return nil
}

// choice takes a word that must be one of list.
func (w *words) choice(what string, list []string) (string, error) {
	x, err := w.next(what)
	if err != nil {
		return "", err
	}
	for _, c := range list {
		if x.text == c {
			return c, nil
		}
	}
	return "", w.line.at(x.at).errorAt(meant(x.text, list), "unknown %s %q", what, x.text)
}

// integer takes a decimal number between lo and hi.
func (w *words) integer(what string, lo, hi int) (int, error) {
	want := fmt.Sprintf("%s from %d to %d", what, lo, hi)
	x, err := w.next(want)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(x.text)
	if err != nil || n < lo || n > hi {
		return 0, w.line.at(x.at).errorAt(want, "unexpected %q", x.text)
	}
	return n, nil
}

// name takes an identifier.
func (w *words) name(what string) (string, Pos, error) {
	x, err := w.next(what)
	if err != nil {
		return "", Pos{}, err
	}
	if !isName(x.text) {
		return "", Pos{}, w.line.at(x.at).errorAt(what+" of letters, digits, _ . and -, starting with a letter or _",
			"unexpected %q", x.text)
	}
	return x.text, w.line.at(x.at), nil
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '.' && c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

// quoted takes a string in double quotes, in Go's syntax.
func (w *words) quotedString(what string) (string, error) {
	x, err := w.next(what)
	if err != nil {
		return "", err
	}
	s, err := strconv.Unquote(x.text)
	if !x.quoted || err != nil {
		return "", w.line.at(x.at).errorAt(what+` in double quotes, such as "hit"`, "unexpected %s", x.text)
	}
	return s, nil
}

// Expr is an expression of the file with its place.
type Expr struct {
	Node expr.Node
	Pos  Pos // of the expression's first byte
}

// At is the place of what e's error points at.
func (x Expr) At(e *expr.Error) Pos {
	p := x.Pos
	p.Col += e.Offset
	return p
}

// expr takes one word as an expression.
func (w *words) expr(what string) (Expr, error) {
	x, err := w.next(what)
	if err != nil {
		return Expr{}, err
	}
	return w.parseExpr(x.text, x.at)
}

// rest takes all that is left of the line as an expression.
func (w *words) rest(what string) (Expr, error) {
	x, ok := w.peek()
	if !ok {
		_, err := w.next(what)
		return Expr{}, err
	}
	text := strings.TrimRight(w.line.text[x.at:], " \t")
	w.off = len(w.line.text)
	return w.parseExpr(text, x.at)
}

func (w *words) parseExpr(text string, at int) (Expr, error) {
	n, err := expr.Parse(text)
	var e *expr.Error
	if errors.As(err, &e) {
		return Expr{}, w.line.at(at+e.Offset).errorAt(e.Want, "%s", e.Msg)
	}
	return Expr{n, w.line.at(at)}, err
}
