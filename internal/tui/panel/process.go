package panel

import (
	"fmt"
	"strings"

	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Process is a Linux program's processes with their threads and mappings, and
// who takes its traps. It stands in place of the IDT: the kernel under a
// program is Go and has no gates.
type Process struct{ base }

// Title implements Panel.
func (p *Process) Title() string {
	if len(p.m.Processes) < 2 {
		return "Process"
	}
	return fmt.Sprintf("Processes · %d", len(p.m.Processes))
}

// Lines implements Panel: processes and threads, then the traps, then the
// mappings.
func (p *Process) Lines() []text.Line {
	if len(p.m.Processes) == 0 {
		return []text.Line{text.Of(text.Dim, "kernel code: no processes")}
	}
	var lines []text.Line
	for i := range p.m.Processes {
		lines = append(lines, p.process(&p.m.Processes[i])...)
	}
	for _, v := range p.m.Vectors {
		lines = append(lines, vectorLine(&v))
	}
	for i := range p.m.Processes {
		lines = append(lines, p.maps(&p.m.Processes[i])...)
	}
	return lines
}

func (p *Process) process(x *walk.Process) []text.Line {
	var l text.Line
	l.Add(text.Code, fmt.Sprintf("%d %s", x.PID, x.Name))
	switch {
	case x.Zombie:
		l.Add(text.Dim, "  zombie")
	case x.Slots > 0:
		l.Add(text.Work, "  slots "+fmt.Sprint(x.Slots))
	}
	lines := []text.Line{l}
	for i := range x.Threads {
		lines = append(lines, p.thread(&x.Threads[i])...)
	}
	return lines
}

// thread is a line, or two where what it does in a hit has no room.
func (p *Process) thread(t *walk.Thread) []text.Line {
	var l, hit text.Line
	l.Add(text.Plain, fmt.Sprintf("  %d ", t.TID))
	if t.CPU >= 0 {
		l.Add(text.Key, fmt.Sprintf("cpu%d ", t.CPU))
	}
	if strings.HasPrefix(t.State, "waits") {
		l.Add(text.Alarm, t.State)
		l.Add(text.Dim, ", at")
	} else {
		l.Add(text.Dim, t.State)
	}
	l.Add(text.Place, " "+t.At)
	if t.Phase != walk.Away {
		hit.Add(text.Work, "  "+stateName(p.m.Engine, t.Phase))
		if t.Probe != "" {
			hit.Add(text.Dim, " of "+t.Probe)
		}
		switch {
		case t.Copy == "":
		case t.Copy == t.Probe:
			hit.Add(text.Dim, " in place")
		default:
			hit.Add(text.Dim, " in "+t.Copy)
		}
	}
	if t.Returns > 0 {
		hit.Add(text.Dim, fmt.Sprintf("  awaits %d return%s", t.Returns, plural(t.Returns)))
	}
	switch {
	case len(hit) == 0:
		return []text.Line{l}
	case l.Width()+hit.Width() <= p.w:
		return []text.Line{append(l, hit...)}
	}
	return []text.Line{l, append(text.Of(text.Plain, "  "), hit...)}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func vectorLine(v *walk.Vector) text.Line {
	role, mark := text.Plain, "  "
	if v.Used {
		role, mark = text.Here, "▶ "
	}
	l := text.Of(text.Alarm, mark)
	l.Pad(role, fmt.Sprintf("%3d %s", v.Vector, short(v.Name)), 8)
	l.Add(text.Place, " → "+v.To)
	return l
}

func (p *Process) maps(x *walk.Process) []text.Line {
	var lines []text.Line
	if len(x.Maps) > 0 {
		lines = append(lines, text.Of(text.Place, fmt.Sprintf("maps of %d:", x.PID)))
	}
	for _, v := range x.Maps {
		var l text.Line
		role, mark := text.Dim, " "
		if v.Here {
			role, mark = text.Plain, "▸"
		}
		l.Add(text.Alarm, mark)
		l.Add(role, v.Range+" "+v.Prot+" ")
		l.Add(text.Place, v.Name)
		lines = append(lines, l)
	}
	return lines
}
