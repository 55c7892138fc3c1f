package loader

import (
	"debug/gosym"
	"encoding/binary"
	"fmt"
)

// goFunctions reads the functions of a Go program's run-time table (.gopclntab), which a stripped program has too.
func (f *elfFile) goFunctions(lim Limits) (list []Symbol, err error) {
	table, text := -1, uint64(0)
	for i := range f.sections {
		switch f.sections[i].Name {
		case ".gopclntab", ".data.rel.ro.gopclntab":
			table = i
		case ".text":
			text = f.sections[i].Addr
		}
	}
	if table < 0 {
		return nil, nil
	}
	data, err := f.sectionData(table)
	if err != nil {
		return nil, err
	}
	defer func() { // debug/gosym trusts what it reads
		if x := recover(); x != nil {
			list, err = nil, fmt.Errorf("%w: .gopclntab: %v", ErrMalformed, x)
		}
	}()
	if len(data) >= 16 && uint64(binary.LittleEndian.Uint32(data[8:])) > uint64(lim.Symbols) {
		return nil, fmt.Errorf("%w: .gopclntab has more than %d functions", ErrBounds, lim.Symbols)
	}
	t, err := gosym.NewTable(nil, gosym.NewLineTable(data, text))
	if err != nil {
		return nil, fmt.Errorf("%w: .gopclntab: %w", ErrMalformed, err)
	}
	for i := range t.Funcs {
		fn := &t.Funcs[i]
		if fn.Sym == nil || fn.Name == "" || fn.End < fn.Entry {
			continue
		}
		if len(fn.Name) > lim.Name {
			return nil, fmt.Errorf("%w: a name of .gopclntab has %d bytes, at most %d are allowed", ErrBounds, len(fn.Name), lim.Name)
		}
		list = append(list, Symbol{Name: fn.Name, Addr: fn.Entry, Size: fn.End - fn.Entry, Kind: Function, Binding: Local})
	}
	return list, nil
}
