package quiz

import "trapline/internal/transition"

// state is how far the question that is asked is answered.
type state uint8

const (
	asked  state = iota // no answer counts yet
	missed              // there were wrong ones: the hint is shown
	right
	told // the right answer was told after MaxTries wrong ones
)

func (s state) String() string { return [...]string{"asked", "missed", "right", "told"}[s] }

// states lists which state may follow which. What is right or told is over: the next question is asked.
var states = transition.Table[state]{
	asked:  {missed, right, told},
	missed: {missed, right, told},
	right:  {},
	told:   {},
}

func (q *Quiz) become(s state) { q.state = states.Next("quiz: a question", q.state, s) }

// ask asks a question anew.
func (q *Quiz) ask(at int) { q.At, q.Tries, q.given, q.state = at, 0, nil, asked }
