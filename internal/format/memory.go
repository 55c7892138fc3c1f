package format

import "fmt"

// Region is one piece of memory besides the program's own. Its name is a
// symbol.
//
//	NAME "at" EXPR "size" SIZE "prot" PROT [ "lazy" ]
//	    "u32" 1 2 table+8
//	    "string" "text, without a zero behind it"
//
// PROT is as Prot prints it, such as rw-u: read, write, execute, user. A lazy
// region's pages are absent until the page-fault handler maps them.
type Region struct {
	Name    string
	Pos     Pos
	At      Expr
	Size    uint64 // bytes
	Prot    string // r, w or -, x or -, u or -
	Lazy    bool
	Content []Content
}

// Content is initial bytes of a region, each behind the one before.
type Content struct {
	Size   int // bytes of each value; 0: the machine's word
	Values []Expr
	String string // instead of values
}

var contentKinds = []string{"u8", "u16", "u32", "u64", "word", "string"}

var contentSize = map[string]int{"u8": 1, "u16": 2, "u32": 4, "u64": 8, "word": 0}

func (f *File) parseMemory(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		if l.indented() {
			if len(f.Memory) == 0 {
				return l.at(0).errorAt("a region first: NAME at ADDR size N prot rw--", "content of no region")
			}
			if err := parseContent(w, &f.Memory[len(f.Memory)-1]); err != nil {
				return err
			}
			continue
		}
		r, err := f.parseRegion(w)
		if err != nil {
			return err
		}
		f.Memory = append(f.Memory, r)
		if len(f.Memory) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many regions")
		}
	}
	return nil
}

func (f *File) parseRegion(w *words) (r Region, err error) {
	if r.Name, r.Pos, err = w.name("a region's name"); err != nil {
		return r, err
	}
	for _, other := range f.Memory {
		if other.Name == r.Name {
			return r, r.Pos.errorAt("another name", "a second region %q", r.Name)
		}
	}
	if err = w.keyword("at"); err != nil {
		return r, err
	}
	if r.At, err = w.expr("an address"); err != nil {
		return r, err
	}
	if err = w.keyword("size"); err != nil {
		return r, err
	}
	if r.Size, err = w.size("size", MaxMemory); err != nil {
		return r, err
	}
	if err = w.keyword("prot"); err != nil {
		return r, err
	}
	x, err := w.next("permissions such as rw-u")
	if err != nil {
		return r, err
	}
	if !isProt(x.text) {
		return r, w.line.at(x.at).errorAt("four characters such as rw-u: r, then w, x and u or - for each", "permissions of %q", x.text)
	}
	r.Prot = x.text
	r.Lazy = w.accept("lazy")
	return r, w.done()
}

func isProt(s string) bool {
	if len(s) != 4 || s[0] != 'r' {
		return false
	}
	for i, c := range "wxu" {
		if got := s[i+1]; got != '-' && got != byte(c) {
			return false
		}
	}
	return true
}

func parseContent(w *words, r *Region) error {
	kind, err := w.choice("kind of content", contentKinds)
	if err != nil {
		return err
	}
	if kind == "string" {
		s, err := w.quotedString("a string")
		if err != nil {
			return err
		}
		r.Content = append(r.Content, Content{String: s})
		return w.done()
	}
	c := Content{Size: contentSize[kind]}
	for {
		x, err := w.expr("a value")
		if err != nil {
			return err
		}
		c.Values = append(c.Values, x)
		if _, more := w.peek(); !more {
			r.Content = append(r.Content, c)
			return nil
		}
	}
}
