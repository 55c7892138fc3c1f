package places

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"trapline/internal/uprobes/source"
)

// variableArgument is an argument that names a variable: what the kernel takes begins with a sign.
var variableArgument = regexp.MustCompile(`^(?:[A-Za-z_]\w*=)?[A-Za-z_]\w*(?:$|[.[:]|->)|^\$(?:vars|params)$`)

// hasVariables tells whether some argument names a variable of the program.
func hasVariables(arguments []Field) bool {
	return slices.ContainsFunc(arguments, func(f Field) bool { return variableArgument.MatchString(f.Text) })
}

// arguments writes arguments for a probe at a file offset. At the entry of a function that was compiled without optimization
// the probe moves behind the code that sets the frame up, where variables have their places; the new offset is given.
func (f *File) arguments(path string, offset uint64, fields []Field) (l []string, at uint64, err error) {
	p, err := f.Source()
	if err != nil {
		return nil, 0, &Error{fields[0].At, fmt.Errorf("%s: %w", path, err)}
	}
	addr, _ := p.Address(offset)
	if fn := p.At(addr); fn != nil && fn.Entry == addr {
		if behind, ok := fn.AfterPrologue(); ok {
			addr = behind
			offset, _ = p.Offset(addr)
		}
	}
	names := map[string]int{}
	for _, field := range fields {
		texts, err := f.argument(p, addr, field.Text)
		if err != nil {
			return nil, 0, &Error{field.At, err}
		}
		for _, t := range texts {
			name, fetch, named := strings.Cut(t, "=")
			if n := names[name]; named && n > 0 && !strings.Contains(field.Text, "=") {
				t = fmt.Sprintf("%s_%d=%s", name, n, fetch)
			}
			names[name]++
			l = append(l, t)
		}
	}
	return l, offset, nil
}

func (f *File) argument(p *source.Program, addr uint64, text string) ([]string, error) {
	switch {
	case !variableArgument.MatchString(text):
		return []string{text}, nil
	case text == "$vars" || text == "$params":
		return all(p, addr, text == "$params"), nil
	}
	a, err := p.Argument(addr, text)
	return []string{a}, err
}

// all are the variables at an address that a probe can fetch as they are.
func all(p *source.Program, addr uint64, parametersOnly bool) []string {
	var l []string
	for _, v := range p.Variables(addr) {
		if parametersOnly && !v.Parameter {
			continue
		}
		if a, err := p.Argument(addr, v.Name); err == nil {
			l = append(l, a)
		}
	}
	return l
}
