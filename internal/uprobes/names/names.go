// Package names reads functions' names as source code has them: C++, Rust and Go.
package names

import (
	"strings"

	"github.com/ianlancetaylor/demangle"
)

// Name is a function's name as its source has it.
type Name struct {
	// Full has a C++ function's parameters and qualifiers, and no result: "ns::f(int) const".
	Full    string
	short   string         // without parameters, "" if there are none
	forms   [levels]string // in normal form, "" where there is none
	shorts  [levels]string // forms, shortened
	whole   string         // with a template's result ahead, or Rust's impl as <T as Trait>, in normal form
	generic bool           // it is one of several types: of a template
	part    bool           // the compiler took it out of the function, whose beginning it is not
}

// Closeness tells how exactly a text names a function: less is closer.
type Closeness int

// The ways to name a function.
const (
	Exact       Closeness = iota // with parameters and qualifiers
	Original                     // without what the compiler calls a clone of it: f(int) for f(int) [clone .isra.0]
	Unqualified                  // without what stands behind the parameters
	Bare                         // without parameters: ns::f, ns::g<int>
	Plain                        // without template arguments: ns::g
	OfTrait                      // by Rust's trait, not the type: ns::Trait::f for <T as ns::Trait>::f
	Ending                       // without the namespaces around it: f
	Loose                        // as Query.Loosely says
	None

	levels = int(Ending)
)

// maxSymbol bounds the symbols that are read as mangled names, in bytes.
const maxSymbol = 1 << 14

// Of reads a symbol: mangled by C++ or Rust, or the name of a Go function. false for the name of a C function.
func Of(symbol string) (Name, bool) {
	if len(symbol) > maxSymbol {
		return Name{}, false
	}
	if !strings.HasPrefix(symbol, "_Z") && !strings.HasPrefix(symbol, "_R") {
		return goName(symbol)
	}
	full, err := demangle.ToString(symbol, limit)
	if err != nil {
		return Name{}, false
	}
	bare, err := demangle.ToString(symbol, limit, demangle.NoParams)
	if err != nil {
		return Name{}, false
	}
	plain, err := demangle.ToString(symbol, limit, demangle.NoParams, demangle.NoTemplateParams)
	if err != nil {
		return Name{}, false
	}
	whole := normal(full)
	if i := strings.Index(full, bare+"("); i > 0 { // a template's result stands ahead
		full = full[i:]
	}
	n := Name{Full: full, short: bare, whole: whole}
	n.forms[Exact] = normal(full)
	if i := strings.Index(full, " [clone "); i > 0 {
		n.part = strings.Contains(full[i:], "[clone .cold") || strings.Contains(full[i:], "[clone .part")
		n.forms[Original] = normal(full[:i])
	}
	if end := parameters(full); end > 0 {
		n.forms[Unqualified] = normal(full[:end])
	}
	n.forms[Bare] = normal(bare)
	of, isImpl := rustImpl(bare)
	if isImpl {
		plain, n.whole = of, normal(of)
	}
	n.forms[Plain] = normal(rustType(strings.ReplaceAll(plain, "::<>", "")))
	if trait := rustTrait(of); trait != "" {
		n.forms[OfTrait] = normal(trait)
	}
	n.generic = strings.HasSuffix(bare, ">") && n.forms[Bare] != n.forms[Plain]
	for c, form := range n.forms {
		n.shorts[c] = shortened(form)
	}
	return n, true
}

// limit is a bound on the length of a name in source form: 2 to this power.
var limit = demangle.MaxLength(16)

// goName is a name with a package's path before its first dot behind a slash: of methods also main.T.Get for main.(*T).Get,
// of generic functions main.f for main.f[...].
func goName(symbol string) (Name, bool) {
	if !strings.Contains(symbol, ".") || strings.ContainsAny(symbol, "@ ") {
		return Name{}, false
	}
	plain := symbol
	if i := strings.IndexByte(plain, '['); i > 0 {
		if j := strings.LastIndexByte(plain, ']'); j > i {
			plain = plain[:i] + plain[j+1:]
		}
	}
	n := Name{Full: symbol}
	n.forms[Exact], n.forms[Bare], n.forms[Plain] = symbol, plain, strings.NewReplacer("(*", "", ")", "").Replace(plain)
	if n.generic = plain != symbol; n.generic { // as Go prints it in a trace of calls
		at := strings.IndexByte(symbol, '[')
		n.forms[Unqualified] = symbol[:at] + "[...]" + plain[at:]
	}
	n.shorts = n.forms
	return n, true
}

// rustImpl makes <T as Trait>::method of module::<impl Trait for T>::method, as it is mangled where T is of another crate.
func rustImpl(s string) (string, bool) {
	_, rest, ok := strings.Cut(s, "<impl ")
	if !ok {
		return s, false
	}
	inner, rest, ok := cutBracket("<" + rest)
	if !ok {
		return s, false
	}
	trait, of, ok := strings.Cut(inner, " for ")
	return "<" + of + " as " + trait + ">" + rest, ok
}

// rustType makes T::method of <T as Trait>::method.
func rustType(s string) string {
	if !strings.HasPrefix(s, "<") {
		return s
	}
	inner, rest, ok := cutBracket(s)
	if !ok {
		return s
	}
	if of, _, ok := strings.Cut(inner, " as "); ok {
		inner = of
	}
	return inner + rest
}

// rustTrait makes Trait::method of <T as Trait>::method; "" of anything else.
func rustTrait(s string) string {
	if inner, rest, ok := cutBracket(s); ok && strings.HasPrefix(s, "<") {
		if _, trait, ok := strings.Cut(inner, " as "); ok {
			return trait + rest
		}
	}
	return ""
}

// cutBracket takes the text in the bracket that s begins with, and what follows.
func cutBracket(s string) (inner, rest string, ok bool) {
	depth := 0
	for i, c := range []byte(s) {
		switch c {
		case '<', '(', '[', '{':
			depth++
		case '>', ')', ']', '}':
			if depth--; depth == 0 {
				return s[1:i], s[i+1:], true
			}
		}
	}
	return "", "", false
}

// parameters is where a function's parameters end in its full name, 0 if it has none.
func parameters(full string) int {
	if i := strings.LastIndexByte(full, ')'); i > 0 && strings.Count(full[i:], ">") == 0 {
		return i + 1
	}
	return 0
}

// Query is a text that may name functions.
type Query struct {
	text, form, shortened string
	part                  string // what a symbol must have in it
}

// NewQuery reads a text.
func NewQuery(text string) Query {
	form := normal(text)
	return Query{text, form, shortened(form), hint(text)}
}

// May tells quickly that a symbol cannot be meant.
func (q Query) May(symbol string) bool { return strings.Contains(symbol, q.part) }

// Matches tells how closely the text names a function.
func (q Query) Matches(n Name) Closeness {
	switch {
	case n.whole == q.form || n.part && n.forms[Exact] == q.form:
		return Exact
	case n.part:
		return None
	}
	for c, form := range n.forms {
		switch {
		case form == "":
		case form == q.form || form == q.text:
			return Closeness(c)
		case n.shorts[c] == q.shortened:
			return max(Closeness(c), Bare)
		}
	}
	for _, form := range n.forms {
		if ends(form, q.form) || ends(form, q.text) {
			return Ending
		}
	}
	return None
}

// ends tells whether a name ends with another at the beginning of one of its parts.
func ends(form, text string) bool {
	front, ok := strings.CutSuffix(form, text)
	return ok && text != "" && (strings.HasSuffix(front, "::") || strings.HasSuffix(front, ".") || strings.HasSuffix(front, "/"))
}

// Identity is the same for all symbols of one function that a text named as closely as c says: for the clones of it, and for all
// types of a template or a generic function if the text left the types out.
func (n Name) Identity(c Closeness) string {
	switch {
	case n.generic && (c >= Plain || (c == Bare || c == Unqualified) && strings.Contains(n.Full, "[")):
		return n.forms[Plain] + "<>"
	case n.forms[Original] != "":
		return n.forms[Original]
	}
	return n.forms[Exact]
}

// Readable is Full without what the library's templates have by default, and with std::string for all that it stands for.
func (n Name) Readable() string { return readable(n.Full) }

// Short is a function's name without parameters.
func (n Name) Short() string {
	if n.short != "" {
		return n.short
	}
	return n.Full
}

// Like tells whether a pattern of the kernel's globs matches the name.
func (n Name) Like(match func(string) bool) bool {
	for _, form := range n.forms {
		if form != "" && match(form) {
			return true
		}
	}
	return match(n.Full)
}

// hint is the last identifier of a name outside brackets, which a symbol has as it is; "" if that is not sure.
func hint(text string) string {
	if strings.Contains(text, "operator") || strings.Contains(text, "std::") {
		return ""
	}
	var last string
	for rest := text; rest != ""; {
		if strings.IndexByte("<([{", rest[0]) >= 0 {
			var ok bool
			if _, rest, ok = cutBracket(rest); !ok {
				break
			}
			continue
		}
		n := 0
		for n < len(rest) && isWord(rest[n]) {
			n++
		}
		switch {
		case n == 0:
			rest = rest[1:]
		case qualifiers[rest[:n]]:
			rest = rest[n:]
		default:
			last, rest = rest[:n], rest[n:]
		}
	}
	return last
}

// qualifiers stand behind a function's parameters.
var qualifiers = map[string]bool{"const": true, "volatile": true}

func isWord(c byte) bool {
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
