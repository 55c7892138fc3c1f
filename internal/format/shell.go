package format

import (
	"errors"
	"strings"
)

// shellWords takes text apart as a shell does before it starts echo: words are
// separated by blanks, single quotes keep all, double quotes all but
// backslashes before $, `, " and \, and $NAME is the value of a variable, of
// which none is set. It ends at an unquoted > and returns where that is; -1:
// there is none.
//
//	text = { word } ">" ...
//	word = { CHAR | "\" CHAR | "'" ... "'" | '"' ... '"' | "$" NAME }
func shellWords(text string) (list []string, end int, err error) {
	var word strings.Builder
	begun := false // a word, which may be empty: ''
	finish := func() {
		if begun {
			list = append(list, word.String())
		}
		word.Reset()
		begun = false
	}
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t':
			finish()
			i++
		case '>':
			finish()
			return list, i, nil
		case '\'':
			n := strings.IndexByte(text[i+1:], '\'')
			if n < 0 {
				return nil, i, errors.New("a single quote is not closed")
			}
			word.WriteString(text[i+1 : i+1+n])
			begun, i = true, i+n+2
		case '"':
			n, err := doubleQuoted(&word, text[i+1:])
			if err != nil {
				return nil, i, err
			}
			begun, i = true, i+n+2
		case '\\':
			if i+1 < len(text) {
				word.WriteByte(text[i+1])
			}
			begun, i = true, i+2
		case '$':
			n := variable(text[i+1:])
			if n == 0 {
				word.WriteByte(c)
				begun = true
			}
			i += n + 1
		default:
			word.WriteByte(c)
			begun = true
			i++
		}
	}
	finish()
	return list, -1, nil
}

// doubleQuoted adds what is between double quotes, whose length in text it
// returns.
func doubleQuoted(word *strings.Builder, text string) (int, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i, nil
		case c == '\\' && i+1 < len(text) && strings.IndexByte("$`\"\\", text[i+1]) >= 0:
			i++
			word.WriteByte(text[i])
		case c == '$' && variable(text[i+1:]) > 0:
			i += variable(text[i+1:])
		default:
			word.WriteByte(c)
		}
	}
	return 0, errors.New("a double quote is not closed")
}

// variable is how long the name of a variable is that text begins with.
func variable(text string) int {
	n := 0
	for n < len(text) && (text[n] == '_' || text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || n > 0 && text[n] >= '0' && text[n] <= '9') {
		n++
	}
	return n
}
