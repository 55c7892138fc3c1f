package loader

import (
	"debug/dwarf"
	"errors"
	"fmt"
	"io"
)

// maxLineRows bounds the rows read from line tables.
const maxLineRows = 1 << 20

// ReadLines reads the line table (DWARF) of an ELF file that was made from one
// source text, whatever name the table has for it. A file without debug
// information gives an empty map.
func ReadLines(data []byte, lim Limits) (LineMap, error) {
	f, err := parseELF(data)
	if err == nil {
		err = f.parseSections(lim.withDefaults())
	}
	if err != nil {
		return LineMap{}, err
	}
	info, err := f.debugInfo()
	if err != nil || info == nil {
		return LineMap{}, err
	}
	var list []LineRange
	units := info.Reader()
	for {
		unit, err := units.Next()
		if err != nil {
			return LineMap{}, fmt.Errorf("%w: debug information: %w", ErrMalformed, err)
		}
		if unit == nil {
			return NewLineMap(list), nil
		}
		if list, err = appendUnitLines(list, info, unit); err != nil {
			return LineMap{}, fmt.Errorf("%w: line table: %w", ErrMalformed, err)
		}
		units.SkipChildren()
	}
}

// debugInfo gives the DWARF sections, or nil if there are none.
func (f *elfFile) debugInfo() (*dwarf.Data, error) {
	parts := make(map[string][]byte)
	for i := range f.sections {
		data, err := f.sectionData(i)
		if err != nil {
			return nil, err
		}
		parts[f.sections[i].Name] = data
	}
	if len(parts[".debug_info"]) == 0 {
		return nil, nil
	}
	info, err := dwarf.New(parts[".debug_abbrev"], nil, nil, parts[".debug_info"],
		parts[".debug_line"], nil, parts[".debug_ranges"], parts[".debug_str"])
	if err != nil {
		return nil, fmt.Errorf("%w: debug information: %w", ErrMalformed, err)
	}
	return info, nil
}

// appendUnitLines adds the rows of one compilation unit. A row reaches to the
// address of the next one in its sequence.
func appendUnitLines(list []LineRange, info *dwarf.Data, unit *dwarf.Entry) ([]LineRange, error) {
	rows, err := info.LineReader(unit)
	if err != nil || rows == nil {
		return list, err
	}
	var open LineRange // the row whose end is not yet known; Line 0 for none
	for len(list) <= maxLineRows {
		var row dwarf.LineEntry
		switch err := rows.Next(&row); {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, err
		}
		if open.Line > 0 && row.Address > open.Addr {
			open.Size = row.Address - open.Addr
			list = append(list, open)
		}
		open = LineRange{Addr: row.Address, Line: row.Line}
		if row.EndSequence {
			open.Line = 0
		}
	}
	return nil, fmt.Errorf("more than %d rows", maxLineRows)
}
