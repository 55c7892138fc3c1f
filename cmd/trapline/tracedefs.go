package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/uprobes/places"
)

// definition is a line of uprobe_events that the user gave.
type definition struct {
	source string // the file, or "-p"
	line   int    // from 1; of -p which one
	text   string // as the kernel would take it
	added  int    // bytes of text, at its beginning, that the user left out
}

// placeProbe is what a place alone, given with -p, means.
const placeProbe = "p "

// kernelWord is the first word of what uprobe_events takes.
var kernelWord = regexp.MustCompile(`^([pr][0-9]*(:.*)?|-.*)$`)

// typedDefinition is the n-th of -p: a line of uprobe_events, or one that begins with its place.
func typedDefinition(n int, text string) definition {
	words := places.Fields(text)
	if len(words) > 0 && !kernelWord.MatchString(words[0].Text) && strings.Contains(words[0].Text, ":") {
		return definition{"-p", n, placeProbe + text, len(placeProbe)}
	}
	return definition{source: "-p", line: n, text: text}
}

// typed is the definition as the user wrote it.
func (d *definition) typed() string { return d.text[d.added:] }

// flaw is an error of the definition at a byte of it, from 0.
func (d *definition) flaw(at int, msg string, args ...any) *format.Error {
	return &format.Error{File: d.source, Line: d.line, Col: max(at-d.added, 0) + 1, Msg: fmt.Sprintf(msg, args...), Text: d.typed()}
}

// refusal is what the kernel says of the definition, and what a later one takes of it. Its column counts in the words that the kernel was given, of
// which the second, the place, may have been rewritten.
func (d *definition) refusal(v *tracefs.Verdict) *format.Error {
	e := v.Err
	msg := fmt.Sprintf("errno=%d %s", e.Errno, e.Errno.Name())
	switch {
	case e.Text() != "":
		msg += ": " + e.Text()
	case e.Reason != "":
		msg += ": " + e.Reason
	}
	for _, hint := range []string{v.Later, v.Meant} {
		if hint != "" {
			msg += "; " + hint
		}
	}
	msg += quoteHint(d.typed())
	words := places.Fields(d.text)
	if e.Text() == "" || len(words) == 0 {
		f := d.flaw(0, "%s", msg)
		f.Want = "p[:[GROUP/]EVENT] PATH:PLACE [ARG...], or r for a return, as in uprobe_events; with -p also PATH:PLACE [ARG...]"
		return f
	}
	at := 0
	for i, given := range strings.Split(e.Command, " ") {
		if i == len(words) {
			break
		}
		w := words[i]
		if e.Pos > at+len(given) {
			at += len(given) + 1
			continue
		}
		return d.flaw(w.At+columnIn(w.Text, given, e.Pos-at), "%s", msg)
	}
	return d.flaw(len(d.text), "%s", msg)
}

// quoteHint says of a line that was refused which quote in it has no partner, or stands where the shell should have taken it; "" if
// there is none.
func quoteHint(text string) string {
	for _, quote := range []string{`"`, "'"} {
		if strings.Count(text, quote)%2 != 0 {
			return fmt.Sprintf("; the quote %s at column %d is not closed", quote, strings.LastIndex(text, quote)+1)
		}
	}
	if i := strings.IndexByte(text, '\''); i >= 0 {
		return fmt.Sprintf("; the quote ' at column %d is part of the line: expected it around the whole line, where the shell takes it away", i+1)
	}
	return ""
}

// columnIn carries a column of the word that the kernel was given over to the user's: they differ in a path's
// beginning and in how the place is written.
func columnIn(users, given string, column int) int {
	path, place, ok := places.Split(users)
	gpath, _, _ := places.Split(given)
	switch {
	case users == given || !ok:
		return min(column, len(users))
	case column <= len(gpath):
		return 0
	}
	return len(path) + 1 + min(column-len(gpath)-1, len(place)-1)
}

// askedDefinitions are those of -p and -f.
func askedDefinitions(ctx context.Context, c *cli.Command) ([]definition, error) {
	var defs []definition
	for i, text := range c.StringSlice("probe") {
		defs = append(defs, typedDefinition(i+1, text))
	}
	if name := c.String("file"); name != "" {
		more, err := readDefinitions(ctx, name)
		return append(defs, more...), err
	}
	return defs, nil
}

// readDefinitions reads a file of definitions, "-" being standard input.
func readDefinitions(ctx context.Context, name string) ([]definition, error) {
	var list []definition
	err := eachDefinition(ctx, name, func(n int, line string) { list = append(list, definition{source: name, line: n, text: line}) })
	return list, err
}
