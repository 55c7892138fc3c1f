package places

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/emu/loader"
	"trapline/emu/nearest"
)

// SymbolOffset is the file offset of SYMBOL[+OFFSET] in the ELF file of an image, whatever its bias. A C++ function may
// be named without its parameters, as ns::f. The remark tells of several symbols of the name, of which the first is
// taken; else it is "".
func SymbolOffset(image *loader.Image, path, expr string) (offset uint64, remark string, err error) {
	name, add := expr, uint64(0)
	found := symbolsNamed(image, name)
	if i := strings.LastIndexByte(expr, '+'); len(found) == 0 && i > 0 {
		name = expr[:i]
		if add, err = strconv.ParseUint(expr[i+1:], 0, 64); err != nil {
			return 0, "", fmt.Errorf("offset %q behind the symbol; expected a number", expr[i+1:])
		}
		found = symbolsNamed(image, name)
	}
	if len(found) == 0 {
		return 0, "", fmt.Errorf("%s has no symbol %q%s", path, name, suggestions(image, name))
	}
	if len(found) > 1 {
		remark = ambiguous(path, name, image, found)
	}
	offset, ok := image.OffsetOfAddr(found[0].Addr + add)
	if !ok {
		return 0, "", fmt.Errorf("%s: %s is not in the file", path, expr)
	}
	return offset, remark, nil
}

// symbolsNamed lists the symbols of a name at different addresses, the one that is taken first. The name may be a C++
// function's without its parameters.
func symbolsNamed(image *loader.Image, name string) []loader.Symbol {
	l := slices.Collect(image.Symbols.Named(name))
	if len(l) == 0 {
		for s := range image.Symbols.All() {
			if plain, ok := cppName(s.Name); ok && plain == name {
				l = append(l, s)
			}
		}
	}
	var distinct []loader.Symbol
	for _, s := range l {
		if !slices.ContainsFunc(distinct, func(o loader.Symbol) bool { return o.Addr == s.Addr }) {
			distinct = append(distinct, s)
		}
	}
	return distinct
}

// cppName is the qualified name, without parameters, of a symbol mangled as the Itanium C++ ABI has it: _ZN2ns1fEi is
// ns::f. false for others, and for templates, operators and constructors.
func cppName(symbol string) (string, bool) {
	rest, ok := strings.CutPrefix(symbol, "_Z")
	if !ok {
		return "", false
	}
	rest, nested := strings.CutPrefix(rest, "N")
	rest = strings.TrimLeft(rest, "LrVK")
	var parts []string
	for rest != "" && rest[0] >= '1' && rest[0] <= '9' {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n > len(rest)-digits {
			return "", false
		}
		parts = append(parts, rest[digits:digits+n])
		if rest = rest[digits+n:]; !nested {
			return parts[0], !strings.HasPrefix(rest, "I")
		}
	}
	return strings.Join(parts, "::"), len(parts) > 0 && strings.HasPrefix(rest, "E")
}

// maxNames bounds the names and places that a message lists.
const maxNames = 3

// suggestions names the symbols that a wrong one may have meant, as the rest of a message.
func suggestions(image *loader.Image, name string) string {
	var names []string
	for s := range image.Symbols.All() {
		if plain, ok := cppName(s.Name); ok {
			names = append(names, plain)
		}
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return ": the file is stripped; expected PATH:0xOFFSET (trace --functions lists the offsets of functions)"
	}
	var near []string
	for len(near) < maxNames {
		n := nearest.Word(name, names)
		if n == "" {
			break
		}
		near = append(near, n)
		names = slices.DeleteFunc(names, func(o string) bool { return o == n })
	}
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, ", ") + "?"
}

func ambiguous(path, name string, image *loader.Image, found []loader.Symbol) string {
	var at []string
	for _, s := range found[:min(len(found), maxNames)] {
		off, _ := image.OffsetOfAddr(s.Addr)
		text := fmt.Sprintf("%#x", off)
		if s.Name != name {
			text += " (" + s.Name + ")"
		}
		at = append(at, text)
	}
	if len(found) > maxNames {
		at = append(at, "...")
	}
	return fmt.Sprintf("%d symbols of %s are named %s, at the file offsets %s; the first is taken", len(found), path, name, strings.Join(at, ", "))
}
