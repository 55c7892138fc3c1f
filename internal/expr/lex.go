package expr

import "strings"

type kind uint8

const (
	end kind = iota
	number
	name     // symbol, function or memory size
	register // with its "%"
	operator // or parenthesis or bracket
)

type token struct {
	kind kind
	text string
	at   int
}

// describe names a token in a message.
func (t token) describe() string {
	if t.kind == end {
		return "the end of the expression"
	}
	return `"` + t.text + `"`
}

// operators in the order in which they are tried: longer first.
var operators = []string{"||", "&&", "==", "!=", "<=", ">=", "<<", ">>",
	"<", ">", "&", "|", "^", "+", "-", "*", "/", "%", "!", "~", "(", ")", "[", "]", "@"}

// next cuts one token off text at offset at.
func next(text string, at int) (token, error) {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	rest := text[at:]
	switch {
	case rest == "":
		return token{end, "", at}, nil
	case rest[0] >= '0' && rest[0] <= '9':
		return token{number, rest[:span(rest, isName)], at}, nil
	case rest[0] == '\'':
		if len(rest) < 3 || rest[2] != '\'' {
			return token{}, errorAt(at, "one character in single quotes, such as 'A'", "bad character constant")
		}
		return token{number, rest[:3], at}, nil
	case isName(rest[0]):
		return token{name, rest[:span(rest, isName)], at}, nil
	case rest[0] == '%' && len(rest) > 1 && isName(rest[1]):
		return token{register, rest[:1+span(rest[1:], isName)], at}, nil
	}
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			return token{operator, op, at}, nil
		}
	}
	return token{}, errorAt(at, "a number, %register, symbol or operator", "unexpected character %q", []rune(rest)[0])
}

func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

// isName: letters, digits and what GNU as allows in symbols.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '$'
}
