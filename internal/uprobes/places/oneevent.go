package places

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"trapline/internal/loader"
	"trapline/internal/uprobes/names"
)

// instances makes lines of one function, which are one event: its code, clones of it, and with debug information its copies in
// other functions, which a return probe cannot see.
func (d *definition) instances(file *File, one found) ([]Line, error) {
	var addrs []uint64
	for _, s := range one.functions {
		addrs = append(addrs, s.Addr+one.add)
	}
	if copies := file.inlined(one.functions); one.add == 0 && !d.isReturn() && len(copies) > 0 {
		addrs = append(addrs, copies...)
		one.remark = strings.TrimPrefix(fmt.Sprintf("%s; %s is inlined too: %s a probe where its code begins, which may run more or less often than the source calls it",
			one.remark, sourceName(one.functions[0].Name, true), plural(len(copies), "copy has", "copies have")), "; ")
	}
	first := d.first
	if len(addrs) > 1 && !strings.Contains(first, ":") {
		first += ":" + eventName(original(one.functions[0].Name))
	}
	l, err := d.lines(file, first, addrs)
	if err == nil {
		l[0].Remark = strings.TrimPrefix(strings.TrimSuffix(one.remark+"; "+l[0].Remark, "; "), "; ")
		if l[0].Indirect = one.indirect; one.indirect != nil {
			one.indirect.Path = d.path
		}
	}
	return l, err
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "one " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// inlined are the addresses at which copies of a function begin in others, as the debug information has them.
func (f *File) inlined(functions []loader.Symbol) (l []uint64) {
	p, err := f.Source()
	if err != nil {
		return nil
	}
	for _, s := range functions {
		if fn := p.At(s.Addr); fn != nil && fn.Entry == s.Addr {
			for _, a := range fn.Copies() {
				in, _, ok := f.Image.Symbols.At(a) // a copy in another piece of itself is no call of its own
				if !ok || f.identity(in, names.Exact) != f.identity(s, names.Exact) {
					l = append(l, a)
				}
			}
		}
	}
	slices.Sort(l)
	return slices.Compact(l)
}

// declaration is where the function at an address is declared, FILE.c:LINE, or "" if that is not known.
func (f *File) declaration(addr uint64) string {
	p, err := f.Source()
	if err != nil {
		return ""
	}
	fn := p.At(addr)
	if fn == nil || fn.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", filepath.Base(fn.File), fn.Line)
}

// lines makes lines of one event with a probe at each address.
func (d *definition) lines(f *File, first string, addrs []uint64) (l []Line, err error) {
	var offsets []uint64
	slices.Sort(addrs)
	for _, a := range slices.Compact(addrs) {
		offset, ok := f.Image.OffsetOfAddr(a)
		if !ok {
			return nil, &Error{d.at, fmt.Errorf("%s: %s is not in the file", d.path, d.name)}
		}
		offsets = append(offsets, offset)
	}
	var elsewhere map[string]string
	if len(offsets) > 1 && hasVariables(d.arguments) {
		if elsewhere, err = f.fetched(d, offsets); err != nil {
			return nil, err
		}
	}
	missing := 0
	for _, offset := range offsets {
		text, err := d.line(f, first, offset, elsewhere)
		if err != nil {
			return nil, err
		}
		if strings.Contains(text, notThere) {
			missing++
		}
		l = append(l, Line{Text: text})
	}
	if missing > 0 {
		l[0].Remark = fmt.Sprintf("at %d of %d places not every variable can be fetched: the trace has %s there", missing, len(l), strings.TrimPrefix(notThere, `\`))
	}
	return l, nil
}
