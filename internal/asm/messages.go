package asm

import (
	"regexp"
	"strconv"
	"strings"
)

// inputName is the source's name in the private directory. No option takes
// user text, so that name is all that messages can show.
const inputName = "input.s"

// asMessage matches FILE:[LINE:] [SEVERITY:] TEXT as GNU as prints it.
var asMessage = regexp.MustCompile(`^(.*?):(?:(\d+):)? +(Error|Fatal error|Internal error|Warning|Info): (.*)$`)

// asDiagnostics reads what GNU as printed. foreign is true if a message names
// another file than the input; what it says then is not given, since it may
// quote that file.
func (s *Source) asDiagnostics(output string) (list []Diagnostic, foreign bool) {
	for line := range strings.Lines(output) {
		m := asMessage.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		if m[1] != inputName {
			foreign = true
			continue
		}
		severity := SeverityError
		switch m[3] {
		case "Warning":
			severity = SeverityWarning
		case "Info":
			severity = SeverityNote
		}
		n, _ := strconv.Atoi(m[2]) // 0 where as gives no line
		list = append(list, s.diagnostic(n, 0, severity, m[4]))
	}
	return list, foreign
}

var (
	// ldLine matches a place in the source within a line of ld's.
	ldLine = regexp.MustCompile(`(?:^|[/: ])` + regexp.QuoteMeta(inputName) + `:(\d+):(?:\([^)]*\):)? *(.*)$`)
	// ldSection matches an object's section and offset, given where there is no line.
	ldSection = regexp.MustCompile(`\([^)]*\+0x[0-9a-f]+\): *(.*)$`)
	// ldSymbol matches the symbol that a message is about.
	ldSymbol = regexp.MustCompile("(?:undefined reference to|against (?:undefined )?symbol) [`']([^']*)'")
)

// ldDiagnostics reads what GNU ld printed. program is how ld names itself.
func (s *Source) ldDiagnostics(output, program string) []Diagnostic {
	var list []Diagnostic
	for line := range strings.Lines(output) {
		line = strings.TrimPrefix(strings.TrimRight(line, "\n"), program+": ")
		if strings.Contains(line, ": in function `") || strings.HasSuffix(line, " follow") {
			continue
		}
		severity, n := SeverityError, 0
		if rest, ok := strings.CutPrefix(line, "warning: "); ok {
			severity, line = SeverityWarning, rest
		}
		if m := ldLine.FindStringSubmatch(line); m != nil {
			n, _ = strconv.Atoi(m[1])
			line = m[2]
		} else if m := ldSection.FindStringSubmatch(line); m != nil {
			line = m[1]
		}
		if m := ldSymbol.FindStringSubmatch(line); m != nil && n == 0 {
			n = s.lineOfWord(m[1])
		}
		list = append(list, s.diagnostic(n, 0, severity, line))
	}
	return list
}

// lineOfWord is the first line whose code mentions a symbol; 0 if none does.
func (s *Source) lineOfWord(symbol string) int {
	word := wordPattern(regexp.QuoteMeta(symbol))
	for i, line := range strings.Split(blankOut(s.Text), "\n") {
		if word.MatchString(line) {
			return i + 1
		}
	}
	return 0
}
