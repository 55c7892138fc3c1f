package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/emu/linux"
	"trapline/emu/loader"
	"trapline/kprobes/uprobes/places"
	"trapline/scenarios/format"
)

// probedFiles are the ELF files in which probes are defined, each read once.
type probedFiles struct {
	dir  string // of relative paths
	root string // the guest's "/" on the host, or ""
	read map[string]*probedFile
}

type probedFile struct {
	image *loader.Image
	code  *places.Program
}

func newProbedFiles(c *cli.Command, cfg *linux.Config) *probedFiles {
	return &probedFiles{dir: cfg.Dir, root: c.String("root"), read: map[string]*probedFile{}}
}

// file reads the ELF file at a guest path.
func (f *probedFiles) file(path string) (*probedFile, error) {
	if p := f.read[path]; p != nil {
		return p, nil
	}
	host := path
	if f.root != "" {
		host = filepath.Join(f.root, filepath.Clean("/"+path))
	}
	data, err := os.ReadFile(host)
	if err != nil {
		return nil, err
	}
	image, err := loader.ReadELF(data, loader.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &probedFile{image: image}
	f.read[path] = p
	return p, nil
}

// program is the file's code. Reading it takes a moment.
func (p *probedFile) program() *places.Program {
	if p.code == nil {
		p.code = places.Read(p.image)
	}
	return p.code
}

// splitPlace cuts PATH:PLACE at the last colon that is not one of C++'s double ones.
func splitPlace(s string) (path, place string, ok bool) {
	for i := len(s) - 2; i > 0; i-- {
		if s[i] == ':' && s[i-1] != ':' && s[i+1] != ':' {
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

// resolve makes the place of a definition what the kernel takes, PATH:0xOFFSET with an absolute path, of
// PATH:SYMBOL[+OFFSET]. A suffix as %return or (REFCTR) stays. The remark is what the user should know of it, or "".
func (f *probedFiles) resolve(d *definition) (line, remark string, err error) {
	words := d.words()
	if len(words) < 2 || strings.HasPrefix(d.text, "-") {
		return d.text, "", nil
	}
	path, place, ok := splitPlace(words[1].text)
	if !ok {
		return d.text, "", nil // the kernel says what is wrong with it
	}
	column := words[1].at + len(path) + 1
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.dir, path)
	}
	if place[0] < '0' || place[0] > '9' {
		end := strings.IndexAny(place, "%(")
		if end < 0 {
			end = len(place)
		}
		var offset uint64
		if offset, remark, err = f.symbolOffset(path, place[:end]); err != nil {
			return "", "", d.flaw(column, "%v", err)
		}
		place = fmt.Sprintf("%#x", offset) + place[end:]
	}
	texts := []string{words[0].text, path + ":" + place}
	for _, w := range words[2:] {
		texts = append(texts, w.text)
	}
	return strings.Join(texts, " "), remark, nil
}

// symbolOffset is the file offset of SYMBOL[+OFFSET] in an ELF file.
func (f *probedFiles) symbolOffset(path, expr string) (offset uint64, remark string, err error) {
	file, err := f.file(path)
	if err != nil {
		return 0, "", err
	}
	name, add := expr, uint64(0)
	found := symbolsNamed(file.image, name)
	if i := strings.LastIndexByte(expr, '+'); len(found) == 0 && i > 0 {
		name = expr[:i]
		if add, err = strconv.ParseUint(expr[i+1:], 0, 64); err != nil {
			return 0, "", fmt.Errorf("offset %q behind the symbol; expected a number", expr[i+1:])
		}
		found = symbolsNamed(file.image, name)
	}
	if len(found) == 0 {
		return 0, "", fmt.Errorf("%s has no symbol %q%s", path, name, suggestions(file.image, name))
	}
	if len(found) > 1 {
		remark = ambiguous(path, name, file.image, found)
	}
	offset, ok := file.image.OffsetOfAddr(found[0].Addr + add)
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
		n := format.Nearest(name, names)
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

// splitsInstruction reports whether the place is inside an instruction, as far as the file tells where one begins.
// The kernel does not ask.
func (f *probedFiles) splitsInstruction(path string, offset uint64) bool {
	file, err := f.file(path)
	if err != nil {
		return false
	}
	addr, ok := file.image.AddrOfOffset(offset)
	if !ok {
		return false
	}
	from := addr
	if s, _, ok := file.image.Symbols.At(addr); ok {
		from = s.Addr
	}
	return file.program().Splits(from, addr)
}
