package names

import (
	"slices"
	"strings"
)

// normal writes a C++ or Rust name in one way: without blanks that mean nothing, with const behind what it qualifies,
// builtin types by their usual names, and (void) as ().
func normal(text string) string {
	return strings.ReplaceAll(join(constLast(builtins(split(text)))), "(void)", "()")
}

// split cuts a name into words and single other bytes.
func split(text string) []string {
	var l []string
	for i := 0; i < len(text); {
		n := i
		for n < len(text) && isWord(text[n]) {
			n++
		}
		if n == i {
			n++
		}
		if t := text[i:n]; t != " " && t != "\t" {
			l = append(l, t)
		}
		i = n
	}
	return l
}

// join puts blanks between words only.
func join(tokens []string) string {
	var b strings.Builder
	word := false
	for _, t := range tokens {
		if isWord(t[0]) && word {
			b.WriteByte(' ')
		}
		b.WriteString(t)
		word = isWord(t[0])
	}
	return b.String()
}

var builtinWords = []string{"unsigned", "signed", "short", "long", "int", "char", "double"}

// builtins writes "long unsigned int" and its like as the demangler does: "unsigned long".
func builtins(tokens []string) []string {
	var l []string
	for i := 0; i < len(tokens); {
		n := i
		for n < len(tokens) && slices.Contains(builtinWords, tokens[n]) {
			n++
		}
		if n == i {
			l = append(l, tokens[i])
			i++
			continue
		}
		l = append(l, builtin(tokens[i:n])...)
		i = n
	}
	return l
}

func builtin(words []string) []string {
	count := map[string]int{}
	for _, w := range words {
		count[w]++
	}
	var l []string
	if count["unsigned"] > 0 || count["signed"] > 0 && count["char"] > 0 {
		l = []string{"signed"}
		if count["unsigned"] > 0 {
			l[0] = "unsigned"
		}
	}
	for range count["long"] {
		l = append(l, "long")
	}
	for _, w := range []string{"short", "char", "double"} {
		if count[w] > 0 {
			l = append(l, w)
		}
	}
	if len(l) == 0 || len(l) == 1 && l[0] == "unsigned" {
		l = append(l, "int")
	}
	return l
}

// constLast puts const and volatile behind the type that they stand ahead of.
func constLast(tokens []string) []string {
	l := slices.Clone(tokens)
	for i := range l {
		if !qualifiers[l[i]] || i == 0 || !strings.Contains("(,<", l[i-1]) {
			continue
		}
		end := i + 1 + typeLen(l[i+1:])
		q := l[i]
		copy(l[i:], l[i+1:end])
		l[end-1] = q
	}
	return l
}

// typeLen is how many tokens a type's name takes, without stars and references.
func typeLen(tokens []string) int {
	n := 0
	for n < len(tokens) && slices.Contains(builtinWords, tokens[n]) {
		n++
	}
	if n > 0 {
		return n
	}
	for n < len(tokens) {
		switch t := tokens[n]; {
		case t == "<":
			depth := 0
			for ; n < len(tokens); n++ {
				if tokens[n] == "<" {
					depth++
				} else if tokens[n] == ">" {
					depth--
				}
				if depth == 0 {
					break
				}
			}
			n = min(n+1, len(tokens))
		case t == ":" || isWord(t[0]) && (n == 0 || tokens[n-1] == ":"):
			n++
		default:
			return n
		}
	}
	return n
}
