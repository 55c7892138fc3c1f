package story

import "fmt"

// tellsLine reports whether an instruction of kernel text in C is the one that
// its line's reason belongs to, or did something that a story has to tell.
func tellsLine(r *Record) bool {
	return r.Micro.Why != "" || r.Micro.Holds != "" || len(r.Notes) > 0
}

// source tells a line of kernel text in C: its place and its statement, what
// that changed, and why. A verbose story has the line before its first
// instruction, and every instruction.
func (t *Teller) source(r *Record) []Line {
	s := r.Source
	l := start(r)
	l.add(Place, fmt.Sprintf("%s:%d", s.Func, s.Line), placeWidth-1)
	l.add(Plain, " ", 0)
	l.add(Code, s.Code, 0)
	var lines []Line
	if t.Level == Verbose {
		if t.line[r.CPU] != *s {
			lines = append(lines, l)
		}
		t.line[r.CPU] = *s
		lines = append(lines, t.instruction(r)...)
	} else {
		lines = append(lines, withEffect(l, effect(r))...)
	}
	if r.Micro == nil || r.Micro.Why == "" {
		return lines
	}
	var why Line
	why.add(Plain, indent, 0)
	return append(lines, reason(why, r.Micro.Row, r.Micro.Why)...)
}

// effect lists what a line changed in memory, of flags IF and TF; else what it
// looked at.
func effect(r *Record) Line {
	var l Line
	say := func(s Style, text string) {
		if len(l) > 0 {
			l.add(Dim, ", ", 0)
		}
		l.add(s, text, 0)
	}
	for i := range r.Writes {
		if w := &r.Writes[i]; w.Old != w.New && !w.Push {
			s := Changed
			if w.Code != "" {
				s = Alarm
			}
			say(s, writeText(w))
		}
	}
	for _, f := range r.Flags {
		if f.Name == "IF" || f.Name == "TF" {
			say(Changed, f.Name+map[bool]string{true: " on", false: " off"}[f.Set])
		}
	}
	for _, m := range r.Reads {
		if len(l) == 0 {
			say(Dim, fmt.Sprintf("[%s] = %s", m.At, short(m.Value)))
		}
	}
	return l
}

// withEffect puts an effect behind its line if there is room, else below it.
func withEffect(l, effect Line) []Line {
	const column = cpuWidth + placeWidth + bytesWidth + codeWidth
	switch {
	case len(effect) == 0:
		return []Line{l}
	case l.width() < column:
		return []Line{append(padTo(l, column), effect...)}
	}
	return []Line{l, append(Line{{Plain, indent}}, effect...)}
}
