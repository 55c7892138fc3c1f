package format

import (
	"fmt"
	"strings"
)

// Event is a line of the member kprobe_events or uprobe_events: it is appended
// to the file of that name before anything runs, and the event that it defines
// is enabled. Its language is the kernel's; in uprobe_events a place may also
// be PATH:SYMBOL[+OFFSET].
type Event struct {
	Line string
	Pos  Pos
}

func (f *File) parseEvents(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		if f.Events = append(f.Events, Event{l.text, l.at(0)}); len(f.Events) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many events")
		}
	}
	return nil
}

// Module is kernel code that can be taken out and come back.
//
//	NAME "from" ADDR "to" ADDR      whole pages of text.S
//	NAME "elf" PATH                 an ELF file, linked at a kernel address
type Module struct {
	Name     string
	Pos      Pos
	From, To *Expr
	Path     string
}

func (f *File) parseModules(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		m, err := parseModule(&words{line: l})
		if err != nil {
			return err
		}
		if f.Modules = append(f.Modules, m); len(f.Modules) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many modules")
		}
	}
	return nil
}

func parseModule(w *words) (Module, error) {
	var m Module
	var err error
	if m.Name, m.Pos, err = w.name("a module's name"); err != nil {
		return m, err
	}
	how, err := w.choice("place", []string{"from", "elf"})
	if err != nil {
		return m, err
	}
	if how == "elf" {
		x, err := w.next("the path of an ELF file")
		m.Path = x.text
		if err == nil {
			err = w.done()
		}
		return m, err
	}
	from, err := w.expr("an address such as SYMBOL")
	if err != nil {
		return m, err
	}
	if err := w.keyword("to"); err != nil {
		return m, err
	}
	to, err := w.rest("an address such as SYMBOL")
	m.From, m.To = &from, &to
	return m, err
}

// parseEcho takes TEXT and the file that it goes to: "echo TEXT > FILE", or
// ">> FILE" to append. Quotes in TEXT are a shell's.
func (s *Step) parseEcho(w *words) error {
	const want = "TEXT > FILE or TEXT >> FILE"
	rest := w.line.text[w.off:]
	list, at, err := shellWords(rest)
	switch {
	case err != nil:
		return w.line.at(w.off+at).errorAt(want, "%v", err)
	case at < 0:
		return w.line.at(w.off).errorAt(want, "nothing says where the text goes")
	}
	s.Text = strings.Join(list, " ")
	w.off += at + 1
	if s.Append = strings.HasPrefix(rest[at+1:], ">"); s.Append {
		w.off++
	}
	x, err := w.next(want)
	s.Word = x.text
	return err
}
