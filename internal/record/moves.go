package record

import "fmt"

// A timeline moves in one of three ways: it makes a recorded step again, it adds a step behind the last one of its
// line, or it leaves its line for a branch before that. What is none of these is refused.

// again is that the step of an actor is made again at the present moment.
func (l *Line) again(t *Timeline, actor int) {
	if next, ok := l.script.peek(t.cur); !ok || next != actor {
		panic(fmt.Sprintf("record: step %d is actor %d's on line %d, so that actor %d's begins a branch", t.at, next, l.ID, actor))
	}
}

// leave is that the line is left at the present moment for a branch.
func (l *Line) leave(t *Timeline) {
	if t.line != l || t.at >= l.End() {
		panic(fmt.Sprintf("record: line %d ends at step %d: the next step is its own, no branch's", l.ID, t.at))
	}
}
