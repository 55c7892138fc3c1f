package loader

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/x86"
)

// ReadListing rebuilds the image that WriteListing wrote, and gives the hash
// of the source it was made from. An error in the text is a *ListingError; an
// image that is not sound is what Image.Check says of it.
func ReadListing(data []byte) (*Image, SourceHash, error) {
	if len(data) > MaxListing {
		return nil, SourceHash{}, fmt.Errorf("%w: listing of %#x bytes, at most %#x are allowed",
			ErrBounds, len(data), MaxListing)
	}
	r := listingReader{rest: data, image: new(Image), left: MaxListingMemory}
	if err := r.readHeader(); err != nil {
		return nil, SourceHash{}, err
	}
	for r.next() {
		if err := r.readBody(); err != nil {
			return nil, SourceHash{}, err
		}
	}
	if r.err != nil {
		return nil, SourceHash{}, r.err
	}
	m := r.image
	m.Symbols, m.Lines = NewSymbols(r.symbols), NewLineMap(r.lines)
	if err := m.Check(Limits{}); err != nil {
		return nil, SourceHash{}, fmt.Errorf("listing: %w", err)
	}
	if len(m.Segments) == 0 || m.Segments[0].Addr != r.base {
		return nil, SourceHash{}, fmt.Errorf("listing: %w: no first segment at the base %#x", ErrMalformed, r.base)
	}
	return m, r.hash, nil
}

// listingReader reads a listing line by line.
type listingReader struct {
	rest   []byte // what follows the current line
	lineNo int
	fields []field // of the current line, at least one
	err    error   // why next stopped, nil at the end of the text

	image   *Image
	base    uint64
	hash    SourceHash
	symbols []Symbol
	lines   []LineRange
	left    uint64 // bytes of memory that may still be added
}

// field is a blank-separated word of a line.
type field struct {
	text string
	col  int // 1 for the first byte of the line
}

// next goes to the next line that says something.
func (r *listingReader) next() bool {
	for len(r.rest) > 0 && r.err == nil {
		line, rest, _ := bytes.Cut(r.rest, []byte("\n"))
		r.rest = rest
		r.lineNo++
		if len(line) > maxListingLine {
			r.err = r.errorAt(maxListingLine+1, "line over %d bytes", maxListingLine)
			return false
		}
		if r.fields = splitFields(string(line)); len(r.fields) > 0 && r.fields[0].text[0] != ';' {
			return true
		}
	}
	return false
}

// splitFields splits at blanks. A symbol name in <"..."> may itself hold
// blanks and is one field.
func splitFields(line string) []field {
	var list []field
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' || line[i] == '\r' {
			i++
			continue
		}
		n := strings.IndexAny(line[i:], " \t\r")
		if n < 0 {
			n = len(line) - i
		}
		if strings.HasPrefix(line[i:], `<"`) {
			if quoted, err := strconv.QuotedPrefix(line[i+1:]); err == nil {
				n = max(n, len(quoted)+2)
				n = min(n, len(line)-i)
			}
		}
		list = append(list, field{line[i : i+n], i + 1})
		i += n
	}
	return list
}

func (r *listingReader) errorAt(col int, format string, args ...any) error {
	return &ListingError{Line: max(r.lineNo, 1), Col: col, Msg: fmt.Sprintf(format, args...)}
}

// need checks the number of fields of the current line.
func (r *listingReader) need(low, high int, form string) error {
	switch n := len(r.fields); {
	case n < low:
		last := r.fields[n-1]
		return r.errorAt(last.col+len(last.text), "line ends early, expected %s", form)
	case n > high:
		return r.errorAt(r.fields[high].col, "unexpected %q, expected %s", r.fields[high].text, form)
	}
	return nil
}

// readHeader reads the five header lines, in their order.
func (r *listingReader) readHeader() error {
	if !r.next() || len(r.fields) != 2 || r.fields[0].text+" "+r.fields[1].text != listingMagic {
		return r.errorAt(1, "not a listing of this version, expected %q", listingMagic)
	}
	steps := []struct {
		key  string
		read func(field) error
	}{
		{"arch", func(f field) (err error) { r.image.Arch, err = x86.ParseArch(f.text); return err }},
		{"base", func(f field) (err error) { r.base, err = parseHex(f.text); return err }},
		{"entry", func(f field) (err error) { r.image.Entry, err = parseHex(f.text); return err }},
		{"source", func(f field) (err error) { r.hash, err = parseSourceHash(f.text); return err }},
	}
	for _, s := range steps {
		if !r.next() {
			if r.err != nil {
				return r.err
			}
			return r.errorAt(1, "listing ends early, expected %q", s.key)
		}
		if r.fields[0].text != s.key {
			return r.errorAt(r.fields[0].col, "unexpected %q, expected %q", r.fields[0].text, s.key)
		}
		if err := r.need(2, 2, s.key+" VALUE"); err != nil {
			return err
		}
		if err := s.read(r.fields[1]); err != nil {
			return r.errorAt(r.fields[1].col, "%v", err)
		}
	}
	return nil
}

// readBody reads a line after the header.
func (r *listingReader) readBody() error {
	first := r.fields[0]
	switch first.text {
	case ".text", ".rodata", ".data":
		return r.readSegment()
	}
	if len(r.image.Segments) == 0 {
		if first.text == "file" {
			return r.readFile()
		}
		return r.errorAt(first.col, "unexpected %q, expected .text, .rodata or .data first", first.text)
	}
	if first.text == ".bss" {
		return r.readBSS()
	}
	addr, err := strconv.ParseUint(first.text, 16, 64)
	if digits := r.image.Arch.AddrDigits(); err != nil || len(first.text) != digits {
		return r.errorAt(first.col, "unexpected %q, expected a section or an address of %d hexadecimal digits",
			first.text, digits)
	}
	if len(r.fields) > 1 && r.fields[1].text[0] == '<' {
		return r.readSymbol(addr)
	}
	return r.readRow(addr)
}

// maxFiles bounds the files of a source text.
const maxFiles = 64

func (r *listingReader) readFile() error {
	if err := r.need(3, 3, "file NAME LINE"); err != nil {
		return err
	}
	last := 0
	if n := len(r.image.Files); n == maxFiles {
		return r.errorAt(1, "more than %d files", n)
	} else if n > 0 {
		last = r.image.Files[n-1].Line
	}
	line, err := strconv.ParseUint(r.fields[2].text, 10, 31)
	if err != nil || int(line) <= last {
		return r.errorAt(r.fields[2].col, "first line %q: expected a number above %d", r.fields[2].text, last)
	}
	r.image.Files = append(r.image.Files, SourceFile{r.fields[1].text, int(line)})
	return nil
}

// wholeLine reads a row's line: of the source text, or of one of its files.
func (r *listingReader) wholeLine(text string) (int, bool) {
	name, number, of := strings.Cut(text, ":")
	if !of {
		name, number = "", text
	}
	line, err := strconv.ParseUint(number, 10, 31)
	if err != nil || line == 0 {
		return 0, false
	}
	if !of {
		return int(line), true
	}
	for _, f := range r.image.Files {
		if f.Name == name {
			return f.Line + int(line) - 1, true
		}
	}
	return 0, false
}

func (r *listingReader) readSegment() error {
	if err := r.need(4, 4, "SECTION rwx 0xADDRESS file+0xOFFSET"); err != nil {
		return err
	}
	if n := len(r.image.Segments); n == DefaultSegments {
		return r.errorAt(1, "more than %d segments", n)
	}
	var s Segment
	var err error
	if s.Prot, err = ParseProt(r.fields[1].text); err != nil {
		return r.errorAt(r.fields[1].col, "%v", err)
	}
	if s.Addr, err = parseHex(r.fields[2].text); err != nil {
		return r.errorAt(r.fields[2].col, "%v", err)
	}
	offset, ok := strings.CutPrefix(r.fields[3].text, "file+")
	if s.Offset, err = parseHex(offset); err != nil || !ok {
		return r.errorAt(r.fields[3].col, "file offset %q: expected file+0xOFFSET", r.fields[3].text)
	}
	r.image.Segments = append(r.image.Segments, s)
	return nil
}

// readBSS closes the data of the last segment.
func (r *listingReader) readBSS() error {
	if err := r.need(2, 2, ".bss 0xSIZE"); err != nil {
		return err
	}
	s := r.lastSegment()
	size, err := parseHex(r.fields[1].text)
	switch {
	case err != nil:
		return r.errorAt(r.fields[1].col, "%v", err)
	case s.MemSize > uint64(len(s.Data)):
		return r.errorAt(r.fields[0].col, "a second .bss in one segment")
	}
	return r.grow(s, size, r.fields[1].col)
}

func (r *listingReader) lastSegment() *Segment {
	return &r.image.Segments[len(r.image.Segments)-1]
}

// grow takes size bytes of memory for s, from the bound of the whole image.
func (r *listingReader) grow(s *Segment, size uint64, col int) error {
	if size > r.left {
		return r.errorAt(col, "image over %#x bytes of memory", MaxListingMemory)
	}
	r.left -= size
	s.MemSize += size
	return nil
}

func (r *listingReader) readSymbol(addr uint64) error {
	const form = "ADDRESS <NAME> KIND BINDING [size 0xSIZE]"
	if err := r.need(4, 6, form); err != nil {
		return err
	}
	s := Symbol{Addr: addr}
	var ok bool
	if s.Name, ok = parseSymbolName(r.fields[1].text); !ok {
		return r.errorAt(r.fields[1].col, "symbol name %s: expected <NAME>, or <\"NAME\"> with Go's escapes",
			r.fields[1].text)
	}
	kind := slices.Index(kindWords, r.fields[2].text)
	if kind < 0 {
		return r.errorAt(r.fields[2].col, "symbol kind %q: expected one of %v", r.fields[2].text, kindWords)
	}
	binding := slices.Index(bindingWords, r.fields[3].text)
	if binding < 0 {
		return r.errorAt(r.fields[3].col, "symbol binding %q: expected one of %v", r.fields[3].text, bindingWords)
	}
	s.Kind, s.Binding = Kind(kind), Binding(binding)
	if len(r.fields) > 4 {
		if r.fields[4].text != "size" || len(r.fields) != 6 {
			return r.errorAt(r.fields[4].col, "unexpected %q, expected %s", r.fields[4].text, form)
		}
		var err error
		if s.Size, err = parseHex(r.fields[5].text); err != nil {
			return r.errorAt(r.fields[5].col, "%v", err)
		}
	}
	r.symbols = append(r.symbols, s)
	return nil
}

// parseSymbolName takes the name out of <NAME> or <"NAME">.
func parseSymbolName(text string) (string, bool) {
	if len(text) < 2 || text[len(text)-1] != '>' {
		return "", false
	}
	name := text[1 : len(text)-1]
	if plainName(name) {
		return name, true
	}
	name, err := strconv.Unquote(name)
	return name, err == nil && text[1] == '"' && name != "" && len(name) <= DefaultName
}

func (r *listingReader) readRow(addr uint64) error {
	if err := r.need(3, len(r.fields), "ADDRESS BYTES LINE [SOURCE]"); err != nil {
		return err
	}
	s := r.lastSegment()
	if s.MemSize > uint64(len(s.Data)) {
		return r.errorAt(r.fields[0].col, "bytes after .bss")
	}
	if want := s.End(); addr != want {
		return r.errorAt(r.fields[0].col, "address %#x does not follow the row before, expected %#x", addr, want)
	}
	pattern, count, err := parseBytes(r.fields[1].text)
	if err != nil {
		return r.errorAt(r.fields[1].col, "%v", err)
	}
	size := uint64(len(pattern)) * count
	if err := r.grow(s, size, r.fields[1].col); err != nil {
		return err
	}
	s.Data = append(s.Data, bytes.Repeat(pattern, int(count))...)
	number := r.fields[2]
	if number.text == "-" {
		return nil
	}
	line, ok := r.wholeLine(number.text)
	if !ok {
		return r.errorAt(number.col, "source line %q: expected a positive number, FILE:NUMBER or -", number.text)
	}
	r.lines = append(r.lines, LineRange{Addr: addr, Size: size, Line: line})
	return nil
}

// parseBytes reads HEXDIGITS, or XX*COUNT for a repeated byte.
func parseBytes(text string) (pattern []byte, count uint64, err error) {
	digits, times, repeated := strings.Cut(text, "*")
	count = 1
	if repeated {
		count, err = strconv.ParseUint(times, 10, 32)
	}
	pattern, hexErr := hex.DecodeString(digits)
	if err != nil || hexErr != nil || len(pattern) == 0 || count == 0 || repeated && len(pattern) != 1 {
		return nil, 0, fmt.Errorf("bytes %q: expected pairs of hexadecimal digits, or one pair * a count", text)
	}
	return pattern, count, nil
}
