package loader

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrNoSymbol is returned by Parse for a name that the table does not hold.
var ErrNoSymbol = errors.New("no such symbol")

// Format writes addr as NAME, NAME+0xOFFSET, or 0xADDR where At knows no name.
func (t Symbols) Format(addr uint64) string {
	s, offset, ok := t.At(addr)
	switch {
	case !ok:
		return fmt.Sprintf("%#x", addr)
	case offset == 0:
		return s.Name
	}
	return fmt.Sprintf("%s+%#x", s.Name, offset)
}

// Parse reads an address in the forms that Format writes:
//
//	address = name [ "+" number ] | hex
//	number  = hex | decimal
//	hex     = "0x" digits
//
// A name is anything that does not start with a digit; it may itself contain
// a "+" (quoted labels), so the whole text is tried as a name first.
func (t Symbols) Parse(text string) (uint64, error) {
	if text == "" {
		return 0, errors.New("empty address: expected NAME, NAME+0xOFFSET or 0xADDRESS")
	}
	if c := text[0]; '0' <= c && c <= '9' {
		return parseHex(text)
	}
	if s, ok := t.Lookup(text); ok {
		return s.Addr, nil
	}
	i := strings.LastIndexByte(text, '+')
	if i < 0 {
		return 0, fmt.Errorf("%w: %q", ErrNoSymbol, text)
	}
	s, ok := t.Lookup(text[:i])
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrNoSymbol, text[:i])
	}
	offset, err := parseOffset(text[i+1:])
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	addr := s.Addr + offset
	if addr < s.Addr {
		return 0, fmt.Errorf("%q: address past 64 bits", text)
	}
	return addr, nil
}

// parseHex reads an absolute address. A bare "12" is refused rather than
// guessed to be decimal or hexadecimal.
func parseHex(text string) (uint64, error) {
	digits, ok := strings.CutPrefix(text, "0x")
	if ok {
		if v, err := strconv.ParseUint(digits, 16, 64); err == nil {
			return v, nil
		}
	}
	return 0, fmt.Errorf("address %q: expected 0x and at most 16 hexadecimal digits", text)
}

func parseOffset(text string) (uint64, error) {
	if strings.HasPrefix(text, "0x") {
		return parseHex(text)
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("offset %q: expected a decimal number, or 0x and hexadecimal digits", text)
	}
	return v, nil
}
