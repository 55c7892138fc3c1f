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

// notThere is what a variable shows at one of several places of an event at which it cannot be fetched. perf probe's
// own, \deade12d, is refused by the kernel, which takes digits only (str_to_immediate).
const notThere = `\0xdeade12d`

// arguments writes arguments for a probe at a file offset. At the entry of a function that was compiled without optimization
// the probe moves behind the code that sets the frame up, where variables have their places; the new offset is given. What has no
// place there is notThere if elsewhere has it, by the words of the definition as another probe of the event fetches them.
func (f *File) arguments(d *definition, offset uint64, elsewhere map[string]string) (l []string, at uint64, err error) {
	p, place, err := f.behindPrologue(d, offset)
	if err != nil {
		return nil, 0, err
	}
	names := map[string]int{}
	for _, field := range d.arguments {
		texts, err := f.argument(p, place, field.Text)
		if other := elsewhere[field.Text]; err != nil && other != "" {
			name, fetch, _ := strings.Cut(other, "=")
			kind := fetch[strings.LastIndexByte(fetch, ')')+1:] // %di:s32, -8(%sp):s32
			_, kind, _ = strings.Cut(kind, ":")
			texts, err = []string{name + "=" + notThere + strings.TrimSuffix(":"+kind, ":")}, nil
		}
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
	offset, _ = p.Offset(place.Addr)
	return l, offset, nil
}

// behindPrologue is the place for a file offset at which variables are where the debug information says.
func (f *File) behindPrologue(d *definition, offset uint64) (*source.Program, source.Place, error) {
	p, err := f.Source()
	if err != nil {
		return nil, source.Place{}, &Error{d.arguments[0].At, fmt.Errorf("%s: %w", d.path, err)}
	}
	addr, _ := p.Address(offset)
	if fn := p.At(addr); fn != nil && fn.Entry == addr {
		if behind, ok := fn.AfterPrologue(); ok {
			addr = behind
		}
	}
	return p, source.Place{Addr: addr, Of: f.Named(p, d.name)}, nil
}

// fetched are the variables that can be fetched at some of several file offsets, by the words of the definition.
func (f *File) fetched(d *definition, offsets []uint64) (map[string]string, error) {
	l := map[string]string{}
	for _, offset := range offsets {
		p, place, err := f.behindPrologue(d, offset)
		if err != nil {
			return nil, err
		}
		for _, field := range d.arguments {
			if texts, err := f.argument(p, place, field.Text); err == nil && len(texts) == 1 && l[field.Text] == "" && variableArgument.MatchString(field.Text) {
				l[field.Text] = texts[0]
			}
		}
	}
	return l, nil
}

func (f *File) argument(p *source.Program, at source.Place, text string) ([]string, error) {
	switch {
	case !variableArgument.MatchString(text):
		return []string{text}, nil
	case text == "$vars" || text == "$params":
		return all(p, at, text == "$params"), nil
	}
	a, err := p.Argument(at, text)
	return []string{a}, err
}

// all are the variables at a place that a probe can fetch as they are.
func all(p *source.Program, at source.Place, parametersOnly bool) []string {
	var l []string
	for _, v := range p.Variables(at) {
		if parametersOnly && !v.Parameter {
			continue
		}
		if a, err := p.Argument(at, v.Name); err == nil {
			l = append(l, a)
		}
	}
	return l
}
