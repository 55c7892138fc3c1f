package quiz

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kind is what the answer to a question is.
type kind uint8

const (
	words        kind = iota // a name, or a few words
	number                   // decimal
	hexadecimal              // a byte or a word
	nameOrNumber             // such as an errno
	yesOrNo
	flag
	register
)

// asks is what the answers of a question are, as far as they show it.
func (q *Question) asks() kind {
	if len(q.Answers) == 0 {
		return words
	}
	switch first := plain(q.Answers[0]); {
	case yesNo[first] != "":
		return yesOrNo
	case flags[first] == first:
		return flag
	case registers.MatchString(first):
		return register
	}
	numbers, names := 0, 0
	hex := false
	for _, a := range q.Answers {
		a = plain(a)
		if _, isHex, ok := wanted(a); ok || readNumber(a) {
			numbers++
			hex = hex || isHex && numbers == 1
		} else {
			names++
		}
	}
	switch {
	case numbers > 0 && names > 0:
		return nameOrNumber
	case hex:
		return hexadecimal
	case numbers > 0:
		return number
	}
	return words
}

// Form says what the answer of a question is: "a number, ...".
func (q *Question) Form() string {
	switch q.asks() {
	case number:
		return "a number: decimal, hexadecimal such as 0x1f, or a word such as two"
	case hexadecimal:
		return "a number: hexadecimal such as 1f or 0x1f, or decimal"
	case nameOrNumber:
		return "a name or its number, as the screen has it"
	case yesOrNo:
		return "yes or no"
	case flag:
		return "the name of a flag, such as CF or DF"
	case register:
		return "the name of a register, such as rbp or r8"
	}
	return "a name or a few words, as the screen has them"
}

// readable reports whether an answer is of the form that the question asks for,
// be it right or wrong.
func (q *Question) readable(answer string) bool {
	s := plain(answer)
	switch q.asks() {
	case number:
		return readNumber(s)
	case hexadecimal:
		return readNumber(s) || len(values(withoutUnit(s), true)) > 0
	case nameOrNumber:
		return readNumber(s) || q.known(s)
	case yesOrNo:
		return yesNo[s] != ""
	case flag:
		return flags[s] != ""
	case register:
		return registers.MatchString(s)
	}
	return q.known(s)
}

// given is what is told of an answer to those who know the machine.
func (q *Question) given(answer string) (g Given) {
	s := plain(answer)
	switch k := q.asks(); k {
	case flag:
		g.Place = "%" + strings.ToUpper(flags[s])
	case register:
		if !strings.Contains(s, " ") {
			g.Place = "%" + s
		}
	default:
		for n := range values(withoutUnit(s), k == hexadecimal) {
			g.Numbers = append(g.Numbers, n)
		}
	}
	return g
}

// readNumber reports whether s is a number, with a sign and a unit or without.
func readNumber(s string) bool {
	return len(values(strings.TrimPrefix(withoutUnit(s), "-"), false)) > 0
}

// known reports whether a text has a word that the lesson or its machine has.
func (q *Question) known(s string) bool {
	list := word.FindAllString(s, -1)
	return slices.ContainsFunc(list, func(w string) bool {
		if _, err := strconv.ParseUint(w, 0, 64); err == nil || len(w) < 2 || slices.Contains(fillers, w) {
			return false
		}
		return q.About == nil || q.About.Knows(w)
	})
}

var word = regexp.MustCompile(`[a-z0-9_#]+`)

// fillers are words that no answer consists of.
var fillers = strings.Fields("am an and are at be but can do does don dunno for from has have how idea idk if in is it its know me my no not of off on or say so some sure that the them then there they this to was we what when where which who why will with yes you your")

// yesNo are the ways to say the two.
var yesNo = map[string]string{"yes": "yes", "y": "yes", "no": "no", "n": "no"}

// flags are names of flags, by what people call them.
var flags = func() map[string]string {
	m := map[string]string{}
	for _, l := range []string{"cf carry", "pf parity", "af adjust", "af auxiliary carry", "zf zero", "sf sign", "tf trap", "if interrupt", "if interrupt enable", "df direction",
		"of overflow", "iopl i/o privilege level", "nt nested task", "rf resume", "vm virtual 8086", "ac alignment check", "vif virtual interrupt", "vip virtual interrupt pending", "id identification"} {
		short, long, _ := strings.Cut(l, " ")
		m[short], m[long] = short, short
	}
	return m
}()

// registers are names of registers, and of the instruction pointer.
var registers = regexp.MustCompile(`^([re]?(ax|bx|cx|dx|si|di|bp|sp|ip)|[abcd][lh]|(si|di|bp|sp)l|r(8|9|1[0-5])[dwb]?|[cdefgs]s|cr[0234]|[re]?flags|(instruction|stack|frame) pointer|program counter|pc)$`)
