package events

import (
	"fmt"
	"math"
	"strings"

	"trapline/internal/cstring"
)

// kprobe reads the rest of
//
//	p[:[GRP/][EVENT]] PLACE [FETCHARGS]
//	r[MAXACTIVE][:[GRP/][EVENT]] PLACE [FETCHARGS]
//	PLACE  KADDR | [MOD:]KSYM[+OFFS][%return]
//
// in the kernel's order, which decides the error that is reported
// (__trace_kprobe_create()).
func (p *probeParser) kprobe(d *Definition) *Error {
	head := p.cmd.Words[0]
	number, name, named := strings.Cut(head[1:], ":")
	if err := p.maxActive(d, number); err != nil {
		return err
	}
	if err := p.place(d); err != nil {
		return err
	}
	if err := p.uniqueSymbol(d); err != nil {
		return err
	}
	d.Group = DefaultKprobeGroup
	if named {
		if err := p.name(d, name, len(head)-len(name)); err != nil {
			return err
		}
	}
	if d.Event == "" {
		d.Event = p.defaultKprobeName(d)
	}
	return p.parseArgs(d)
}

// maxActive reads MAXACTIVE. Text there that starts with no digit is ignored.
// The kernel reads an unsigned number into a signed one, so that from 1<<31 on
// it is negative: not too big, and replaced by the default on registration.
func (p *probeParser) maxActive(d *Definition, number string) *Error {
	if !isDigit(cstring.At(number, 0)) {
		return nil
	}
	if !d.Return {
		return p.cmd.Fail(EINVAL, MaxActiveNoKprobe, 0, 1)
	}
	n, errno := ParseUint(number, 0, 32)
	switch {
	case len(number) > MaxName || errno != 0 || n == 0:
		return p.cmd.Fail(EINVAL, BadMaxActive, 0, 1)
	case int32(n) > MaxMaxActive:
		return p.cmd.Fail(EINVAL, MaxActiveTooBig, 0, 1)
	}
	d.MaxActive = int(int32(n))
	return nil
}

// place reads the second word: an address if it is a number, else a symbol.
func (p *probeParser) place(d *Definition) *Error {
	word := p.cmd.Words[1]
	addr, errno := ParseUint(word, 0, wordBits(p.opt.Arch))
	if errno == 0 {
		d.Address = addr
		return nil
	}
	if strings.Contains(word, "/") && strings.Contains(word, ":") {
		return silent(ECANCELED, "this is a uprobe's place")
	}
	symbol, suffix, suffixed := strings.Cut(word, "%")
	if suffixed {
		if suffix != "return" {
			return p.cmd.Fail(EINVAL, BadAddressSuffix, 1, len(symbol))
		}
		d.Return = true
	}
	var offset int64
	d.Symbol, offset, errno = splitSymbol(symbol, wordBits(p.opt.Arch))
	if errno != 0 || offset < 0 || offset > math.MaxUint32 {
		return p.cmd.Fail(EINVAL, BadProbeAddress, 1, 0)
	}
	if d.Symbol == "" {
		return p.cmd.Fail(ENOENT, BadProbeAddress, 1, 0)
	}
	d.Offset = uint32(offset)
	p.isReturn = d.Return
	entry, known := AtEntry(p.opt.Symbols, d.Symbol, uint64(offset))
	p.atEntry = entry
	if known && !entry && d.Return {
		return p.cmd.Fail(EINVAL, BadRetprobe, 1, 0)
	}
	return nil
}

// splitSymbol parts SYM+OFFS or SYM-OFFS (traceprobe_split_symbol_offset()).
func splitSymbol(s string, bits int) (symbol string, offset int64, errno Errno) {
	i := strings.IndexAny(s, "+-")
	if i < 0 {
		return s, 0, 0
	}
	offset, errno = parseInt(s[i:], bits)
	return s[:i], offset, errno
}

// AtEntry tells whether symbol+offset is the first byte of a function, which
// need not be the symbol's; known is false when the symbol or the resulting
// address is not (kprobe_on_func_entry()).
func AtEntry(syms Symbols, symbol string, offset uint64) (entry, known bool) {
	addr, ok := syms.Address(symbol)
	if !ok {
		return false, false
	}
	sym, ok := syms.Lookup(addr + offset)
	return ok && sym.Addr == addr+offset, ok
}

// uniqueSymbol refuses a symbol that several functions bear, or none. A
// module's symbol is left alone: the module may come later (SEMANTICS E5).
func (p *probeParser) uniqueSymbol(d *Definition) *Error {
	if d.isAddress() || strings.Contains(d.Symbol, ":") {
		return nil
	}
	switch n := p.opt.Symbols.Count(d.Symbol); {
	case n > 1:
		return p.cmd.Fail(EADDRNOTAVAIL, NonUniqueSymbol, 1, 0)
	case n == 0:
		return p.cmd.Fail(ENOENT, BadProbeAddress, 1, 0)
	}
	return nil
}

// defaultKprobeName is p_SYM_OFFS or p_0xADDR, r_… for a kretprobe, with ':'
// and '.' replaced.
func (p *probeParser) defaultKprobeName(d *Definition) string {
	place := fmt.Sprintf("%s_%d", d.Symbol, d.Offset)
	if d.isAddress() {
		place = d.Place(p.opt.HashPointer)
	}
	name := defaultName(string(d.letter()) + "_" + place)
	return strings.NewReplacer(":", "_", ".", "_").Replace(name)
}
