package filter

import (
	"strings"

	"trapline/internal/glob"
)

// pattern makes the test of a pattern (filter_parse_regex()). One that begins with a digit is a plain text. A '*' at
// the beginning or the end alone means the end, the beginning or any part; other patterns are globs.
func pattern(p string) func(string) bool {
	plain := func(s string) bool { return s == p }
	if p == "" || isDigit(p[0]) {
		return plain
	}
	front, behind := strings.HasPrefix(p, "*"), len(p) > 1 && strings.HasSuffix(p, "*")
	inner := p
	if front {
		inner = inner[1:]
	}
	if behind {
		inner = inner[:len(inner)-1]
	}
	switch {
	case strings.ContainsAny(inner, "*[?\\"):
		return func(s string) bool { return glob.Match(p, s) }
	case front && behind:
		return func(s string) bool { return strings.Contains(s, inner) }
	case front:
		return func(s string) bool { return strings.HasSuffix(s, inner) }
	case behind:
		return func(s string) bool { return strings.HasPrefix(s, inner) }
	}
	return plain
}
