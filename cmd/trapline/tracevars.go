package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"trapline/internal/uprobes/places"
	"trapline/internal/uprobes/source"
)

// listVariables prints what a probe at a place can name, for each address that the place has.
func listVariables(w io.Writer, files *probedFiles, program, place string) error {
	path, rest, ok := places.Split(place)
	if _, err := files.File(files.Absolute(path)); !ok || err != nil {
		path, rest = program, place
	}
	path = files.Absolute(path)
	file, p, err := files.source(path)
	if err != nil {
		return err
	}
	offsets, err := file.Offsets(path, rest)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Variables that a probe can fetch at %s\n", rest)
	for _, offset := range offsets {
		addr, _ := p.Address(offset)
		f := p.At(addr)
		if f == nil {
			return fmt.Errorf("%s: the debug information has no function at %#x", path, offset)
		}
		if behind, ok := f.AfterPrologue(); ok && addr == f.Entry {
			addr = behind
		}
		fmt.Fprintf(b, "\t@<%s+%d>\n", f.Name, addr-f.Entry)
		var l []string
		for _, v := range p.Variables(source.Place{Addr: addr, Of: file.Named(p, rest)}) {
			l = append(l, v.Type+"\t"+v.Name)
		}
		slices.SortFunc(l, func(a, b string) int {
			return strings.Compare(a[strings.IndexByte(a, '\t'):], b[strings.IndexByte(b, '\t'):])
		})
		for _, v := range l {
			fmt.Fprintf(b, "\t\t%s\n", v)
		}
		if len(l) == 0 {
			fmt.Fprintln(b, "\t\t(none)")
		}
	}
	return b.Flush()
}
