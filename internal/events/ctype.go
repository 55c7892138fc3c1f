package events

// The kernel's ctype.h, which is Latin-1: bytes of 0xa0 and above count too,
// so white space, names and words of a non-UTF-8 line come apart as they do
// there.

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' || c == 0xa0 }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool {
	lower := c | 0x20
	return lower >= 'a' && lower <= 'z' || c >= 0xc0 && c != 0xd7 && c != 0xf7
}

// SplitWords splits at white space and knows no quoting (argv_split()).
func SplitWords(line string) []string {
	var words []string
	start := -1
	for i := 0; i < len(line); i++ {
		switch {
		case isSpace(line[i]):
			if start >= 0 {
				words = append(words, line[start:i])
				start = -1
			}
		case start < 0:
			start = i
		}
	}
	if start >= 0 {
		words = append(words, line[start:])
	}
	return words
}

// goodName tells whether s is a C identifier, the rule for event and argument
// names. dash allows '-' as well, the rule for group names.
func goodName(s string, dash bool) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !isAlpha(c) && c != '_' && !(dash && c == '-') && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != ""
}
