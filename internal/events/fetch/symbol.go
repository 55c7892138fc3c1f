package fetch

import (
	"strconv"

	"trapline/internal/events"
)

// AppendSymbol writes an address as the kernel does with "%pS":
// "name+0xOFF/0xSIZE", with " [module]" behind a module's symbol, or "0x…"
// where no symbol is known.
func AppendSymbol(b []byte, syms Symbols, addr uint64) []byte {
	sym, ok := lookup(syms, addr)
	if !ok {
		return appendHex(b, addr)
	}
	b = append(b, sym.Name...)
	b = append(b, '+')
	b = appendHex(b, addr-sym.Addr)
	b = append(b, '/')
	b = appendHex(b, sym.Size)
	if sym.Module != "" {
		b = append(b, " ["...)
		b = append(b, sym.Module...)
		b = append(b, ']')
	}
	return b
}

func lookup(syms Symbols, addr uint64) (events.Symbol, bool) {
	if syms == nil {
		return events.Symbol{}, false
	}
	return syms.Lookup(addr)
}

func appendHex(b []byte, v uint64) []byte {
	return strconv.AppendUint(append(b, "0x"...), v, 16)
}
