package loader

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxSourceColumn is how much of a source line a row shows, in characters.
const maxSourceColumn = 100

// WriteListing writes m, which was assembled from source, as a listing. It
// refuses an image that a listing cannot carry: a real program's TLS or
// program headers, lines where there are no bytes, or over MaxListing bytes.
func WriteListing(m *Image, source string) ([]byte, error) {
	if err := m.Check(Limits{Memory: MaxListingMemory}); err != nil {
		return nil, err
	}
	if m.TLS != nil || m.Headers != (ProgramHeaders{}) || m.Stack != StackDefault {
		return nil, errors.New("listing: only assembled text can be listed, not a program with ELF headers")
	}
	if len(m.Segments) == 0 {
		return nil, errors.New("listing: the image has no segments")
	}
	w := listingWriter{
		image:   m,
		source:  strings.Split(source, "\n"),
		symbols: slices.Collect(m.Symbols.All()),
		lines:   slices.Collect(m.Lines.All()),
	}
	w.header(HashSource(source))
	for i := range m.Segments {
		w.segment(&m.Segments[i])
		if w.out.Len() > MaxListing {
			return nil, fmt.Errorf("%w: listing over %#x bytes", ErrBounds, MaxListing)
		}
	}
	w.symbolsTo(math.MaxUint64)
	if len(w.lines) > 0 {
		return nil, fmt.Errorf("listing: line %d has bytes at %#x, where no segment has data",
			w.lines[0].Line, w.lines[0].Addr)
	}
	return w.out.Bytes(), nil
}

// listingWriter consumes symbols and lines as it passes their addresses.
type listingWriter struct {
	out     bytes.Buffer
	image   *Image
	source  []string
	symbols []Symbol    // not yet written, in address order
	lines   []LineRange // not yet passed, in address order
}

func (w *listingWriter) header(hash SourceHash) {
	fmt.Fprintf(&w.out, `%s
; Made from the source text beside it; used where no assembler is installed.
arch %s
base %#x
entry %#x
source %s
`, listingMagic, w.image.Arch, w.image.Segments[0].Addr, w.image.Entry, hash)
	for _, f := range w.image.Files {
		fmt.Fprintf(&w.out, "file %s %d\n", f.Name, f.Line)
	}
}

func (w *listingWriter) segment(s *Segment) {
	fmt.Fprintf(&w.out, "\n%s %s %#x file+%#x\n", segmentName(s.Prot), s.Prot, s.Addr, s.Offset)
	dataEnd := s.Addr + uint64(len(s.Data))
	for addr := s.Addr; addr != dataEnd; {
		addr = w.line(s, addr, dataEnd)
	}
	if zero := s.MemSize - uint64(len(s.Data)); zero > 0 {
		fmt.Fprintf(&w.out, ".bss %#x\n", zero)
	}
	w.symbolsTo(w.lastAddr(s))
}

// lastAddr is the last address whose symbols are listed with s: the one past
// its end, where end labels are, unless another segment starts there.
func (w *listingWriter) lastAddr(s *Segment) uint64 {
	last := s.Addr + s.MemSize - 1
	if end := last + 1; end != 0 && w.image.SegmentAt(end) == nil {
		return end
	}
	return last
}

// segmentName is the section that a reader expects with these permissions.
func segmentName(p Prot) string {
	switch {
	case p&ProtX != 0:
		return ".text"
	case p&ProtW != 0:
		return ".data"
	}
	return ".rodata"
}

// line writes the rows of the bytes from addr that one source line made, or up
// to the next label if none did, and returns the address after them.
func (w *listingWriter) line(s *Segment, addr, dataEnd uint64) uint64 {
	end, line := dataEnd, 0
	if len(w.lines) > 0 {
		switch next := &w.lines[0]; {
		case next.Addr == addr:
			n := min(next.Size, dataEnd-addr)
			end, line = addr+n, next.Line
			if next.Addr, next.Size = end, next.Size-n; next.Size == 0 {
				w.lines = w.lines[1:]
			}
		case next.Addr-addr < dataEnd-addr:
			end = next.Addr
		}
	}
	for first := true; addr != end; first = false {
		w.symbolsTo(addr)
		stop := end
		if len(w.symbols) > 0 && w.symbols[0].Addr-addr < stop-addr && line == 0 {
			stop = w.symbols[0].Addr
		}
		addr = w.row(addr, s.Data[addr-s.Addr:stop-s.Addr], line, first)
	}
	return addr
}

// row writes one row from the start of data and returns the address after it.
func (w *listingWriter) row(addr uint64, data []byte, line int, first bool) uint64 {
	n, text := nextRow(data)
	w.symbolsTo(addr + uint64(n) - 1)
	number, source := "-", ""
	if line > 0 {
		file, n := w.image.FileLine(line)
		if number = strconv.Itoa(n); file != "" {
			number = file + ":" + number
		}
		if first && line <= len(w.source) {
			source = "  " + sourceColumn(w.source[line-1])
		}
	}
	row := fmt.Sprintf("%0*x  %-20s %5s%s", w.image.Arch.AddrDigits(), addr, text, number, source)
	w.out.WriteString(strings.TrimRight(row, " ") + "\n")
	return addr + uint64(n)
}

// nextRow takes a run of one byte repeated, if data starts with one longer
// than a row, or else the bytes before the next such run, a row at most.
func nextRow(data []byte) (n int, text string) {
	if run := runLength(data); run > rowBytes {
		return run, fmt.Sprintf("%02x*%d", data[0], run)
	}
	for n = 1; n < len(data) && n < rowBytes; n++ {
		if data[n] != data[n-1] && runLength(data[n:]) > rowBytes {
			break
		}
	}
	return n, hex.EncodeToString(data[:n])
}

func runLength(data []byte) int {
	for i, b := range data {
		if b != data[0] {
			return i
		}
	}
	return len(data)
}

// symbolsTo writes the symbols left up to address last.
func (w *listingWriter) symbolsTo(last uint64) {
	for len(w.symbols) > 0 && w.symbols[0].Addr <= last {
		w.symbol(w.symbols[0])
		w.symbols = w.symbols[1:]
	}
}

func (w *listingWriter) symbol(s Symbol) {
	name := s.Name
	if !plainName(name) {
		name = strconv.QuoteToASCII(name)
	}
	fmt.Fprintf(&w.out, "%0*x <%s> %s %s", w.image.Arch.AddrDigits(), s.Addr, name, s.Kind, s.Binding)
	if s.Size > 0 {
		fmt.Fprintf(&w.out, " size %#x", s.Size)
	}
	w.out.WriteByte('\n')
}

// sourceColumn shortens a source line for a row.
func sourceColumn(line string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.Join(strings.Fields(line), " ") {
		if n == maxSourceColumn {
			b.WriteString("...")
			break
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
