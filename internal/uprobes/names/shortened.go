package names

import (
	"regexp"
	"strings"
)

// shortened writes a name in normal form as its source would: with std::string for all that it stands for, in the library's old and
// new form, and without what the library's templates have by default.
func shortened(form string) string {
	return ofChar(withoutDefaults(form, ","))
}

// readable is shortened for a name as the demangler writes it.
func readable(full string) string {
	return ofChar(strings.ReplaceAll(withoutDefaults(full, ", "), " >", ">"))
}

// ofOneChar are the library's templates that have names of their own for char, up to a word behind them.
var ofOneChar = regexp.MustCompile(`\bstd::basic_(string|string_view|[io]?stringstream|[io]?fstream|stringbuf|filebuf)<char>(\w?)`)

func ofChar(name string) string {
	if !strings.Contains(name, "basic_") {
		return name
	}
	return ofOneChar.ReplaceAllStringFunc(name, func(s string) string {
		m := ofOneChar.FindStringSubmatch(s)
		if m[2] != "" {
			m[2] = " " + m[2]
		}
		return "std::" + m[1] + m[2]
	})
}

// defaults are the arguments that the library's templates have by default, behind others.
var defaults = []string{"std::allocator<", "std::char_traits<", "std::less<", "std::hash<", "std::equal_to<", "std::default_delete<"}

// withoutDefaults takes them off a name in which a separator stands between arguments.
func withoutDefaults(name, separator string) string {
	if !strings.Contains(name, "std::") {
		return name
	}
	name = strings.ReplaceAll(name, "std::__cxx11::", "std::")
	for _, d := range defaults {
		d = separator + d
		for from := 0; ; {
			i := strings.Index(name[from:], d)
			if i < 0 {
				break
			}
			from += i
			_, rest, ok := cutBracket(name[from+len(d)-1:])
			if end := strings.TrimLeft(rest, " "); !ok || end == "" || end[0] != '>' && end[0] != ',' {
				from += len(d)
				continue
			}
			name = name[:from] + rest
		}
	}
	return name
}
