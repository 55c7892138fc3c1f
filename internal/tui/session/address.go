package session

import (
	"fmt"
	"strconv"
	"strings"
)

// Address reads what a person types for a place: SYMBOL, SYMBOL+0x3, a
// register such as %esp, or a number.
func (s *Session) Address(text string) (uint64, error) {
	name, plus, _ := strings.Cut(strings.TrimSpace(text), "+")
	name = strings.TrimSpace(name)
	base, err := s.base(name)
	if err != nil || plus == "" {
		return base, err
	}
	off, err := number(plus)
	return s.Walk.Run.Machine.Arch.Mask(base + off), err
}

func (s *Session) base(name string) (uint64, error) {
	if r, ok := strings.CutPrefix(name, "%"); ok {
		for _, x := range s.Moment.Regs {
			if x.Name == r {
				return strconv.ParseUint(x.Value, 16, 64)
			}
		}
	}
	if addr, ok := s.Walk.Lookup(name); ok {
		return addr, nil
	}
	if n, err := number(name); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("%q: expected a symbol, a %%register or a number", name)
}

// GoToText goes to the step that a person typed.
func (s *Session) GoToText(text string) error {
	n, err := number(text)
	if err != nil {
		return fmt.Errorf("%w of a step, 0 to %d", err, s.Walk.End())
	}
	s.GoTo(n)
	return nil
}

func number(s string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q: expected a number", s)
	}
	return n, nil
}
