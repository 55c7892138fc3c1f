package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"trapline/emu/record"
	"trapline/tui/panel"
	"trapline/tui/walk"
)

// command is one thing that a viewer can do. Keys, help, footer and palette
// are all made from the one list.
type command struct {
	keys   []string // as Bubble Tea names them
	name   string   // short, for the footer and the palette
	help   string
	group  string
	footer int               // rank in the footer; 0: not there
	when   func(*Model) bool // possible now; nil: always
	run    func(*Model) tea.Cmd
}

func do(f func(*Model)) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { f(m); return nil }
}

func forward(m *Model) bool {
	_, more := m.walk.Turn()
	return more || m.other != nil
}
func backward(m *Model) bool { return m.walk.At() > 0 }
func single(m *Model) bool   { return m.other == nil }

// commands is the one table. It is a function because Go wants no cycle
// through help.
func commands() []command {
	list := []command{
		{[]string{"right", "l"}, "step", "to the next step of the story: an instruction, a trap, a micro-step", "Move", 1, forward, do(func(m *Model) { m.stepTold(record.Forward) })},
		{[]string{"left", "h"}, "back", "back by one step of the story", "Move", 2, backward, do(func(m *Model) { m.stepTold(record.Backward) })},
		{[]string{".", "shift+right"}, "one", "one step of the machine, kernel instructions too", "Move", 0, forward, do(func(m *Model) { m.stepOne(record.Forward) })},
		{[]string{",", "shift+left"}, "one back", "back by one step of the machine", "Move", 0, backward, do(func(m *Model) { m.stepOne(record.Backward) })},
		{[]string{">"}, "line", "to the next line of the kernel's C that a vCPU enters", "Move", 0, func(m *Model) bool { return forward(m) && m.walk.HasSource() }, do(func(m *Model) { m.stepLine(record.Forward) })},
		{[]string{"<"}, "line back", "back to the line before", "Move", 0, func(m *Model) bool { return backward(m) && m.walk.HasSource() }, do(func(m *Model) { m.stepLine(record.Backward) })},
		{[]string{"o", "down", "j"}, "over", "over a trap: to the scenario's own next instruction", "Move", 5, forward, do(func(m *Model) { m.stepOwn(record.Forward) })},
		{[]string{"O", "up", "k"}, "over back", "back over a trap", "Move", 0, backward, do(func(m *Model) { m.stepOwn(record.Backward) })},
		{[]string{"home"}, "start", "to the start", "Move", 0, backward, do(func(m *Model) { m.goTo(0) })},
		{[]string{"end"}, "end", "to the end of the run", "Move", 0, forward, do((*Model).toEnd)},
		{[]string{"g"}, "go to", "go to step N", "Move", 0, nil, prompt("go to step", (*Model).promptGoto)},
		{[]string{"/"}, "search", "search the steps for words: an instruction, a micro-step, a reason", "Find", 0, nil, prompt("search", (*Model).promptSearch)},
		{[]string{"n"}, "again", "search again, forwards", "Find", 0, func(m *Model) bool { return m.search != "" }, do(func(m *Model) { m.find(record.Forward) })},
		{[]string{"N"}, "again back", "search again, backwards", "Find", 0, func(m *Model) bool { return m.search != "" }, do(func(m *Model) { m.find(record.Backward) })},
	}
	list = append(list, markCommands()...)
	list = append(list, runCommands()...)
	return append(list, viewCommands()...)
}

// markCommands are the pairs that go to the next and previous step of a kind.
func markCommands() []command {
	var list []command
	for _, k := range []struct {
		key, name string
		kind      record.Kind
	}{
		{"i", "hit", walk.Hit}, {"t", "trap", walk.Trap}, {"c", "lock change", walk.LockMoved},
		{"z", "event", walk.Fired}, {"a", "armed or disarmed", walk.Patched}, {"s", "missed probe", walk.Missed}, {"v", "violation", walk.Violated},
	} {
		rank := 0
		if k.key == "t" {
			rank = 6
		}
		has := func(m *Model) bool { return m.hasMark(k.kind) }
		list = append(list,
			command{[]string{k.key}, k.name, "to the next " + k.name, "Find", rank, has, do(func(m *Model) { m.stepMark(record.Forward, k.kind, k.name) })},
			command{[]string{strings.ToUpper(k.key)}, k.name + " back", "to the previous " + k.name, "Find", 0, has, do(func(m *Model) { m.stepMark(record.Backward, k.kind, k.name) })})
	}
	return list
}

// hasMark reports whether the recording has a step of a kind at all, or might
// get one further on.
func (m *Model) hasMark(k record.Kind) bool {
	if k == walk.Fired && !m.traced() {
		return false
	}
	if !m.walk.Line().Over() {
		return true
	}
	for _, x := range m.walk.Marks() {
		if x.Kind&k != 0 {
			return true
		}
	}
	return false
}

// digits choose who goes next, by position.
var digits = strings.Split("123456789", "")

func runCommands() []command {
	points := func(m *Model) bool { return m.points.any() }
	choice := func(m *Model) bool { return m.walk.Run.Actors() > 1 && single(m) && forward(m) }
	return []command{
		{[]string{"space"}, "play", "play and pause", "Run", 4, forward, func(m *Model) tea.Cmd { return m.toggle(false) }},
		{[]string{"backspace", "b"}, "play back", "play backwards and pause", "Run", 0, backward, func(m *Model) tea.Cmd { return m.toggle(true) }},
		{[]string{"+", "="}, "faster", "play faster", "Run", 0, nil, do(func(m *Model) { m.changeSpeed(1) })},
		{[]string{"-"}, "slower", "play slower", "Run", 0, nil, do(func(m *Model) { m.changeSpeed(-1) })},
		{[]string{"x"}, "breakpoint", "set or take away a breakpoint here (or click a line of code, or :)", "Run", 0, nil, do(func(m *Model) {
			m.toggleBreak(m.walk.Run.Machine.CPUs[m.moment.CPU].LinearPC())
		})},
		{[]string{"X"}, "break at", "set a breakpoint at a symbol or an address", "Run", 0, nil, prompt("breakpoint at SYMBOL+OFFSET", (*Model).promptBreak)},
		{[]string{"w"}, "watch", "watch memory for writes: SYMBOL, %esp, an address; ,N bytes", "Run", 0, nil, prompt("watch SYMBOL or address[,bytes]", (*Model).addWatch)},
		{[]string{"f"}, "run to", "run on to the next break- or watchpoint", "Run", 0, points, do(func(m *Model) { m.run(record.Forward) })},
		{[]string{"F"}, "run back to", "run back to the last one: the last writer of what is watched", "Run", 0, points, do(func(m *Model) { m.run(record.Backward) })},
		{digits, "who goes", "vCPU 0 and so on takes the next step, or an interrupt is raised; another choice than before is a branch", "Branch", 3, choice, nil},
		{[]string{"L"}, "its line", "the vCPU that is shown goes on alone, to the next step of its story", "Branch", 0, func(m *Model) bool { return m.canHold() && forward(m) }, do((*Model).ownLine)},
		{[]string{"H"}, "hold", "hold the vCPU that is shown: moves forwards are the others' until H lets it go", "Branch", 0, (*Model).canHold, do((*Model).hold)},
		{[]string{"0"}, "choose", "choose from a list who goes next", "Branch", 0, choice, do((*Model).chooseActor)},
		{[]string{"r"}, "return", "return from this branch to where it left", "Branch", 3, func(m *Model) bool { return m.walk.Line().ID != 0 && single(m) }, do(func(m *Model) {
			m.move(func(w *walk.Walk) error { return w.Return(m.ctx) })
		})},
		{[]string{"R"}, "branches", "to the next branch", "Branch", 0, func(m *Model) bool { return len(m.walk.Lines()) > 1 && single(m) }, do((*Model).nextBranch)},
		{[]string{"m"}, "bookmark", "set or take away a bookmark", "Mark", 0, nil, do((*Model).bookmark)},
		{[]string{"'"}, "next bookmark", "to the next bookmark, round and round", "Mark", 0, func(m *Model) bool { return len(m.books) > 0 }, do((*Model).nextBook)},
	}
}

func viewCommands() []command {
	return []command{
		{[]string{"tab"}, "panel", "the next panel of the slot; where all are shown, the one to scroll", "View", 8, single, do(func(m *Model) { m.turnTab(1) })},
		{[]string{"shift+tab"}, "panel back", "the previous panel", "View", 0, single, do(func(m *Model) { m.turnTab(-1) })},
		{[]string{"u"}, "whose", "look at another vCPU", "View", 0, func(m *Model) bool { return len(m.moment.CPUs) > 1 }, do((*Model).otherCPU)},
		{[]string{"W"}, "all of why", "all that there is to say of the last step, where it is cut", "View", 0, func(m *Model) bool { return m.whyIsCut() }, do(func(m *Model) { m.overlay = overlay{kind: overlayWhy} })},
		{[]string{"K"}, "explain", "what the rows say that this step cites, or one that you name", "View", 0, nil, do((*Model).explain)},
		{[]string{"d"}, "dump", "show memory at a symbol or an address", "View", 0, nil, prompt("memory at", (*Model).promptMemory)},
		{[]string{"]"}, "zoom in", "zoom into the timeline", "View", 0, (*Model).canZoom, do(func(m *Model) { m.zoom(1) })},
		{[]string{"["}, "zoom out", "zoom out of the timeline", "View", 0, func(m *Model) bool { return m.set.timeline.Zoom > 0 }, do(func(m *Model) { m.zoom(-1) })},
		{[]string{"pgdown"}, "scroll", "scroll the panel that Tab chose", "View", 0, (*Model).canScroll, do(func(m *Model) { m.tabPanel().Scroll(5) })},
		{[]string{"pgup"}, "scroll up", "scroll it up", "View", 0, func(m *Model) bool { return single(m) && m.tabPanel().Offset() > 0 }, do(func(m *Model) { m.tabPanel().Scroll(-5) })},
		{[]string{"e"}, "engine", "the same scenario under the next engine", "Engine", 0, single, do((*Model).nextEngine)},
		{[]string{"E"}, "compare", "compare with another engine, side by side; again for the next one", "Engine", 0, nil, do((*Model).compare)},
		{[]string{"p"}, "presenter", "presenter mode: few, large panels", "View", 0, single, do(func(m *Model) { m.presenter = !m.presenter })},
		{[]string{"y"}, "quiz", "the lesson's questions", "Help", 0, func(m *Model) bool { return len(m.quiz.questions) > 0 }, do((*Model).ask)},
		{[]string{":", "ctrl+p"}, "palette", "every command by name", "Help", 0, nil, do(func(m *Model) { m.overlay = overlay{kind: overlayPalette} })},
		{[]string{"?", "f1"}, "help", "what is possible now", "Help", rankHelp, nil, do(func(m *Model) { m.overlay = overlay{kind: overlayHelp} })},
		{[]string{"esc"}, "close", "stop playing, end the comparison", "View", 0, func(m *Model) bool { return m.play.on || m.other != nil }, do((*Model).escape)},
		{[]string{"q", "ctrl+c"}, "quit", "leave", "Help", rankQuit, nil, func(*Model) tea.Cmd { return tea.Quit }},
	}
}

func (m *Model) possible(c *command) bool { return c.when == nil || c.when(m) }

// keyText is how a command's first key is shown.
func (c *command) keyText() string {
	switch k := c.keys[0]; k {
	case "right":
		return "→"
	case "left":
		return "←"
	case "shift+tab":
		return "⇧tab"
	case "1":
		return "1-9"
	default:
		return k
	}
}

// allKeys is every key of a command, for the help.
func (c *command) allKeys() string {
	if c.keys[0] == "1" {
		return "1-9"
	}
	var l []string
	for _, k := range c.keys {
		k = strings.NewReplacer("right", "→", "left", "←", "down", "↓", "up", "↑", "shift+", "⇧").Replace(k)
		if k == "pgdown" || k == "pg↓" {
			k = "pgdn"
		}
		if k == "pg↑" {
			k = "pgup"
		}
		l = append(l, k)
	}
	return strings.Join(l, " ")
}

// Ranks in the footer of the two that are never left out.
const (
	rankHelp = 9
	rankQuit = 10
)

// footerCommands are those of the footer that are possible, by rank.
func (m *Model) footerCommands() []command {
	var out []command
	for rank := 1; rank <= rankQuit; rank++ {
		for _, c := range commands() {
			if c.footer == rank && m.possible(&c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// press runs the command of a key.
func (m *Model) press(key string) tea.Cmd {
	if m.opt.Panic {
		panic("asked for by a test")
	}
	for _, c := range commands() {
		for _, k := range c.keys {
			if k != key {
				continue
			}
			if !m.possible(&c) {
				m.notice("%s: not possible now", c.name)
				return nil
			}
			if c.run == nil { // the digits
				m.take(int(key[0] - '1'))
				return nil
			}
			return c.run(m)
		}
	}
	return nil
}

func (m *Model) turnTab(d int) {
	n := len(m.tabs())
	m.tab = (m.tab + d + n) % n
}

func (m *Model) otherCPU() {
	m.look.CPU = (m.moment.CPU + 1) % len(m.moment.CPUs)
	m.refresh()
}

func (m *Model) zoom(d int) {
	t := m.set.timeline
	t.Zoom += d
	m.otherSet.timeline.Zoom = t.Zoom
}

// leastSpan is how many steps a timeline shows at least.
const leastSpan = 8

func (m *Model) canZoom() bool {
	next := m.set.timeline.Zoom + 1
	return next <= panel.MaxZoom && m.walk.End()>>next >= leastSpan
}

// whyIsCut reports whether the why line has more to say than it has room.
func (m *Model) whyIsCut() bool {
	_, h := m.set.why.Size()
	return len(m.set.why.Lines()) > h
}

// canScroll reports whether the panel of the slot has more below.
func (m *Model) canScroll() bool {
	p := m.tabPanel()
	_, h := p.Size()
	return single(m) && len(p.Lines())-p.Offset() > h
}

func (m *Model) nextBranch() {
	lines := m.walk.Lines()
	for i, l := range lines {
		if l == m.walk.Line() {
			next := lines[(i+1)%len(lines)].ID
			m.move(func(w *walk.Walk) error { return w.Switch(m.ctx, next) })
			return
		}
	}
}

// maxBooks bounds the bookmarks.
const maxBooks = 64

func (m *Model) bookmark() {
	at := m.walk.At()
	for i, b := range m.books {
		if b == at {
			m.books = append(m.books[:i], m.books[i+1:]...)
			m.notice("bookmark taken away")
			return
		}
	}
	if len(m.books) == maxBooks {
		m.notice("at most %d bookmarks", maxBooks)
		return
	}
	m.books = append(m.books, at)
	m.notice("bookmark at step %d; ' goes round them", at)
}

func (m *Model) nextBook() {
	best, first := uint64(0), m.books[0]
	found := false
	for _, b := range m.books {
		first = min(first, b)
		if b > m.walk.At() && (!found || b < best) {
			best, found = b, true
		}
	}
	if !found {
		best = first
	}
	m.goTo(best)
}

func (m *Model) promptGoto(s string) error {
	n, err := number(s)
	if err != nil {
		return fmt.Errorf("%w of a step, 0 to %d", err, m.walk.End())
	}
	m.goTo(n)
	return nil
}

func (m *Model) promptSearch(s string) error {
	m.search = s
	m.find(record.Forward)
	return nil
}

func (m *Model) promptBreak(s string) error {
	addr, err := m.address(s)
	if err == nil {
		m.toggleBreak(addr)
	}
	return err
}

func (m *Model) promptMemory(s string) error {
	addr, err := m.address(s)
	if err != nil {
		return err
	}
	m.look.Memory = addr
	for i, p := range m.tabs() {
		if p == panel.Panel(m.set.memory) {
			m.tab = i
		}
	}
	m.refresh()
	return nil
}
