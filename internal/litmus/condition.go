package litmus

import (
	"fmt"
	"strings"
)

// Quantifier is what a test claims about its condition.
type Quantifier uint8

// Quantifiers.
const (
	Exists    Quantifier = iota // some execution ends so
	NotExists                   // none does
	Forall                      // all do
)

func (q Quantifier) String() string { return [...]string{"exists", "~exists", "forall"}[q] }

// Condition is a test's last line.
type Condition struct {
	Quantifier Quantifier
	Formula    Formula
}

// Formula is a proposition about an outcome.
type Formula interface {
	// holds judges values of places.
	holds(func(Place) int64) bool
	String() string
	// expression judges the state in which a scenario has ended.
	expression() string
}

type (
	equals struct {
		place Place
		value int64
	}
	not        struct{ of Formula }
	connective struct {
		op   string // /\ or \/
		l, r Formula
	}
	always struct{}
)

func (e equals) holds(v func(Place) int64) bool { return v(e.place) == e.value }
func (e equals) String() string                 { return fmt.Sprintf("%v=%d", e.place, e.value) }

func (n not) holds(v func(Place) int64) bool { return !n.of.holds(v) }
func (n not) String() string                 { return "~(" + n.of.String() + ")" }

func (b connective) holds(v func(Place) int64) bool {
	if b.op == `/\` {
		return b.l.holds(v) && b.r.holds(v)
	}
	return b.l.holds(v) || b.r.holds(v)
}

func (b connective) String() string {
	return "(" + b.l.String() + " " + b.op + " " + b.r.String() + ")"
}

func (always) holds(func(Place) int64) bool { return true }
func (always) String() string               { return "true" }

func (e equals) expression() string {
	return fmt.Sprintf("%s == %#x", e.place.expression(), uint32(e.value))
}

func (n not) expression() string { return "!(" + n.of.expression() + ")" }

func (b connective) expression() string {
	op := map[string]string{`/\`: "&&", `\/`: "||"}[b.op]
	return "(" + b.l.expression() + " " + op + " " + b.r.expression() + ")"
}

func (always) expression() string { return "1" }

// Holds reports whether an outcome satisfies the condition's formula.
func (t *Test) Holds(o Outcome) bool {
	return t.Condition.Formula.holds(func(p Place) int64 {
		for i, x := range t.Observed {
			if x == p {
				return o[i]
			}
		}
		return 0
	})
}

// Confirmed reports whether the outcomes are as the test claims.
func (t *Test) Confirmed(list []Outcome) bool {
	some, all := false, true
	for _, o := range list {
		h := t.Holds(o)
		some, all = some || h, all && h
	}
	switch t.Condition.Quantifier {
	case Exists:
		return some
	case NotExists:
		return !some
	}
	return all
}

// condition parses a quantifier and a formula.
func (p *parser) condition() error {
	p.skip()
	start := p.at
	word := strings.ToLower(p.word())
	switch {
	case word == "exists":
		p.test.Condition.Quantifier = Exists
	case word == "forall":
		p.test.Condition.Quantifier = Forall
	case word == "" && p.take("~"):
		p.skip()
		if w := strings.ToLower(p.word()); w != "exists" {
			return p.errorAt(p.at, "exists", "unexpected %q behind ~", w)
		}
		p.test.Condition.Quantifier = NotExists
	default:
		return p.errorAt(start, "exists, ~exists or forall", "no condition")
	}
	f, err := p.or()
	if err != nil {
		return err
	}
	p.test.Condition.Formula = f
	if p.skip(); p.at < len(p.text) {
		return p.errorAt(p.at, "the end of the test", "more behind the condition")
	}
	return nil
}

func (p *parser) or() (Formula, error)  { return p.chain(`\/`, p.and) }
func (p *parser) and() (Formula, error) { return p.chain(`/\`, p.factor) }

// chain parses operands with an operator between them.
func (p *parser) chain(op string, operand func() (Formula, error)) (Formula, error) {
	l, err := operand()
	for err == nil {
		p.skip()
		if !p.take(op) {
			return l, nil
		}
		var r Formula
		if r, err = operand(); err == nil {
			l = connective{op, l, r}
		}
	}
	return nil, err
}

// maxDepth bounds the nesting of a formula.
const maxDepth = 64

func (p *parser) factor() (Formula, error) {
	p.skip()
	if p.depth++; p.depth > maxDepth {
		return nil, p.errorAt(p.at, fmt.Sprintf("at most %d levels", maxDepth), "the condition is nested too deeply")
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("~"):
		f, err := p.factor()
		return not{f}, err
	case p.take("("):
		f, err := p.or()
		if err != nil {
			return nil, err
		}
		if p.skip(); !p.take(")") {
			return nil, p.errorAt(p.at, ")", "a bracket is not closed")
		}
		return f, nil
	}
	at := p.at
	if p.word() == "true" {
		return always{}, nil
	}
	p.at = at
	place, err := p.place()
	if err != nil {
		return nil, err
	}
	if p.skip(); !p.take("=") {
		return nil, p.errorAt(p.at, "=", "no value behind %v", place)
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if v.Location != "" {
		return nil, p.errorAt(at, "a number", "the address of %s in a condition", v.Location)
	}
	p.test.observe(place)
	return equals{place, v.Number}, nil
}
