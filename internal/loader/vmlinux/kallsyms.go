package vmlinux

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"trapline/internal/loader"
)

// The kernel's own symbol table, as scripts/kallsyms of 6.1 lays it out, each
// table aligned to a word:
//
//	offsets        int32 for each symbol
//	relative_base  word
//	num_syms       uint32
//	names          for each symbol a length and that many tokens
//	markers        uint32: where in names every 256th symbol begins
//	(seqs_of_names, three bytes each, in 6.2 and 6.3)
//	token_table    256 strings, NUL-terminated
//	token_index    uint16: where in token_table each begins
//
// Since 6.4 offsets and relative_base come behind token_index. Nothing points to
// the tables in an image without symbols: the token table is found by its looks,
// the others lie around it.

// maxKallsyms bounds the symbols of an image.
const maxKallsyms = 1 << 20

type tables struct {
	mem    []byte
	word   int
	lowest uint64 // kernel addresses begin here
	tokens [256][]byte
	table  int // offset of token_table
	behind int // offset of what follows token_index
	// absolute: some offsets are negative, which makes those from 0 up
	// absolute addresses (CONFIG_KALLSYMS_ABSOLUTE_PERCPU: x86-64 with SMP).
	absolute bool
}

// findKallsyms reads the tables out of mem, a run of the image's memory.
func findKallsyms(mem []byte, word int, lowest uint64) ([]loader.Symbol, error) {
	digits := []byte("0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00")
	for from := 0; ; {
		i := bytes.Index(mem[from:], digits)
		if i < 0 {
			return nil, ErrNoKallsyms
		}
		t := &tables{mem: mem, word: word, lowest: lowest}
		if t.findTokens(from + i) {
			if list, err := t.read(); err == nil {
				return list, nil
			}
		}
		from += i + 1
	}
}

// findTokens takes the token table whose token for "0" is at offset zero.
func (t *tables) findTokens(zero int) bool {
	end := zero
	for range 256 - '0' {
		n := bytes.IndexByte(t.mem[end:], 0)
		if n < 0 || n > 1024 {
			return false
		}
		end += n + 1
	}
	for _, align := range []int{t.word, 4, 8} {
		index := (end + align - 1) &^ (align - 1)
		if index+512 > len(t.mem) {
			return false
		}
		at := func(i int) int { return int(binary.LittleEndian.Uint16(t.mem[index+2*i:])) }
		start := zero - at('0')
		if start < 0 || !t.cutTokens(start, at) {
			continue
		}
		t.table, t.behind = start, index+512
		return true
	}
	return false
}

// cutTokens takes the tokens if the index fits the table.
func (t *tables) cutTokens(start int, index func(int) int) bool {
	at := start
	for i := range t.tokens {
		n := bytes.IndexByte(t.mem[at:], 0)
		if n < 0 || index(i) != at-start {
			return false
		}
		t.tokens[i] = t.mem[at : at+n]
		at += n + 1
	}
	return true
}

func (t *tables) u32(at int) uint64 { return uint64(binary.LittleEndian.Uint32(t.mem[at:])) }

func (t *tables) wordAt(at int) uint64 {
	if t.word == 8 {
		return binary.LittleEndian.Uint64(t.mem[at:])
	}
	return t.u32(at)
}

// maxNames bounds how far before the token table the names begin.
const maxNames = 64 << 20

// read looks for num_syms with names behind it that end where markers for just them are, and for the addresses that go with
// them: before it or behind token_index, with a page-aligned kernel address as their base.
func (t *tables) read() ([]loader.Symbol, error) {
	for p := t.table &^ 7; p >= t.word && p > t.table-maxNames; p -= t.word {
		n := int(t.u32(p))
		if n < 256 || n > maxKallsyms {
			continue
		}
		before, behind := p-t.word, t.aligned(t.aligned(t.behind)+4*n)
		for _, place := range [][2]int{{before, before - t.aligned(4*n)}, {behind, t.aligned(t.behind)}} {
			base, offsets := place[0], place[1]
			if offsets < 0 || base+t.word > len(t.mem) || t.wordAt(base)&0xfff != 0 || t.wordAt(base) < t.lowest {
				continue
			}
			if list, ok := t.names(p+t.word, n, base, offsets); ok {
				return list, nil
			}
		}
	}
	return nil, ErrNoKallsyms
}

// aligned is where a table begins that follows an offset.
func (t *tables) aligned(at int) int { return (at + t.word - 1) &^ (t.word - 1) }

// names decodes n names from start on and gives them their addresses.
func (t *tables) names(start, n, base, offsets int) ([]loader.Symbol, bool) {
	t.absolute = t.hasNegative(offsets, n)
	list := make([]loader.Symbol, 0, n)
	var b []byte
	var marks []int
	at := start
	for i := range n {
		if i%256 == 0 {
			marks = append(marks, at-start)
		}
		if at+2 > t.table {
			return nil, false
		}
		length := int(t.mem[at])
		at++
		if length&0x80 != 0 { // 6.1 on: long names have a second byte
			length = length&0x7f | int(t.mem[at])<<7
			at++
		}
		if at+length > t.table || length == 0 {
			return nil, false
		}
		b = b[:0]
		for _, tok := range t.mem[at : at+length] {
			b = append(b, t.tokens[tok]...)
		}
		at += length
		if len(b) < 2 {
			return nil, false
		}
		list = append(list, symbol(b, t.address(base, offsets+4*i)))
	}
	return list, t.marked(t.aligned(at), marks)
}

// marked tells whether the markers at that offset are those of the names.
func (t *tables) marked(at int, marks []int) bool {
	for i, m := range marks {
		if at+4*i+4 > t.table || t.u32(at+4*i) != uint64(m) {
			return false
		}
	}
	return true
}

func (t *tables) hasNegative(offsets, n int) bool {
	for i := range n {
		if int32(t.u32(offsets+4*i)) < 0 {
			return true
		}
	}
	return false
}

// address is what an offset stands for: a distance from the base, or, with
// per-CPU symbols absolute, an address from 0 up, and a distance below 0.
func (t *tables) address(base, at int) uint64 {
	off := int32(t.u32(at))
	v := t.wordAt(base) + uint64(uint32(off))
	switch {
	case t.absolute && off >= 0:
		return uint64(off)
	case t.absolute:
		v = t.wordAt(base) - 1 - uint64(int64(off))
	}
	if t.word == 4 {
		v &= 0xffffffff
	}
	return v
}

// symbol makes a symbol of its type letter and name.
func symbol(b []byte, addr uint64) loader.Symbol {
	s := loader.Symbol{Name: string(b[1:]), Addr: addr}
	switch b[0] | 0x20 {
	case 't':
		s.Kind = loader.Function
	case 'w':
		s.Kind, s.Binding = loader.Function, loader.Weak
	case 'd', 'b', 'r', 'v':
		s.Kind = loader.Object
	}
	if b[0]&0x20 == 0 && s.Binding != loader.Weak {
		s.Binding = loader.Global
	}
	return s
}

// MaxSymbolLine bounds a line of symbol text.
const MaxSymbolLine = 4096

// ParseSymbols reads the text form: "ADDRESS TYPE NAME" a line, as
// /proc/kallsyms and System.map have it. Symbols of modules are left out.
func ParseSymbols(text []byte) ([]loader.Symbol, error) {
	var list []loader.Symbol
	num := 0
	for line := range bytes.Lines(text) {
		num++
		w := bytes.Fields(line)
		if len(w) == 0 || len(w) > 3 {
			continue
		}
		var addr uint64
		if len(line) > MaxSymbolLine || len(w) < 3 || len(w[1]) != 1 {
			return nil, fmt.Errorf("line %d: expected ADDRESS TYPE NAME", num)
		}
		if _, err := fmt.Sscanf(string(w[0]), "%x", &addr); err != nil {
			return nil, fmt.Errorf("line %d: address %q; expected hexadecimal digits", num, w[0])
		}
		if list = append(list, symbol(slices.Concat(w[1], w[2]), addr)); len(list) > maxKallsyms {
			return nil, fmt.Errorf("line %d: expected at most %d symbols", num, maxKallsyms)
		}
	}
	if len(list) > 0 && list[len(list)-1].Addr == 0 && list[0].Addr == 0 {
		return nil, fmt.Errorf("all addresses are 0: this is kallsyms as a user without privileges sees it")
	}
	return list, nil
}
