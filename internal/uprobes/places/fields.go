package places

import (
	"regexp"
	"slices"
	"strings"
)

// Field is a word of a definition and where it begins, in bytes from 0.
type Field struct {
	Text string
	At   int
}

// Fields cuts a definition at blanks. In its second word, the place, those between brackets, in the name of an operator,
// behind a function's result and ahead of a member function's qualifiers do not count, and none in a word in quotes.
func Fields(line string) []Field {
	var l []Field
	for at := 0; ; {
		rest := strings.TrimLeft(line[at:], " \t")
		if rest == "" {
			return l
		}
		at = len(line) - len(rest)
		n := wordLen(rest)
		if len(l) == 1 {
			n = placeLen(rest)
		}
		l = append(l, Field{rest[:n], at})
		at += n
	}
}

func wordLen(s string) int {
	if n := strings.IndexAny(s, " \t"); n >= 0 {
		return n
	}
	return len(s)
}

// placeLen is how many bytes of s are PATH:PLACE.
func placeLen(s string) int {
	if s[0] == '"' {
		for i := 1; i < len(s); i++ { // a quote in an operator's name does not end it
			if s[i] == '"' && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\t') && !strings.HasSuffix(s[:i], `operator"`) {
				return i + 1
			}
		}
		return wordLen(s)
	}
	depth, isResult := 0, true
	for i := 0; i < len(s); {
		if n := operatorLen(s, i); n > 0 {
			i += n
			continue
		}
		switch c := s[i]; {
		case strings.IndexByte("([{<", c) >= 0:
			isResult = isResult && (c != '(' || depth > 0)
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth--
		case (c == ' ' || c == '\t') && depth <= 0:
			n := len(behind.FindString(s[i:]))
			if n == 0 && isResult && functionFollows(s[i:]) {
				n = 1
			}
			if n == 0 {
				return i
			}
			i += n
			continue
		}
		i++
	}
	if depth > 0 {
		return wordLen(s)
	}
	return len(s)
}

// functionFollows tells whether s, blanks ahead, goes on with the function whose result stands before: with a bracket of parameters
// that is no fetch argument's. More words of the result may come first.
func functionFollows(s string) bool {
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		i := strings.IndexAny(s, " \t(=")
		switch {
		case i < 0 || strings.IndexByte("%@$+-\\", s[0]) >= 0:
			return false
		case s[i] == '(':
			return true
		case s[i] == '=':
			return strings.HasSuffix(s[:i], "operator")
		case !slices.Contains(resultWords, strings.TrimRight(s[:i], "*&")):
			return strings.ContainsAny(s[:i], "<") && functionFollows(s[i:])
		}
		s = s[i:]
	}
	return false
}

// resultWords are those that a result may have behind its first.
var resultWords = []string{"unsigned", "signed", "short", "long", "int", "char", "double", "const", "volatile", ""}

// behind is what may stand behind a function's parameters.
var behind = regexp.MustCompile(`^ +(?:const|volatile|&&?|\[clone [^\]]*\])(?:\b|$|)`)

// operator is the name of an operator: a sign, new and delete, a literal's suffix, or a type.
var operator = regexp.MustCompile(`^operator(?: ?(?:\(\)|\[\]|->\*?|<=>|<<=?|>>=?|[-+*/%^&|=<>!]=|&&|\|\||\+\+|--|[-+*/%^&|~!=<>,])` +
	`| (?:new|delete)(?:\[\])?\b|"" ?\w+| (?:(?:unsigned|signed|long|short) )*[\w:]+)`)

// operatorLen is the length of the name of an operator at s[i:], 0 if none is there.
func operatorLen(s string, i int) int {
	if !strings.HasPrefix(s[i:], "operator") || i > 0 && (s[i-1] == '_' || isAlnum(s[i-1])) {
		return 0
	}
	return len(operator.FindString(s[i:]))
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
