package places

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"trapline/internal/linux/mm"
	"trapline/internal/loader"
)

// Files are the ELF files in which probes are defined.
type Files interface {
	// Absolute makes a path of a definition one from the root on.
	Absolute(path string) string
	// File reads the file at an absolute path.
	File(path string) (*File, error)
}

// Line is a definition of uprobe_events with its place as the kernel takes it.
type Line struct {
	Text   string
	Remark string // what the user should know of the place, or ""
	// Indirect is the function whose implementation the place chooses; nil: it is no such place.
	Indirect *Indirect
}

// Error is what is wrong with the place of a definition.
type Error struct {
	At  int // where the place is in the line, in bytes from 0
	Err error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Resolve makes the place of a definition what the kernel takes, PATH:0xOFFSET with an absolute path, of
// PATH:SYMBOL[+OFFSET]. A suffix as %return or (REFCTR) stays, and so does a line of which the kernel will say what is
// wrong. A pattern as PATH:name* gives a line for each function that it matches. Errors are of type *Error.
func Resolve(line string, files Files) ([]Line, error) {
	fields := Fields(line)
	if len(fields) < 2 || strings.HasPrefix(line, "-") {
		return []Line{{Text: line}}, nil
	}
	path, place, at, ok := splitPlace(fields[1], files)
	if !ok {
		return []Line{{Text: line}}, nil
	}
	d := &definition{first: fields[0].Text, path: path, at: at, arguments: fields[2:]}
	if isDigit(place[0]) {
		if number, suffix := cutSuffix(place); hasVariables(d.arguments) {
			d.suffix = suffix
			return d.variablesAt(number, files)
		}
		return []Line{{Text: d.text(d.first, place, texts(d.arguments)), Remark: numberHint(path, place, files)}}, nil
	}
	var name string
	name, d.suffix = cutSuffix(place)
	d.name = name
	file, err := files.File(path)
	if err != nil {
		return nil, &Error{at, err}
	}
	if base, line, ok := cutLine(name); ok {
		return d.sourceLine(file, base, line)
	}
	found, err := file.find(path, name)
	switch {
	case err != nil && file.isInlined(name):
		if !strings.Contains(d.first, ":") {
			d.first += ":" + eventName(name)
		}
		return d.sourceLine(file, name, 0)
	case err != nil:
		return nil, &Error{at, err}
	case found.isOne:
		return d.instances(file, found)
	}
	events := eventNames(d.first, found.functions)
	var l []Line
	for i, f := range found.functions {
		offset, ok := file.Image.OffsetOfAddr(f.Addr + found.add)
		if !ok {
			return nil, &Error{at, fmt.Errorf("%s: %s is not in the file", path, name)}
		}
		text, err := d.line(file, events[i], offset, nil)
		if err != nil {
			return nil, err
		}
		l = append(l, Line{Text: text})
	}
	l[0].Remark = found.remark
	return l, nil
}

func (d *definition) isReturn() bool {
	return strings.HasPrefix(d.first, "r") || strings.Contains(d.suffix, "%return")
}

// definition is a line in its parts.
type definition struct {
	first     string // p or r, and the event's name
	path      string // from the root on
	at        int    // where the place is in the line
	name      string // what the place is called
	suffix    string // %return, (REFCTR)
	arguments []Field
}

// text is a line for the kernel.
func (d *definition) text(first, place string, arguments []string) string {
	return strings.Join(append([]string{first, d.path + ":" + place}, arguments...), " ")
}

// line is a line for the kernel with its place at a file offset, and with arguments that name variables there, of which elsewhere
// has those that another place of the event has.
func (d *definition) line(file *File, first string, offset uint64, elsewhere map[string]string) (string, error) {
	arguments := texts(d.arguments)
	if hasVariables(d.arguments) {
		if err := d.noReturn(); err != nil {
			return "", err
		}
		var err error
		if arguments, offset, err = file.arguments(d, offset, elsewhere); err != nil {
			return "", err
		}
	}
	return d.text(first, fmt.Sprintf("%#x", offset)+d.suffix, arguments), nil
}

func (d *definition) noReturn() error {
	if d.isReturn() {
		return &Error{d.arguments[0].At, errors.New("a return probe cannot fetch variables: their places are gone; expected $retval or a register")}
	}
	return nil
}

// variablesAt makes the line of a place that is a file offset.
func (d *definition) variablesAt(number string, files Files) ([]Line, error) {
	offset, err := strconv.ParseUint(number, 0, 64)
	if err != nil {
		return nil, &Error{d.at, fmt.Errorf("%q; expected a file offset", number)}
	}
	file, err := files.File(d.path)
	if err != nil {
		return nil, &Error{d.at, err}
	}
	text, err := d.line(file, d.first, offset, nil)
	return []Line{{Text: text}}, err
}

func texts(fields []Field) []string {
	var l []string
	for _, f := range fields {
		l = append(l, f.Text)
	}
	return l
}

// splitPlace cuts PATH:PLACE of a definition, gives the path from the root on and says where the place begins. The path ends at
// the first colon ahead of which is the name of an ELF file.
func splitPlace(f Field, files Files) (path, place string, at int, ok bool) {
	text, at := f.Text, f.At
	if len(text) > 1 && text[0] == '"' && strings.HasSuffix(text, `"`) {
		text, at = text[1:len(text)-1], at+1
	}
	path, place, ok = Split(text)
	for i := nextColon(text, 0); i > 0; i = nextColon(text, i+1) {
		if _, err := files.File(files.Absolute(text[:i])); err == nil {
			path, place, ok = text[:i], text[i+1:], true
			break
		}
	}
	if !ok {
		return "", "", 0, false
	}
	return files.Absolute(path), place, at + len(path) + 1, true
}

// Split cuts PATH:PLACE at the last colon that is not one of C++'s double ones.
func Split(s string) (path, place string, ok bool) {
	last := 0
	for i := nextColon(s, 0); i > 0; i = nextColon(s, i+1) {
		last = i
	}
	if last == 0 {
		return "", "", false
	}
	return s[:last], s[last+1:], true
}

// nextColon is where the next single colon is with something on both sides, from a place on; 0 if there is none.
func nextColon(s string, from int) int {
	for i := max(from, 1); i < len(s)-1; i++ {
		if s[i] == ':' && s[i-1] != ':' && s[i+1] != ':' {
			return i
		}
	}
	return 0
}

// suffixes are %return and (REFCTR), a number.
var suffixes = regexp.MustCompile(`(?:%\w*|\((?:0[xX][0-9a-fA-F]+|\d+)\))*$`)

// cutSuffix takes what the kernel reads behind a place off.
func cutSuffix(place string) (name, suffix string) {
	at := suffixes.FindStringIndex(place)[0]
	return place[:at], place[at:]
}

// numberHint says what a number was probably meant for that is no file offset of code.
func numberHint(path, place string, files Files) string {
	number, _ := cutSuffix(place)
	n, notNumber := strconv.ParseUint(number, 0, 64)
	file, err := files.File(path)
	if err != nil || notNumber == nil && isCode(file.Image, n) {
		return ""
	}
	image := file.Image
	if offset, ok := image.OffsetOfAddr(n); ok && notNumber == nil && isCode(image, offset) {
		return fmt.Sprintf("%s is an address of %s; expected the file offset, which is %#x, in %s", number, path, offset, image.Symbols.Format(n))
	}
	base := mm.Layouts[image.Arch].PieBase
	if offset, ok := image.OffsetOfAddr(n - base); ok && notNumber == nil && n > base && isRelocatable(image) && isCode(image, offset) {
		return fmt.Sprintf("%s is an address of %s in its process; expected the file offset, which is %#x, in %s", number, path, offset, image.Symbols.Format(n-base))
	}
	if h, err := strconv.ParseUint(number, 16, 64); err == nil && isCode(image, h) {
		addr, _ := image.AddrOfOffset(h)
		what := "decimal and not in the code of " + path
		if notNumber != nil {
			what = "no number"
		}
		return fmt.Sprintf("%s is %s; 0x%s is in %s", number, what, number, image.Symbols.Format(addr))
	}
	return ""
}

// isRelocatable tells whether a program is linked to be moved to where position-independent ones lie.
func isRelocatable(image *loader.Image) bool {
	return image.Interpreter != "" && len(image.Segments) > 0 && image.Segments[0].Addr == 0
}

// isCode tells whether a file offset is in an executable segment.
func isCode(image *loader.Image, offset uint64) bool {
	addr, ok := image.AddrOfOffset(offset)
	if !ok {
		return false
	}
	s := image.SegmentAt(addr)
	return s != nil && s.Prot&loader.ProtX != 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// notInEvents are the bytes that an event's name cannot have.
var notInEvents = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// eventNames gives the first word of each function's line. One function has the user's. Of several each event has the
// user's name or that of its function, with _1, _2 where it is not the first of the name.
func eventNames(first string, functions []loader.Symbol) []string {
	if len(functions) == 1 {
		return []string{first}
	}
	kind, name, named := strings.Cut(first, ":")
	count := map[string]int{}
	l := make([]string, len(functions))
	for i, f := range functions {
		event, group := name, ""
		if g, e, ok := strings.Cut(name, "/"); ok {
			group, event = g+"/", e
		}
		if !named || event == "" {
			event = eventName(f.Name)
		}
		if n := count[event]; n > 0 {
			l[i] = fmt.Sprintf("%s:%s%s_%d", kind, group, event, n)
		} else {
			l[i] = fmt.Sprintf("%s:%s%s", kind, group, event)
		}
		count[event]++
	}
	return l
}

// maxEventName is the length of an event's name, in bytes, that leaves room for a number (64 in the kernel).
const maxEventName = 58

func eventName(symbol string) string {
	name := strings.Trim(notInEvents.ReplaceAllString(sourceName(symbol, true), "_"), "_")
	if name == "" || isDigit(name[0]) {
		name = "f_" + name
	}
	return name[:min(len(name), maxEventName)]
}
