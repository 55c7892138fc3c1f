// Package printable shows text of unknown origin: names of files, texts of
// scenarios and recordings, symbols. A terminal obeys control characters; here
// they become escapes that can be read.
package printable

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Text escapes every control character, invisible format character (the
// bidirectional overrides among them) and byte that is not UTF-8, as Go
// strings write them: \x1b, \u202e, \xff. Line feeds and tabs stay.
func Text(s string) string { return escape(s, isText, inGo) }

// Name is Text for what must not go over a line's end: line feeds and tabs are
// escaped too.
func Name(s string) string { return escape(s, strconv.IsGraphic, inGo) }

// JSON does the same inside a JSON text, whose value stays the same.
func JSON(s string) string { return escape(s, isText, inJSON) }

// ShellWord is a word for a command line that can be copied: quoted where a
// shell would take it for something else.
func ShellWord(s string) string {
	switch {
	case Name(s) != s:
		escaped := strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s)
		return "$'" + Name(escaped) + "'"
	case s == "" || strings.ContainsAny(s, " |&;<>()$`\\\"'*?[]#~=%!{}"):
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func isText(r rune) bool { return r == '\n' || r == '\t' || strconv.IsGraphic(r) }

// escape replaces the runes that may not be shown. Most text has none and is
// returned as it is.
func escape(s string, shown func(rune) bool, as func(b *strings.Builder, r rune, raw string)) string {
	clean := 0
	for clean < len(s) && (s[clean] >= ' ' && s[clean] <= '~' || s[clean] == '\n' && shown('\n')) {
		clean++
	}
	if clean == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:clean])
	for rest := s[clean:]; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if bad := r == utf8.RuneError && n == 1; bad || !shown(r) {
			as(&b, r, rest[:n])
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String()
}

func inGo(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

func inJSON(b *strings.Builder, r rune, _ string) {
	if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
		fmt.Fprintf(b, `\u%04x\u%04x`, hi, lo)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

// Writer passes everything through Text. A character must not be split between
// two writes.
type Writer struct{ W io.Writer }

// Write implements io.Writer; the count is that of p.
func (w Writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.W, Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
