package format

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// Bounds of a scenario file.
const (
	MaxFile    = 4 << 20 // bytes
	MaxName    = 64      // bytes of a name
	MaxLine    = 4096    // bytes of a line outside text.S and text.lst
	MaxItems   = 1024    // probes, regions, tasks, calls, steps, properties: each
	MaxActions = 16      // of one handler
)

// Members of a scenario file, in the order in which a file by custom has them.
var Members = []string{"machine", "text.S", "text.lst", "program", "memory", "probes", "modules", "kprobe_events", "linux",
	"uprobe_events", "tasks", "interrupts", "steps", "check", "expect", scheduleMember, "explore", "lesson"}

// File is one parsed scenario.
type File struct {
	Name       string // as messages name it
	Text       string // the lesson
	Machine    Machine
	Source     *Source // text.S, or nil
	Listing    *Source // text.lst, or nil
	Program    *Program
	Memory     []Region
	Probes     []Probe
	Modules    []Module
	Events     []Event // kprobe_events, or of a Linux program uprobe_events
	Linux      *Linux  // nil: the scenario is about kernel code
	Tasks      []Task
	Interrupts []Interrupt
	Steps      []Step
	HasCheck   bool // without a check member every built-in property is judged
	Check      []Property
	Expect     []Expectation
	Schedules  []Schedule // kept, with what they show
	Searches   []Search   // that must show something
	Lesson     *Source    // questions: see package internal/tui/course; or nil

	archive *txtar.Archive
	members map[string]line // each member's marker line
}

// Source is a member kept as text.
type Source struct {
	Text string
	Line int // of its first line in the file, from 1
}

// Title is the first line of the lesson that is not empty.
func (f *File) Title() string {
	for l := range bytes.Lines([]byte(f.Text)) {
		if l = bytes.TrimSpace(l); len(l) > 0 {
			return string(l)
		}
	}
	return ""
}

// MemberPos is the place of a member's marker line, or of the file's start.
func (f *File) MemberPos(member string) Pos {
	if l, ok := f.members[member]; ok {
		return l.at(0)
	}
	return Pos{Line: 1, Col: 1}
}

// SymbolPos is the place that gives a symbol of the file's own its name: a region, or a label of text.S.
func (f *File) SymbolPos(name string) Pos {
	for i := range f.Memory {
		if f.Memory[i].Name == name {
			return f.Memory[i].Pos
		}
	}
	if f.Source != nil {
		n := f.Source.Line
		for text := range strings.Lines(f.Source.Text) {
			l := line{n, strings.TrimRight(text, "\r\n")}
			before, _, ok := strings.Cut(l.text, name+":")
			if ok && (before == "" || strings.ContainsAny(before[len(before)-1:], " \t;:")) {
				return l.at(len(before))
			}
			n++
		}
	}
	return f.MemberPos("text.S")
}

// Bytes prints the file back: every member as it was, and steps with the
// outputs that its Steps hold now.
func (f *File) Bytes() []byte {
	out := &txtar.Archive{Comment: f.archive.Comment}
	for _, m := range f.archive.Files {
		if m.Name == "steps" {
			m.Data = printSteps(f.Steps)
		}
		out.Files = append(out.Files, m)
	}
	return txtar.Format(out)
}

// Member is the text of a member as the file has it, nil where there is none.
func (f *File) Member(name string) []byte {
	for _, m := range f.archive.Files {
		if m.Name == name {
			return m.Data
		}
	}
	return nil
}

// SetListing puts a listing behind text.S, or in the place of the one there.
func (f *File) SetListing(listing []byte) {
	var files []txtar.File
	for _, m := range f.archive.Files {
		if m.Name == "text.lst" {
			continue
		}
		files = append(files, m)
		if m.Name == "text.S" {
			files = append(files, txtar.File{Name: "text.lst", Data: listing})
		}
	}
	f.archive.Files = files
	f.Listing = &Source{Text: string(listing)}
}

// WithListing is f with a listing; f stays as it is.
func (f *File) WithListing(listing []byte) *File {
	c, archive := *f, *f.archive
	c.archive = &archive
	c.SetListing(listing)
	return &c
}

// Parse reads a scenario file. Its errors are *Error.
func Parse(name string, data []byte) (*File, error) {
	f := &File{Name: name, Machine: defaultMachine(), members: map[string]line{}}
	err := f.parse(data)
	if e, ok := err.(*Error); ok {
		e.File = name
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) parse(data []byte) error {
	if err := checkBytes(data); err != nil {
		return err
	}
	f.archive = txtar.Parse(data)
	f.Text = string(f.archive.Comment)
	num := 1 + bytes.Count(f.archive.Comment, []byte("\n"))
	for _, m := range f.archive.Files {
		marker := line{num, "-- " + m.Name + " --"}
		if !slices.Contains(Members, m.Name) {
			return marker.at(3).errorAt(meant(m.Name, Members), "unknown member %q", m.Name)
		}
		if first, twice := f.members[m.Name]; twice {
			return marker.at(3).errorAt("each member once", "a second %q, after the one of line %d", m.Name, first.num)
		}
		f.members[m.Name] = marker
		if err := f.parseMember(m, num+1); err != nil {
			return err
		}
		num += 1 + bytes.Count(m.Data, []byte("\n"))
	}
	return f.checkWhole()
}

func (f *File) parseMember(m txtar.File, first int) error {
	switch m.Name {
	case "text.S":
		f.Source = &Source{string(m.Data), first}
		return nil
	case "text.lst":
		f.Listing = &Source{string(m.Data), first}
		return nil
	case "lesson":
		f.Lesson = &Source{string(m.Data), first}
		return nil
	}
	lines, err := splitLines(m.Data, first)
	if err != nil {
		return err
	}
	switch m.Name {
	case "machine":
		return f.parseMachine(lines)
	case "program":
		return f.parseProgram(lines)
	case "memory":
		return f.parseMemory(lines)
	case "probes":
		return f.parseProbes(lines)
	case "modules":
		return f.parseModules(lines)
	case "kprobe_events", "uprobe_events":
		return f.parseEvents(lines)
	case "linux":
		return f.parseLinux(lines)
	case "tasks":
		return f.parseTasks(lines)
	case "interrupts":
		return f.parseInterrupts(lines)
	case "steps":
		return f.parseSteps(lines)
	case "check":
		f.HasCheck = true
		return f.parseCheck(lines)
	case scheduleMember:
		return f.parseSchedules(lines)
	case "explore":
		return f.parseSearches(lines)
	}
	return f.parseExpect(lines)
}

// checkBytes refuses what no editor shows truthfully.
func checkBytes(data []byte) error {
	if len(data) > MaxFile {
		return Pos{Line: 1, Col: 1}.errorAt(fmt.Sprintf("at most %d bytes", MaxFile), "a file of %d bytes", len(data))
	}
	num := 0
	for l := range bytes.Lines(data) {
		num++
		text := bytes.TrimSuffix(l, []byte("\n"))
		if !utf8.Valid(text) {
			return Pos{num, 1, fmt.Sprintf("%q", text)}.errorAt("UTF-8 text", "bytes that are no text")
		}
		if i := bytes.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }); i >= 0 {
			want := "text without control characters"
			if text[i] == '\r' {
				want = "lines that end with a line feed only"
			}
			return Pos{num, i + 1, string(bytes.ReplaceAll(text[:i], []byte("\t"), []byte(" ")))}.errorAt(want, "control character %q", text[i])
		}
	}
	return nil
}

// splitLines cuts a member into lines, the first of which is line num of the
// file.
func splitLines(data []byte, num int) ([]line, error) {
	var list []line
	for l := range bytes.Lines(data) {
		x := line{num, string(bytes.TrimSuffix(l, []byte("\n")))}
		if len(x.text) > MaxLine {
			return nil, x.at(MaxLine).errorAt(fmt.Sprintf("at most %d", MaxLine), "a line of %d bytes", len(x.text))
		}
		list = append(list, x)
		num++
	}
	return list, nil
}
