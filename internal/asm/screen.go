package asm

import (
	"regexp"
	"strings"
)

// Directives that a source may not use. Reading files is refused here with a
// good message, and once more by what the assembler says it read, since a
// macro can put a directive's name together. Renumbering lines would take
// messages and listings away from the lines of the scenario.
var refusals = []struct {
	directive *regexp.Regexp // the directive is the first group
	why       string
}{
	{wordPattern(`\.include|\.incbin`), "a source may not read other files, write the text here"},
	{wordPattern(`\.mri`), "MRI mode is not supported"},
	{wordPattern(`\.line|\.ln|\.linefile|\.appline|\.appfile|\.loc|\.file\s+\d+`),
		"it hides the lines of this file; compile without -g"},
}

// wordPattern matches words, in either case, that are no part of a symbol.
func wordPattern(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^\w.$])(` + words + `)(?:[^\w.$]|$)`)
}

// fileName is how a compiler names its source. Messages would carry that name.
var fileName = regexp.MustCompile(`(?i)^\.file\s+"[^"\n]*"`)

var fileDirective = wordPattern(`\.file`)

// lineMarker is a C preprocessor's line marker, which the assembler obeys.
var lineMarker = regexp.MustCompile(`^\s*#\s*\d+\s*"`)

// screen finds the first directive that is refused.
func (s *Source) screen() error {
	original := s.textLines()
	for i, line := range strings.Split(blankOut(s.Text), "\n") {
		if at := lineMarker.FindStringIndex(original[i]); at != nil && strings.TrimSpace(line) == "" {
			return s.errorAt(i+1, 1, "line markers are not allowed: they hide the lines of this file "+
				"(if it is meant as a comment, put a word first)")
		}
		for _, refused := range refusals {
			if at := refused.directive.FindStringSubmatchIndex(line); at != nil {
				return s.errorAt(i+1, at[2]+1, "%s is not allowed: %s", line[at[2]:at[3]], refused.why)
			}
		}
	}
	return nil
}

// dropFileNames blanks the .file "NAME" directives, keeping lines and columns.
func dropFileNames(text string) string {
	lines := strings.Split(text, "\n")
	for i, code := range strings.Split(blankOut(text), "\n") {
		at := fileDirective.FindStringSubmatchIndex(code)
		if at == nil {
			continue
		}
		start := at[2]
		n := len(fileName.FindString(lines[i][start:]))
		lines[i] = lines[i][:start] + strings.Repeat(" ", n) + lines[i][start+n:]
	}
	return strings.Join(lines, "\n")
}

// blankOut replaces comments and string contents by blanks, keeping lines and
// columns.
func blankOut(text string) string {
	out := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "/*"):
			end := len(text)
			if n := strings.Index(rest[2:], "*/"); n >= 0 {
				end = i + 2 + n + 2
			}
			blank(i, end)
			i = end
		case rest[0] == '#':
			end := i + lineLength(rest)
			blank(i, end)
			i = end
		case rest[0] == '"':
			end := i + stringLength(rest)
			blank(i, end)
			i = end
		case rest[0] == '\'' && len(rest) > 1 && (rest[1] == '"' || rest[1] == '#'):
			i += 2 // a character constant that is no quote or comment
		default:
			i++
		}
	}
	return string(out)
}

func lineLength(text string) int {
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		return n
	}
	return len(text)
}

// stringLength is the length of the string that text starts with, quotes
// included.
func stringLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
