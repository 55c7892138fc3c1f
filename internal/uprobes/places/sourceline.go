package places

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/uprobes/source"
)

var endsInLine = regexp.MustCompile(`^(.*[^:]):([0-9]+)$`)

// cutLine takes FUNCTION:LINE or FILE:LINE apart.
func cutLine(name string) (base string, line int, ok bool) {
	m := endsInLine.FindStringSubmatch(name)
	if m == nil {
		return "", 0, false
	}
	n, err := strconv.Atoi(m[2])
	return m[1], n, err == nil
}

// sourceLine makes lines for the kernel of a source line, which may have code in several places: they are one event, whose name
// says the line if the user gave none.
func (d *definition) sourceLine(f *File, base string, line int) ([]Line, error) {
	p, err := f.Source()
	if err != nil {
		return nil, &Error{d.at, fmt.Errorf("%s: %w", d.path, err)}
	}
	addrs, err := f.sourceLine(p, base, line)
	if err != nil {
		return nil, &Error{d.at, fmt.Errorf("%s: %s:%d: %w", d.path, base, line, err)}
	}
	first := d.first
	if !strings.Contains(first, ":") {
		first += fmt.Sprintf(":%s_L%d", eventName(filepath.Base(base)), line)
	}
	return d.lines(f, first, addrs)
}

// sourceLine gives the addresses of a line, counted from a function's declaration or in a source file.
func (f *File) sourceLine(p *source.Program, base string, line int) ([]uint64, error) {
	fn, err := f.Function(p, base)
	switch {
	case err != nil:
		return nil, err
	case fn != nil:
		return fn.FunctionLine(line)
	}
	if p.HasFile(base) {
		return p.FileLine(base, line)
	}
	return nil, fmt.Errorf("%q is no function of the debug information and no source file%s", base, f.suggestions(base))
}

// Function finds a function of the debug information by its name or symbol, as a probe's place has it; nil if there is none. A
// name that several functions have is an error.
func (f *File) Function(p *source.Program, name string) (*source.Function, error) {
	l := p.Functions(name)
	for loosely := range 2 {
		if len(l) > 0 {
			break
		}
		groups, _ := f.functionsOf(name, loosely > 0)
		for _, g := range groups {
			for _, s := range g {
				l = append(l, p.Functions(original(s.Name))...)
			}
		}
	}
	var declared []string
	for _, fn := range l {
		if at := fmt.Sprintf("%s:%d", filepath.Base(fn.File), fn.Line); !slices.Contains(declared, at) {
			declared = append(declared, at)
		}
	}
	switch len(declared) {
	case 0:
		return nil, nil
	case 1:
		return l[0], nil
	}
	return nil, fmt.Errorf("%d functions are named %s, declared at %s; expected FILE:LINE", len(declared), name, someOf(declared))
}

// Named is the function by whose name a place is known, FUNCTION or FUNCTION:LINE; nil if a source file's or an offset is asked for.
func (f *File) Named(p *source.Program, place string) *source.Function {
	if base, _, ok := cutLine(place); ok {
		place = base
	}
	fn, err := f.Function(p, place)
	if err != nil {
		return nil
	}
	return fn
}

// isInlined tells whether a name without a symbol is that of a function of which there are copies in others only.
func (f *File) isInlined(name string) bool {
	p, err := f.Source()
	if err != nil {
		return false
	}
	l := p.Functions(name)
	return len(l) > 0 && l[0].Entry == 0
}

// Offsets are the file offsets that a place stands for, without %return and (REFCTR).
func (f *File) Offsets(path, place string) ([]uint64, error) {
	lines, err := Resolve("p "+path+":"+place, single{f, path})
	if err != nil {
		return nil, err
	}
	var l []uint64
	for _, line := range lines {
		_, at, _ := Split(Fields(line.Text)[1].Text)
		offset, err := strconv.ParseUint(at, 0, 64)
		if err != nil {
			return nil, fmt.Errorf("%s; expected FUNCTION, FUNCTION:LINE, FILE:LINE or an offset", place)
		}
		l = append(l, offset)
	}
	return l, nil
}

// single is one file.
type single struct {
	file *File
	path string
}

func (s single) Absolute(path string) string { return path }

func (s single) File(path string) (*File, error) {
	if path != s.path {
		return nil, fs.ErrNotExist
	}
	return s.file, nil
}
