package story

import "fmt"

// EndlessLines is how many lines an Endless gives at most: with the heading and
// the end of a run they are two pages of 60 lines.
const EndlessLines = 100

// manners are the ways in which an Endless tells the way to a turn and the turn,
// the fullest first. The turn is shortened first: it does much the same as the
// way to it.
var manners = [...][2]Level{{Normal, Normal}, {Normal, Brief}, {Brief, Brief}, {Quiet, Brief}, {Quiet, Quiet}}

// Endless tells a run that goes round for ever: the way to its turn, and one
// turn. It tells as much as EndlessLines allow.
type Endless struct {
	parts [2]map[Level]*excerpt
	turn  int // 1: in the turn
}

// excerpt is one part at one level: its first lines, its last ones, and how many
// there were.
type excerpt struct {
	teller      Teller
	folder      Folder
	first, last []Line
	n           int
}

// NewEndless returns one that has been told nothing.
func NewEndless() *Endless {
	var e Endless
	for i := range e.parts {
		e.parts[i] = map[Level]*excerpt{}
		for _, l := range [...]Level{Normal, Brief, Quiet} {
			e.parts[i][l] = &excerpt{teller: Teller{Level: l}}
		}
	}
	return &e
}

// Add takes the record of a step.
func (e *Endless) Add(r *Record) {
	for _, t := range e.parts[e.turn] {
		t.add(t.folder.Add(r.CPU, t.teller.Tell(r)))
	}
}

// Turn says that the steps from here on are the turn.
func (e *Endless) Turn() { e.turn = 1 }

// Lines ends the story and returns it.
func (e *Endless) Lines() []Line {
	for _, p := range e.parts {
		for _, t := range p {
			t.add(t.folder.Flush())
		}
	}
	var way, turn *excerpt
	for _, m := range manners {
		way, turn = e.parts[0][m[0]], e.parts[1][m[1]]
		if way.n+turn.n <= EndlessLines {
			break
		}
	}
	out := way.lines(max(EndlessLines-turn.n, EndlessLines/2))
	out = append(out, Line{{Dim, "From here on this is repeated:"}})
	return append(out, turn.lines(max(EndlessLines-way.n, EndlessLines/2))...)
}

// add keeps lines, of many the first and the last.
func (t *excerpt) add(lines []Line) {
	for _, l := range lines {
		t.n++
		if len(t.first) < EndlessLines {
			t.first = append(t.first, l)
			continue
		}
		if t.last = append(t.last, l); len(t.last) > EndlessLines {
			t.last = t.last[1:]
		}
	}
}

// lines gives at most most lines and says what it leaves out.
func (t *excerpt) lines(most int) []Line {
	all := append(t.first[:len(t.first):len(t.first)], t.last...)
	if t.n <= most {
		return all
	}
	out := all[: most/2 : most/2]
	rest := most - most/2 - 1
	out = append(out, Line{{Dim, fmt.Sprintf("%s(%d lines are not shown: run it with --verbose)", indent, t.n-most/2-rest)}})
	return append(out, all[len(all)-rest:]...)
}
