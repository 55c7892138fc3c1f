package sched

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// The printed form, made of characters that neither a shell nor a URL minds:
//
//	schedule = version "." checksum "." [ runs ] [ "." runs ]
//	runs     = run { "," run }         behind the last ".": repeated for ever
//	version  = "t2"
//	checksum = 6 * HEXDIGIT            lower case: of the scenario
//	run      = actor [ "x" count ]     count steps in a row; none: 1
//	actor    = decimal | word          0-63, or what the scenario calls it
//	word     = letter { letter } digit   lower case, no x
//	count    = decimal                 2 or more, no leading zero
//
// "t2.5f3a9c.0x14,1x3,0" is 14 steps of vCPU 0, 3 of vCPU 1, 1 of vCPU 0;
// "t2.5f3a9c.0x14.1x3,0x2" is 14 steps of vCPU 0, then 3 of vCPU 1 and 2 of
// vCPU 0 over and over. Who prints and reads schedules can give the words of some
// actors, such as "flush0", by the actors' numbers; numbers are read all the same.

// version is the format and meaning of a step; a change of either raises it.
const version = "t2"

// Checksum identifies a scenario, 24 bits: enough to notice that a schedule
// belongs to another one, short enough to type.
type Checksum uint32

const checksumDigits = 6

// ChecksumOf is the checksum of a scenario's text (the first 24 bits of its
// SHA-256, big endian). Parts are told apart by their lengths.
func ChecksumOf(parts ...[]byte) Checksum {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d\n", len(p))
		h.Write(p)
	}
	d := h.Sum(nil)
	return Checksum(d[0])<<16 | Checksum(d[1])<<8 | Checksum(d[2])
}

func (c Checksum) String() string { return fmt.Sprintf("%06x", uint32(c)&0xffffff) }

// Sentinels of Parse.
var (
	// ErrOtherScenario: the schedule was made for another scenario, or for
	// this one before it was changed.
	ErrOtherScenario = errors.New("schedule of another scenario")
	// ErrVersion: the schedule was printed by a program with another format.
	ErrVersion = errors.New("schedule of another version of the program, whose steps were others")
)

// SyntaxError is a character that cannot be where it is.
type SyntaxError struct {
	Col  int    // 1-based, in bytes
	What string // what is there
	Want string // what was expected
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("schedule column %d: %s; expected %s", e.Col, e.What, e.Want)
}

// Format prints s as a schedule of the scenario with checksum c. words are what
// actors are called, "" by their numbers.
func (s Schedule) Format(c Checksum, words ...string) string {
	b := append([]byte(version+"."), c.String()...)
	b = appendRuns(append(b, '.'), s.runs, words)
	if len(s.turn) > 0 {
		b = appendRuns(append(b, '.'), s.turn, words)
	}
	return string(b)
}

func appendRuns(b []byte, runs []Run, words []string) []byte {
	for i, r := range runs {
		if i > 0 {
			b = append(b, ',')
		}
		if r.Actor < len(words) && words[r.Actor] != "" {
			b = append(b, words[r.Actor]...)
		} else {
			b = strconv.AppendInt(b, int64(r.Actor), 10)
		}
		if r.Steps > 1 {
			b = append(b, 'x')
			b = strconv.AppendUint(b, r.Steps, 10)
		}
	}
	return b
}

// Parse reads a printed schedule and demands that it belongs to the scenario
// with checksum want, whose actors are called as words says.
func Parse(text string, want Checksum, words ...string) (Schedule, error) {
	_, got, err := ParseAny(text)
	if err != nil {
		return Schedule{}, err
	}
	if got != want {
		return Schedule{}, fmt.Errorf("%w: it has checksum %v, this scenario has %v: the scenario or the steps of its engine were changed since, or it is not the one", ErrOtherScenario, got, want)
	}
	s, _, err := parse(text, words, false)
	return s, err
}

// ParseAny reads a printed schedule and the checksum it carries. Words stand for
// actors from MaxActors on, in the order of their appearance.
func ParseAny(text string) (Schedule, Checksum, error) { return parse(text, nil, true) }

func parse(text string, words []string, any bool) (Schedule, Checksum, error) {
	v, rest, ok := strings.Cut(text, ".")
	if !ok {
		return Schedule{}, 0, &SyntaxError{1, "no version", version + ".CHECKSUM.RUNS, such as " + version + ".5f3a9c.0x14,1x3,0"}
	}
	if v != version {
		return Schedule{}, 0, fmt.Errorf("%w: it begins with %q; expected %q: search again", ErrVersion, v, version)
	}
	p := parser{text: text, at: len(text) - len(rest), words: words, any: any}
	sum, err := p.checksum()
	if err != nil {
		return Schedule{}, 0, err
	}
	s, err := p.schedule()
	return s, sum, err
}

// parser reads what follows the version.
type parser struct {
	text  string
	at    int
	words []string // by actor
	any   bool     // every word is taken
}

func (p *parser) fail(want string) error {
	what := "the end"
	if p.at < len(p.text) {
		what = strconv.QuoteToASCII(p.text[p.at : p.at+1])
	}
	return &SyntaxError{p.at + 1, what, want}
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) checksum() (Checksum, error) {
	var c Checksum
	for range checksumDigits {
		d := strings.IndexByte("0123456789abcdef", p.peek())
		if d < 0 || p.at >= len(p.text) {
			return 0, p.fail("6 lower-case hexadecimal digits of the scenario's checksum")
		}
		c = c<<4 | Checksum(d)
		p.at++
	}
	if p.peek() != '.' {
		return 0, p.fail(`"." behind the checksum`)
	}
	p.at++
	return c, nil
}

func (p *parser) schedule() (Schedule, error) {
	var s Schedule
	if p.at == len(p.text) {
		return s, nil
	}
	var err error
	if p.peek() != '.' {
		if s.runs, err = p.runs(); err != nil {
			return Schedule{}, err
		}
	}
	if p.peek() == '.' {
		p.at++
		if s.turn, err = p.runs(); err != nil {
			return Schedule{}, err
		}
	}
	if p.at < len(p.text) {
		return Schedule{}, p.fail(`"," or the end`)
	}
	return s, nil
}

func (p *parser) runs() ([]Run, error) {
	var runs []Run
	var total uint64
	for {
		at := p.at
		r, err := p.run()
		if err != nil {
			return nil, err
		}
		if k := len(runs); k > 0 && runs[k-1].Actor == r.Actor {
			return nil, &SyntaxError{at + 1, fmt.Sprintf("actor %d again", r.Actor), "another actor, since neighbouring runs are of different ones"}
		}
		runs = append(runs, r)
		total += r.Steps
		if len(runs) > MaxRuns || total > MaxSteps {
			return nil, fmt.Errorf("schedule column %d: %w: at most %d runs and %d steps", at+1, ErrTooLong, MaxRuns, uint64(MaxSteps))
		}
		if p.peek() != ',' {
			return runs, nil
		}
		p.at++
	}
}

func (p *parser) run() (Run, error) {
	actor, err := p.actor()
	if err != nil {
		return Run{}, err
	}
	if p.peek() != 'x' {
		return Run{actor, 1}, nil
	}
	p.at++
	at := p.at
	n, err := p.number("a number of steps")
	if err != nil {
		return Run{}, err
	}
	if n < 2 {
		return Run{}, &SyntaxError{at + 1, fmt.Sprintf("%d steps", n), "2 or more (one step has no count)"}
	}
	return Run{actor, n}, nil
}

// actor reads a number or a word.
func (p *parser) actor() (int, error) {
	at := p.at
	if word := p.word(); word != "" {
		i := slices.Index(p.words, word)
		if i < 0 && p.any {
			i = len(p.words)
			p.words = append(p.words, word)
		}
		switch {
		case i >= MaxActors:
			return 0, &SyntaxError{at + 1, fmt.Sprintf("actor %q", word), fmt.Sprintf("at most %d words", MaxActors)}
		case i < 0:
			return 0, &SyntaxError{at + 1, fmt.Sprintf("actor %q", word), p.wanted()}
		case p.any:
			i += MaxActors
		}
		return i, nil
	}
	n, err := p.number("an actor's number")
	if err == nil && n >= MaxActors {
		err = &SyntaxError{at + 1, fmt.Sprintf("actor %d", n), fmt.Sprintf("0 to %d", MaxActors-1)}
	}
	return int(n), err
}

// word reads letters and a digit; "": there is no such thing.
func (p *parser) word() string {
	end := p.at
	for end < len(p.text) && p.text[end] >= 'a' && p.text[end] <= 'z' && p.text[end] != 'x' {
		end++
	}
	if end == p.at || end == len(p.text) || p.text[end] < '0' || p.text[end] > '9' {
		return ""
	}
	word := p.text[p.at : end+1]
	p.at = end + 1
	return word
}

// wanted lists the words that there are.
func (p *parser) wanted() string {
	known := slices.DeleteFunc(slices.Clone(p.words), func(w string) bool { return w == "" })
	if len(known) == 0 {
		return "an actor's number"
	}
	return "an actor's number, or one of " + strings.Join(known, ", ")
}

// number reads a decimal without leading zeros.
func (p *parser) number(want string) (uint64, error) {
	start := p.at
	var n uint64
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		hi, lo := bits.Mul64(n, 10)
		if n = lo + uint64(c-'0'); hi != 0 || n > MaxSteps {
			return 0, &SyntaxError{start + 1, "a number that is too large", fmt.Sprintf("at most %d", uint64(MaxSteps))}
		}
		p.at++
	}
	if p.at == start {
		return 0, p.fail(want)
	}
	if p.text[start] == '0' && p.at > start+1 {
		return 0, &SyntaxError{start + 1, "a leading zero", want + " without one"}
	}
	return n, nil
}
