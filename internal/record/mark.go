package record

import "sort"

// Kind is a set of things that a step was, a bit each; their meaning is the
// caller's.
type Kind uint16

// Mark is a step worth finding.
type Mark struct {
	At   uint64 // the moment behind the step
	CPU  uint8
	Kind Kind
}

// MaxMarks bounds the marks of one line; later steps get none: see Unmarked.
const MaxMarks = 1 << 20

func (l *Line) mark(at uint64, cpu int, k Kind, most int) {
	switch {
	case k == 0:
	case len(l.marks) < most:
		l.marks = append(l.marks, Mark{at, uint8(cpu), k})
		l.kinds |= k
	case l.unmarked == 0:
		l.unmarked = at
	}
}

// Unmarked is the first step of the present line that has no mark for want of room;
// 0: all have theirs. From there on Search finds steps by looking.
func (t *Timeline) Unmarked() uint64 { return t.line.unmarked }

// Kinds is what the present line's marks are, together.
func (t *Timeline) Kinds() Kind { return t.line.kinds }

// Marks lists the present line's marks, by moment. The caller must not change them.
func (t *Timeline) Marks() []Mark { return t.line.marks }

// Marked finds the next mark of a kind from the present moment. A mark that was
// left out for want of room is not found: see Search.
func (t *Timeline) Marked(d Direction, k Kind) (Mark, bool) {
	m := t.line.marks
	i := sort.Search(len(m), func(i int) bool { return m[i].At >= t.at })
	if d == Backward {
		for i--; i >= 0; i-- {
			if m[i].Kind&k != 0 {
				return m[i], true
			}
		}
		return Mark{}, false
	}
	for ; i < len(m); i++ {
		if m[i].At > t.at && m[i].Kind&k != 0 {
			return m[i], true
		}
	}
	return Mark{}, false
}
