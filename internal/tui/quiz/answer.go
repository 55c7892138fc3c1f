package quiz

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Right judges an answer. Case, blanks, articles, brackets, quotes, a full stop
// and units do not matter, nor whether words are joined by a blank, "_" or "-". A number
// may be decimal, hexadecimal or a word; one that the lesson gives in hexadecimal, as cc or
// 0x83, may also come without 0x. What follows "yes," or "no," is not looked at. An
// errno, a status or a signal may have its name before it, and an errno's name a minus.
func (q *Question) Right(answer string) bool {
	return slices.ContainsFunc(q.Answers, func(want string) bool { return same(want, answer) })
}

func same(want, got string) bool {
	want, got = plain(want), plain(got)
	if want == got || want == yesNo[got] || flags[want] == want && want != "" && flags[got] == want {
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
	s = strings.TrimSuffix(joined.ReplaceAllString(s, "$1 "), "()")
	for {
		before := s
		s = strings.TrimRight(s, ".!?,;: ")
		if first, _, ok := strings.Cut(s, ","); ok && (first == "yes" || first == "no") {
			s = first
		}
		for _, b := range []string{`""`, "''", "``", "()", "[]", "<>", "{}"} {
			if len(s) > 2 && s[0] == b[0] && s[len(s)-1] == b[1] {
				s = strings.TrimSpace(s[1 : len(s)-1])
			}
		}
		for _, word := range []string{"the ", "an ", "a ", "it is ", "it's ", "to ", "into ", "by ", "in ", "just ", "only ", "exactly ", "eflags.", "errno ", "errno=", "exit ", "status ", "signal ", "="} {
			s = strings.TrimPrefix(s, word)
		}
		for _, word := range []string{" state", " flag", " of them"} {
			s = strings.TrimSuffix(s, word)
		}
		if len(s) > 1 {
			s = strings.TrimLeft(s, "%$")
		}
		if len(s) > 3 && strings.HasPrefix(s, "-e") { // an errno as a system call returns it
			s = s[1:]
		}
		if s == before {
			return s
		}
	}
}

// joined is what joins words: not a minus sign.
var joined = regexp.MustCompile(`([a-z0-9])[-_]`)

// thousands is a number in groups of three digits.
var thousands = regexp.MustCompile(`^\d{1,3}([, ]\d{3})+$`)

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

var numberWords = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"}

// counts are adverbs and pronouns that are numbers.
var counts = map[string]uint64{"once": 1, "twice": 2, "none": 0, "neither": 0, "nothing": 0, "never": 0}

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
	if n, ok := counts[s]; ok {
		list[n] = true
	}
	if thousands.MatchString(s) {
		s = strings.NewReplacer(",", "", " ", "").Replace(s)
	}
	if digits, ok := strings.CutSuffix(s, "x"); ok { // times
		add(digits, 10)
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
