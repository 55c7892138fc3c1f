package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"trapline/emu"
	"trapline/emu/insn"
	"trapline/emu/loader"
)

// resolve makes the place of a definition what the kernel takes, PATH:0xOFFSET with an absolute path, of
// PATH:SYMBOL[+OFFSET]. A suffix as %return or (REFCTR) stays.
func (t *traceEvents) resolve(line string) (string, error) {
	words := strings.Fields(line)
	if len(words) < 2 || strings.HasPrefix(line, "-") {
		return line, nil
	}
	path, place, ok := cutLast(words[1], ":")
	if !ok || path == "" || place == "" {
		return line, nil // the kernel says what is wrong with it
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(t.dir, path)
	}
	if place[0] < '0' || place[0] > '9' {
		at := strings.IndexAny(place, "%(")
		if at < 0 {
			at = len(place)
		}
		offset, err := t.symbolOffset(path, place[:at])
		if err != nil {
			return "", fmt.Errorf("-p %q: %w", line, err)
		}
		place = fmt.Sprintf("%#x", offset) + place[at:]
	}
	words[1] = path + ":" + place
	return strings.Join(words, " "), nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// symbolOffset is the file offset of SYMBOL[+OFFSET] in an ELF file.
func (t *traceEvents) symbolOffset(path, expr string) (uint64, error) {
	name, add, plus := strings.Cut(expr, "+")
	var offset uint64
	if plus {
		var err error
		if offset, err = strconv.ParseUint(add, 0, 64); err != nil {
			return 0, fmt.Errorf("offset %q behind the symbol; expected a number", add)
		}
	}
	image, err := t.image(path)
	if err != nil {
		return 0, err
	}
	sym, ok := image.Symbols.Lookup(name)
	if !ok {
		return 0, fmt.Errorf("%s has no symbol %q", path, name)
	}
	addr := sym.Addr + offset
	for _, s := range image.Segments {
		if addr >= s.Addr && addr-s.Addr < uint64(len(s.Data)) {
			return s.Offset + addr - s.Addr, nil
		}
	}
	return 0, fmt.Errorf("%s: %s is not in the file", path, expr)
}

// image reads an ELF file at a guest path.
func (t *traceEvents) image(path string) (*loader.Image, error) {
	data, err := os.ReadFile(t.hostPath(path))
	if err != nil {
		return nil, err
	}
	image, err := loader.ReadELF(data, loader.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return image, nil
}

// splitsInstruction reports whether the place is inside an instruction, as far as the file's symbols tell where one
// begins. The kernel does not ask.
func (t *traceEvents) splitsInstruction(path string, offset uint64) bool {
	image, err := t.image(path)
	if err != nil {
		return false
	}
	for _, s := range image.Segments {
		if offset < s.Offset || offset-s.Offset >= uint64(len(s.Data)) {
			continue
		}
		sym, into, ok := image.Symbols.At(s.Addr + offset - s.Offset)
		if !ok || into == 0 || sym.Addr < s.Addr {
			return false
		}
		code := s.Data[sym.Addr-s.Addr:]
		var at uint64
		for at < into {
			in, err := insn.Decode(code[at:], emu.Arch(image.Arch).Mode())
			if err != nil {
				return false
			}
			at += uint64(in.Len)
		}
		return at > into
	}
	return false
}
