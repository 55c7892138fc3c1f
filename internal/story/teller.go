package story

import (
	"fmt"
	"strings"

	"trapline/internal/emu"
)

// Level is how much a story tells.
type Level uint8

// Levels. Quiet tells traps, hits and what went wrong, one line each. Brief
// tells a line a step, of the steps that Normal tells. Normal tells every instruction of the scenario's own code, deliveries with gate and
// frame, and micro-steps; runs of kernel text are folded. Verbose folds
// nothing and tells every register, read and write.
const (
	None Level = iota
	Quiet
	Brief
	Normal
	Verbose
)

var levelNames = [...]string{"none", "quiet", "brief", "normal", "verbose"}

// ParseLevel finds a level by its name.
func ParseLevel(s string) (Level, error) {
	for i, name := range levelNames {
		if s == name {
			return Level(i), nil
		}
	}
	return 0, fmt.Errorf("level %q; expected none, quiet, brief, normal or verbose", s)
}

// Teller tells a story record by record.
type Teller struct {
	Level  Level
	folded [emu.MaxCPUs]int // kernel instructions not told yet
	line   [emu.MaxCPUs]Source
}

// Widths of the columns, in bytes.
const (
	cpuWidth   = 6
	placeWidth = 22
	bytesWidth = 22
	codeWidth  = 28
	workWidth  = 40
	indent     = "          "
	// lineWidth is where reasons are broken.
	lineWidth = 120
)

// Tell gives the lines of one record, none if the level leaves it out.
func (t *Teller) Tell(r *Record) []Line {
	switch {
	case t.Level == None || r.Kind == "idle" && t.Level != Verbose:
		return nil
	case t.Level == Quiet:
		return t.quiet(r)
	case t.Level != Verbose && folds(r):
		t.folded[r.CPU]++
		return nil
	case t.Level == Brief:
		return t.brief(r)
	}
	var lines []Line
	if !r.Kernel && t.folded[r.CPU] > 0 {
		lines = append(lines, t.unfold(r.CPU))
	}
	switch {
	case r.Kind == emu.StepFlush.String():
		lines = append(lines, t.flush(r))
	case r.Refetched != nil:
		lines = append(lines, t.refetch(r))
	case isCall(r):
		lines = append(lines, t.withChanges(t.code(r), r)...)
	case r.Delivery != nil:
		lines = append(lines, t.delivery(r)...)
	case r.Source != nil && r.Kind != emu.StepMicro.String():
		lines = append(lines, t.source(r)...)
	case r.Micro != nil:
		lines = append(lines, t.micro(r)...)
	default:
		lines = append(lines, t.instruction(r)...)
	}
	return append(lines, t.notes(r)...)
}

// isCall reports whether a delivery was a program's system call, of which its
// note says all.
func isCall(r *Record) bool {
	return r.Delivery != nil && r.Delivery.Vector == linuxCall && r.noted("system-call")
}

// noted reports whether a record has a note of a kind.
func (r *Record) noted(kind string) bool {
	for _, n := range r.Notes {
		if n.Kind == kind {
			return true
		}
	}
	return false
}

// linuxCall is the vector of system calls of 32-bit programs.
const linuxCall = 0x80

// folds tells kernel text that only moves values about from what a reader of
// the normal story has to see.
func folds(r *Record) bool {
	if r.Source != nil && r.Micro != nil && r.Kind == emu.StepInstruction.String() {
		return !tellsLine(r)
	}
	if !r.Kernel || r.Kind != "instruction" || r.Probe != nil || r.Raised != nil || len(r.Notes) > 0 {
		return false
	}
	for _, f := range r.Flags {
		if f.Name == "IF" || f.Name == "TF" {
			return false
		}
	}
	return true
}

func (t *Teller) unfold(cpu int) Line {
	n := t.folded[cpu]
	t.folded[cpu] = 0
	var l Line
	l.add(Dim, indent+fmt.Sprintf("(%d kernel instructions in between are not shown)", n), 0)
	return l
}

func start(r *Record) Line {
	var l Line
	l.add(Dim, fmt.Sprintf("cpu%d", r.CPU), cpuWidth)
	return l
}

func (t *Teller) instruction(r *Record) []Line {
	if r.Kind == "idle" {
		l := start(r)
		l.add(Dim, "idle", 0)
		return []Line{l}
	}
	lines := t.withChanges(t.code(r), r)
	if t.Level == Verbose {
		lines = append(lines, readLines(r)...)
	}
	return append(lines, reasonLines(r)...)
}

// code is the line of an instruction: where, bytes, disassembly, and what a
// breakpoint hides.
func (t *Teller) code(r *Record) Line {
	l := start(r)
	l.add(Place, r.At, placeWidth-1)
	l.add(Plain, " ", 0)
	l.add(Dim, r.Bytes, bytesWidth-1)
	l.add(Plain, " ", 0)
	l.add(Code, r.Text, 0)
	if r.Line != "" {
		l.add(Dim, "  "+r.Line, 0)
	}
	if r.Probe != nil {
		l = padTo(l, cpuWidth+placeWidth+bytesWidth+8)
		l.add(Alarm, fmt.Sprintf("probe %q; originally %s  %s", r.Probe.Name, r.Probe.Original, r.Probe.Text), 0)
	}
	return l
}

// withChanges puts what a step changed behind its line if there is room, else
// below it.
func (t *Teller) withChanges(l Line, r *Record) []Line {
	return withEffect(l, changes(r))
}

func padTo(l Line, column int) Line {
	if pad := column - l.width(); pad > 0 {
		l.add(Plain, "", pad)
		return l
	}
	l.add(Plain, "  ", 0)
	return l
}

// changes lists registers, flags and memory that a step changed.
func changes(r *Record) Line {
	var l Line
	sep := ""
	say := func(s Style, text string) {
		l.add(Dim, sep, 0)
		l.add(s, text, 0)
		sep = ", "
	}
	for _, c := range r.Registers {
		say(Changed, changeText(c))
	}
	for _, f := range r.Flags {
		say(Changed, f.Name+map[bool]string{true: " on", false: " off"}[f.Set])
	}
	for i := range r.Writes {
		if w := &r.Writes[i]; w.By == "instruction" {
			say(Changed, writeText(w))
		}
	}
	return l
}

// changeText is a register's change; the stack pointer's is its distance.
func changeText(c Change) string {
	if d := int64(c.New - c.Old); (c.Name == "esp" || c.Name == "rsp") && d > -256 && d < 256 {
		return fmt.Sprintf("%s %+d", c.Name, d)
	}
	return fmt.Sprintf("%s %s -> %s", c.Name, short(c.Old), withName(c.New, c.At))
}

// short writes small numbers in decimal, others in hexadecimal.
func short(h Hex) string {
	if h < 10 {
		return fmt.Sprint(uint64(h))
	}
	return h.String()
}

func withName(h Hex, at string) string {
	if at == "" || at == h.String() {
		return short(h)
	}
	return h.String() + " " + at
}

func writeText(w *Write) string {
	s := fmt.Sprintf("[%s] %s -> %s", w.At, short(w.Old), withName(w.New, w.Name))
	switch {
	case w.Push:
		s = fmt.Sprintf("[%s] = %s", w.At, withName(w.New, w.Name))
	case w.Size == 1:
		s = fmt.Sprintf("[%s] byte %02x -> %02x", w.At, uint64(w.Old), uint64(w.New))
	}
	if w.Code != "" {
		s += " (breakpoint " + map[string]string{"armed": "in", "disarmed": "out"}[w.Code] + ")"
	}
	if w.Buffered {
		s += " (buffered)"
	}
	return s
}

func readLines(r *Record) []Line {
	var lines []Line
	for _, m := range r.Reads {
		var l Line
		l.add(Dim, fmt.Sprintf("%sread [%s] = %s", indent, m.At, short(m.Value)), 0)
		lines = append(lines, l)
	}
	return lines
}

func reasonLines(r *Record) []Line {
	var lines []Line
	for _, w := range r.Why {
		var l Line
		l.add(Plain, indent, 0)
		lines = append(lines, reason(l, w.Row, w.Text)...)
	}
	return lines
}

// reason puts a row and plain words behind l, broken into lines at lineWidth.
func reason(l Line, row, text string) []Line {
	l.add(Row, row, 4)
	l.add(Plain, " ", 0)
	column := l.width()
	var lines []Line
	for {
		room := max(lineWidth-column, 20)
		cut := len(text)
		if cut > room {
			if cut = strings.LastIndexByte(text[:room+1], ' '); cut <= 0 {
				cut = len(text)
			}
		}
		l.add(Reasons, text[:cut], 0)
		lines = append(lines, l)
		if text = strings.TrimLeft(text[cut:], " "); text == "" {
			return lines
		}
		l = Line{}
		l.add(Plain, "", column)
	}
}

// asides are kinds of notes that say what else happened, not what went wrong;
// true: a quiet story leaves them out.
var asides = map[string]bool{"system-call": false, "page-fault": true, "thread": true, "kernel": true}

func (t *Teller) notes(r *Record) []Line {
	var lines []Line
	for _, x := range r.Notes {
		out, aside := asides[x.Kind]
		if out && t.Level == Quiet {
			continue
		}
		var l Line
		if t.Level == Quiet {
			l = start(r)
		} else {
			l.add(Plain, indent, 0)
		}
		if x.Kind == "print" || x.Kind == "event" {
			l.add(Plain, "> "+x.Text, 0)
			lines = append(lines, l)
			continue
		}
		if aside {
			l.add(Dim, "- "+x.Text, 0)
			lines = append(lines, l)
			continue
		}
		l.add(Alarm, "! ", 0)
		l.add(Row, x.Row, 4)
		text := " " + x.Kind + ": " + x.Text
		if x.Kind == x.Text {
			text = " " + x.Text
		}
		if x.Name != "" {
			text += " at " + x.Name
		}
		l.add(Alarm, text, 0)
		lines = append(lines, l)
	}
	return lines
}
