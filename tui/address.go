package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// address reads what a person types for a place: SYMBOL, SYMBOL+0x3, a
// register such as %esp, or a number.
func (m *Model) address(s string) (uint64, error) {
	s = strings.TrimSpace(s)
	name, plus, _ := strings.Cut(s, "+")
	name = strings.TrimSpace(name)
	base, err := m.base(name)
	if err != nil || plus == "" {
		return base, err
	}
	off, err := number(plus)
	return m.walk.Run.Machine.Arch.Mask(base + off), err
}

func (m *Model) base(name string) (uint64, error) {
	if r, ok := strings.CutPrefix(name, "%"); ok {
		for _, x := range m.moment.Regs {
			if x.Name == r {
				return strconv.ParseUint(x.Value, 16, 64)
			}
		}
	}
	if addr, ok := m.walk.Lookup(name); ok {
		return addr, nil
	}
	if n, err := number(name); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("%q: expected a symbol, a %%register or a number", name)
}

func number(s string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: expected a number", s)
	}
	return n, nil
}
