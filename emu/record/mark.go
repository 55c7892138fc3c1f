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

// MaxMarks bounds the marks of one line; later steps get none, and Search
// finds them by looking.
const MaxMarks = 1 << 20

func (l *Line) mark(at uint64, cpu int, k Kind) {
	if k != 0 && len(l.marks) < MaxMarks {
		l.marks = append(l.marks, Mark{at, uint8(cpu), k})
	}
}

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
