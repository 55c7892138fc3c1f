package events

import (
	"fmt"
	"strings"

	"trapline/internal/cstring"
)

// uprobe reads the rest of
//
//	p|r[:[GRP/][EVENT]] PATH:OFFSET[%return][(REFCTR)] [FETCHARGS]
//
// in the kernel's order (__trace_uprobe_create()). The name counts only when
// ':' is the line's second byte: "r10:GRP/EVENT" has the default name.
func (p *probeParser) uprobe(d *Definition) *Error {
	head, place := p.cmd.Words[0], p.cmd.Words[1]
	if !strings.Contains(place, "/") {
		return silent(ECANCELED, "the place to probe is PATH:OFFSET, with a '/' in PATH")
	}
	colon := strings.LastIndexByte(place, ':')
	if colon < 0 || !isDigit(cstring.At(place, colon+1)) {
		return silent(ECANCELED, "the place to probe is PATH:OFFSET, with OFFSET a number")
	}
	d.Path = place[:colon]
	var errno Errno
	if d.File, errno = p.opt.Files.Stat(d.Path); errno != 0 {
		return p.cmd.Fail(errno, FileNotFound, 1, 0)
	}
	if !d.File.Regular {
		return p.cmd.Fail(EINVAL, NoRegularFile, 1, 0)
	}
	if err := p.uprobeOffset(d, place[colon+1:], colon+1); err != nil {
		return err
	}
	p.isReturn = d.Return
	d.Group = DefaultUprobeGroup
	if name, ok := strings.CutPrefix(head[1:], ":"); ok {
		if err := p.name(d, name, 2); err != nil {
			return err
		}
	}
	if d.Event == "" {
		d.Event = defaultUprobeName(d)
	}
	return p.parseArgs(d)
}

// uprobeOffset reads OFFSET[%return][(REFCTR)], which stands pos bytes into
// the second word.
func (p *probeParser) uprobeOffset(d *Definition, s string, pos int) *Error {
	s, err := p.refCounter(d, s, pos)
	if err != nil {
		return err
	}
	number, suffix, suffixed := strings.Cut(s, "%")
	if suffixed {
		if suffix != "return" {
			return p.cmd.Fail(EINVAL, BadAddressSuffix, 1, pos+len(number))
		}
		d.Return = true
	}
	offset, errno := ParseUint(number, 0, wordBits(p.opt.Arch))
	if errno != 0 {
		return p.cmd.Fail(errno, BadUprobeOffset, 1, pos)
	}
	d.FileOffset = offset
	return nil
}

// refCounter takes (REFCTR) off and gives what stood before it.
func (p *probeParser) refCounter(d *Definition, s string, pos int) (string, *Error) {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return s, nil
	}
	number, tail, closed := strings.Cut(s[open+1:], ")")
	switch {
	case !closed:
		return "", p.cmd.Fail(EINVAL, RefCountOpenBrace, 1, pos+len(s))
	case tail != "":
		return "", p.cmd.Fail(EINVAL, BadRefCountSuffix, 1, pos+len(s)-len(tail))
	}
	counter, errno := ParseUint(number, 0, wordBits(p.opt.Arch))
	if errno != 0 {
		return "", p.cmd.Fail(errno, BadRefCount, 1, pos+open+1)
	}
	d.RefCounter = counter
	return s[:open], nil
}

// defaultUprobeName is p_FILE_0xOFFSET, for return probes too, with FILE the
// last part of the path up to its first '.', '-' or '_'.
func defaultUprobeName(d *Definition) string {
	file := d.Path[strings.LastIndexByte(d.Path, '/')+1:]
	if i := strings.IndexAny(file, ".-_"); i >= 0 {
		file = file[:i]
	}
	return defaultName(fmt.Sprintf("p_%s_0x%x", file, d.FileOffset))
}
