package story

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
)

// Folder shortens a story in which vCPUs do the same thing over and over: of
// lines that a vCPU repeats it keeps the first and counts the others. Between
// lines that come out, the order is the run's. The zero value has seen nothing.
type Folder struct {
	cpus    [emu.MaxCPUs]repeats
	pending []pendingLine // that may be folded, in the order of the run
}

type pendingLine struct {
	cpu  int
	line Line
}

// repeats is how far the lines of one vCPU repeat.
type repeats struct {
	last [maxTurn]string // its lines, n modulo maxTurn
	n    int
	// same[p-1] is how many of the last lines are each what it was p lines before.
	same   [maxTurn]int
	held   int // lines at the end of last that are not out
	turn   int // the shortest number of lines that they repeat
	folded bool
}

const (
	// maxTurn is the longest turn that is noticed, in lines.
	maxTurn = 256
	// foldAfter is how many lines a vCPU must repeat, and twice its turn.
	foldAfter = 16
)

// Add takes the lines that an event of a vCPU has and returns those to show now.
func (f *Folder) Add(cpu int, lines []Line) (out []Line) {
	for _, l := range lines {
		out = append(out, f.add(cpu, l)...)
	}
	return out
}

// Flush returns what is held.
func (f *Folder) Flush() []Line {
	var out []Line
	for _, p := range f.pending {
		out = append(out, p.line)
	}
	f.pending = f.pending[:0]
	for cpu := range f.cpus {
		r := &f.cpus[cpu]
		if r.folded {
			out = append(out, r.note(cpu))
		}
		r.held, r.folded = 0, false
	}
	return out
}

func (f *Folder) add(cpu int, l Line) (out []Line) {
	r := &f.cpus[cpu]
	r.see(l.String())
	if r.repeat(r.held+1) == 0 { // what is held repeats, but not with this line
		out = f.Flush()
		if r.repeat(1) == 0 {
			return append(out, l)
		}
	}
	r.held++
	r.turn = r.repeat(r.held)
	if r.folded {
		return out
	}
	f.pending = append(f.pending, pendingLine{cpu, l})
	if r.held >= max(foldAfter, 2*r.turn) {
		r.folded = true
		f.pending = slices.DeleteFunc(f.pending, func(p pendingLine) bool { return p.cpu == cpu })
	}
	return out
}

// see takes the next line.
func (r *repeats) see(text string) {
	for p := 1; p <= maxTurn; p++ {
		if p <= r.n && r.last[(r.n-p)%maxTurn] == text {
			r.same[p-1]++
		} else {
			r.same[p-1] = 0
		}
	}
	r.last[r.n%maxTurn] = text
	r.n++
}

// repeat is the shortest number of lines that the last n repeat, 0: none.
func (r *repeats) repeat(n int) int {
	for p, same := range r.same {
		if same >= n {
			return p + 1
		}
	}
	return 0
}

// note tells what is left out.
func (r *repeats) note(cpu int) Line {
	text := fmt.Sprintf("cpu%d  ... its last %s again, %d times", cpu, count(r.turn, "line"), r.held/r.turn)
	switch rest := r.held % r.turn; {
	case rest == 1:
		text += ", and the first of them"
	case rest > 1:
		text += fmt.Sprintf(", and the first %d of them", rest)
	}
	return Line{{Dim, text}}
}

func count(n int, what string) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
