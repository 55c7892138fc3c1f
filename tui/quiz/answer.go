package quiz

import (
	"slices"
	"strconv"
	"strings"
)

// Right judges an answer. Case, blanks, articles, brackets, quotes, a full stop
// and units do not matter. A number may be decimal, hexadecimal or a word; one
// that the lesson gives in hexadecimal, as cc or 0x83, may also come without 0x.
func (q *Question) Right(answer string) bool {
	return slices.ContainsFunc(q.Answers, func(want string) bool { return same(want, answer) })
}

func same(want, got string) bool {
	want, got = plain(want), plain(got)
	if want == got {
		return true
	}
	w, wantHex, ok := wanted(want)
	if !ok {
		return false
	}
	got = withoutUnit(got)
	for n := range values(got, wantHex) {
		if n == w {
			return true
		}
	}
	return false
}

// plain is an answer without what does not matter.
func plain(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	for {
		before := s
		s = strings.TrimRight(s, ".!?,;: ")
		for _, b := range []string{`""`, "''", "``", "()", "[]", "<>", "{}"} {
			if len(s) > 2 && s[0] == b[0] && s[len(s)-1] == b[1] {
				s = strings.TrimSpace(s[1 : len(s)-1])
			}
		}
		for _, word := range []string{"the ", "an ", "a ", "it is ", "it's ", "to ", "into ", "by "} {
			s = strings.TrimPrefix(s, word)
		}
		if len(s) > 1 {
			s = strings.TrimLeft(s, "%$")
		}
		if s == before {
			return s
		}
	}
}

// units may follow a number.
var units = []string{"byte", "word", "bit", "time", "step", "hit", "trap", "call", "line", "event", "instance", "cpu", "switch"}

func withoutUnit(s string) string {
	number, unit, ok := strings.Cut(s, " ")
	unit = strings.TrimSuffix(strings.TrimSuffix(unit, "s"), "e")
	if ok && slices.ContainsFunc(units, func(u string) bool { return strings.TrimSuffix(u, "e") == unit }) {
		return number
	}
	return s
}

var numberWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// wanted is the number that a lesson's answer is; hex: it is written in hexadecimal.
func wanted(s string) (n uint64, hex, ok bool) {
	if digits, prefixed := strings.CutPrefix(s, "0x"); prefixed {
		n, err := strconv.ParseUint(digits, 16, 64)
		return n, true, err == nil
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil {
		return n, false, true
	}
	if len(s) == 2 { // a byte such as cc
		n, err := strconv.ParseUint(s, 16, 64)
		return n, true, err == nil
	}
	return 0, false, false
}

// values are the numbers that an answer can mean.
func values(s string, hex bool) map[uint64]bool {
	list := map[uint64]bool{}
	add := func(digits string, base int) {
		if n, err := strconv.ParseUint(digits, base, 64); err == nil {
			list[n] = true
		}
	}
	if i := slices.Index(numberWords, s); i >= 0 {
		list[uint64(i)] = true
	}
	if s == "once" {
		list[1] = true
	}
	if s == "twice" {
		list[2] = true
	}
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		add(digits, 16)
		return list
	}
	if digits, ok := strings.CutSuffix(s, "h"); ok {
		add(digits, 16)
		return list
	}
	add(s, 10)
	if hex {
		add(s, 16)
	}
	return list
}
