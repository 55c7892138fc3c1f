package names

import (
	"slices"
	"strings"
)

// Loosely tells whether the text names a function with parts left out that its source may leave out where the function is declared:
// inline namespaces, namespaces of types and of traits, the arguments of a template around it. Types may have the names of
// <stdint.h> and <stddef.h>.
func (q Query) Loosely(n Name) bool {
	for _, text := range q.loose() {
		want := unqualified(text)
		for _, form := range append(n.shorts[:], n.whole) {
			if form == "" || want == nil {
				continue
			}
			tokens := split(form)
			if slices.Equal(want, unqualified(tokens)) && isWithin(text, tokens) {
				return true
			}
		}
	}
	return false
}

// loose are the text's tokens, as it is and with what its types are for 64 and for 32 bits.
func (q Query) loose() [][]string {
	tokens := split(q.shortened)
	l := [][]string{tokens}
	for width := range 2 {
		var of []string
		for i, t := range tokens {
			size, ok := sized[t]
			switch {
			case ok && !isQualifier(tokens[i+1:]):
				if n := len(of); n >= 3 && of[n-3] == "std" && isQualifier(of[n-2:]) {
					of = of[:n-3]
				}
				of = append(of, split(size[width])...)
			default:
				of = append(of, t)
			}
		}
		if !slices.Equal(of, tokens) {
			l = append(l, of)
		}
	}
	return l
}

// sized are the types of <stdint.h> and <stddef.h> in LP64 and ILP32 (System V ABI, AMD64 and i386 supplements).
var sized = map[string][2]string{
	"int8_t": {"signed char", "signed char"}, "uint8_t": {"unsigned char", "unsigned char"},
	"int16_t": {"short", "short"}, "uint16_t": {"unsigned short", "unsigned short"},
	"int32_t": {"int", "int"}, "uint32_t": {"unsigned int", "unsigned int"},
	"int64_t": {"long", "long long"}, "uint64_t": {"unsigned long", "unsigned long long"},
	"intptr_t": {"long", "int"}, "uintptr_t": {"unsigned long", "unsigned int"},
	"size_t": {"unsigned long", "unsigned int"}, "ssize_t": {"long", "int"}, "ptrdiff_t": {"long", "int"},
}

func isQualifier(tokens []string) bool {
	return len(tokens) >= 2 && tokens[0] == ":" && tokens[1] == ":"
}

// unqualified is a name without what stands ahead of each "::", with its arguments in brackets; nil if brackets do not match.
func unqualified(tokens []string) []string {
	l := []string{}
	for i := 0; i < len(tokens); i++ {
		if !isQualifier(tokens[i:]) {
			l = append(l, tokens[i])
			continue
		}
		i++
		if i+1 < len(tokens) && tokens[i+1] == "<" { // Rust's name::<types>
			continue
		}
		var ok bool
		if l, ok = withoutLast(l); !ok {
			return nil
		}
	}
	return l
}

// withoutLast takes a name's last part off: a word, or brackets with the word ahead of them if there is one.
func withoutLast(l []string) ([]string, bool) {
	depth, end := 0, len(l)
	for end > 0 {
		end--
		switch t := l[end]; {
		case strings.Contains(">)]}", t):
			depth++
		case strings.Contains("<([{", t):
			depth--
		}
		if depth < 0 {
			return nil, false
		}
		if bracket := end+1 < len(l) || !isWord(l[end][0]); depth == 0 && bracket && end > 0 && isWord(l[end-1][0]) {
			return l[:end-1], true
		} else if depth == 0 {
			return l[:end], true
		}
	}
	return l, depth == 0
}

// isWithin tells whether the tokens of one name are some of another's, in their order, but for "::".
func isWithin(some, all []string) bool {
	some = slices.DeleteFunc(slices.Clone(some), func(t string) bool { return t == ":" })
	i := 0
	for _, t := range all {
		if i < len(some) && some[i] == t {
			i++
		}
	}
	return i == len(some)
}
