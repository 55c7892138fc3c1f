package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/record"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/walk"
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

var (
	forward  = (*Model).CanForward
	backward = (*Model).CanBackward
	single   = (*Model).Single
)

// commands is the one table. It is a function because Go wants no cycle
// through help.
func commands() []command {
	list := []command{
		{[]string{"right", "l"}, "step", "to the next step of the story: an instruction, a trap, a micro-step", "Move", 1, forward, do(func(m *Model) { m.StepTold(record.Forward) })},
		{[]string{"left", "h"}, "back", "back by one step of the story", "Move", 2, backward, do(func(m *Model) { m.StepTold(record.Backward) })},
		{[]string{".", "shift+right"}, "one", "one step of the machine, kernel instructions too", "Move", 0, forward, do(func(m *Model) { m.StepOne(record.Forward) })},
		{[]string{",", "shift+left"}, "one back", "back by one step of the machine", "Move", 0, backward, do(func(m *Model) { m.StepOne(record.Backward) })},
		{[]string{">"}, "line", "to the next line of the kernel's C that a vCPU enters", "Move", 0, func(m *Model) bool { return forward(m) && m.Walk.HasSource() }, do(func(m *Model) { m.StepLine(record.Forward) })},
		{[]string{"<"}, "line back", "back to the line before", "Move", 0, func(m *Model) bool { return backward(m) && m.Walk.HasSource() }, do(func(m *Model) { m.StepLine(record.Backward) })},
		{[]string{"o", "down", "j"}, "over", "over a trap: to the scenario's own next instruction", "Move", 5, forward, do(func(m *Model) { m.StepOwn(record.Forward) })},
		{[]string{"O", "up", "k"}, "over back", "back over a trap", "Move", 0, backward, do(func(m *Model) { m.StepOwn(record.Backward) })},
		{[]string{"home"}, "start", "to the start", "Move", 0, backward, do(func(m *Model) { m.GoTo(0) })},
		{[]string{"end"}, "end", "to the end of the run", "Move", 0, forward, do((*Model).ToEnd)},
		{[]string{"G"}, opening, "go on with an opening that esc stopped", "Move", 1, func(m *Model) bool { return m.partly }, (*Model).goOn},
		{[]string{"g"}, "go to", "go to step N", "Move", 0, nil, prompt("go to step", (*Model).GoToText)},
		{[]string{"/"}, "search", "search the steps for words: an instruction, a micro-step, a reason", "Find", 0, nil, prompt("search", (*Model).promptSearch)},
		{[]string{"n"}, "again", "search again, forwards", "Find", 0, func(m *Model) bool { return m.Sought != "" }, do(func(m *Model) { m.Find(record.Forward) })},
		{[]string{"N"}, "again back", "search again, backwards", "Find", 0, func(m *Model) bool { return m.Sought != "" }, do(func(m *Model) { m.Find(record.Backward) })},
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
		has := func(m *Model) bool { return m.HasMark(k.kind) }
		list = append(list,
			command{[]string{k.key}, k.name, "to the next " + k.name, "Find", rank, has, do(func(m *Model) { m.StepMark(record.Forward, k.kind, k.name) })},
			command{[]string{strings.ToUpper(k.key)}, k.name + " back", "to the previous " + k.name, "Find", 0, has, do(func(m *Model) { m.StepMark(record.Backward, k.kind, k.name) })})
	}
	return list
}

// digits choose who goes next, by position.
var digits = strings.Split("123456789", "")

func runCommands() []command {
	points := func(m *Model) bool { return m.Points.Any() }
	choice := (*Model).CanChoose
	return []command{
		{[]string{"space"}, "play", "play and pause", "Run", 4, forward, func(m *Model) tea.Cmd { return m.toggle(false) }},
		{[]string{"backspace", "b"}, "play back", "play backwards and pause", "Run", 0, backward, func(m *Model) tea.Cmd { return m.toggle(true) }},
		{[]string{"+", "="}, "faster", "play faster", "Run", 0, nil, do(func(m *Model) { m.changeSpeed(1) })},
		{[]string{"-"}, "slower", "play slower", "Run", 0, nil, do(func(m *Model) { m.changeSpeed(-1) })},
		{[]string{"x"}, "breakpoint", "set or take away a breakpoint here (or click a line of code, or :)", "Run", 0, nil, do(func(m *Model) {
			m.ToggleBreak(m.Walk.Run.Machine.CPUs[m.Moment.CPU].LinearPC())
		})},
		{[]string{"X"}, "break at", "set a breakpoint at a symbol or an address", "Run", 0, nil, prompt("breakpoint at SYMBOL+OFFSET", (*Model).promptBreak)},
		{[]string{"w"}, "watch", "watch memory for writes: SYMBOL, %esp, an address; ,N bytes", "Run", 0, nil, prompt("watch SYMBOL or address[,bytes]", (*Model).AddWatch)},
		{[]string{"f"}, "run to", "run on to the next break- or watchpoint", "Run", 0, points, do(func(m *Model) { m.Run(record.Forward) })},
		{[]string{"F"}, "run back to", "run back to the last one: the last writer of what is watched", "Run", 0, points, do(func(m *Model) { m.Run(record.Backward) })},
		{[]string{"$"}, "directive", "change the machine or ask it: %eax 5, rmmod NAME, cat FILE, print EXPR, …", "Run", 0, nil, prompt("change or ask", (*Model).promptDirective)},
		{digits, "who goes", "vCPU 0 and so on takes the next step, or an interrupt is raised; another choice than before is a branch", "Branch", 3, choice, nil},
		{[]string{"L"}, "its line", "the vCPU that is shown goes on alone, to the next step of its story", "Branch", 0, func(m *Model) bool { return m.CanHold() && forward(m) }, do((*Model).OwnLine)},
		{[]string{"H"}, "hold", "hold the vCPU that is shown: moves forwards are the others' until H lets it go", "Branch", 0, (*Model).CanHold, do((*Model).Hold)},
		{[]string{"0"}, "choose", "choose from a list who goes next", "Branch", 0, choice, do((*Model).chooseActor)},
		{[]string{"r"}, "return", "return from this branch to where it left", "Branch", 3, func(m *Model) bool { return m.Walk.Line().ID != 0 && m.Single() }, do((*Model).Return)},
		{[]string{"R"}, "branches", "to the next branch", "Branch", 0, func(m *Model) bool { return len(m.Walk.Lines()) > 1 && m.Single() }, do((*Model).NextBranch)},
		{[]string{"m"}, "bookmark", "set or take away a bookmark", "Mark", 0, nil, do((*Model).Bookmark)},
		{[]string{"'"}, "next bookmark", "to the next bookmark, round and round", "Mark", 0, func(m *Model) bool { return len(m.Books) > 0 }, do((*Model).NextBook)},
	}
}

func viewCommands() []command {
	return []command{
		{[]string{"tab"}, "panel", "the next panel of the slot; where all are shown, the one to scroll", "View", 8, single, do(func(m *Model) { m.turnTab(1) })},
		{[]string{"shift+tab"}, "panel back", "the previous panel", "View", 0, single, do(func(m *Model) { m.turnTab(-1) })},
		{[]string{"u"}, "whose", "look at another vCPU", "View", 0, func(m *Model) bool { return len(m.Moment.CPUs) > 1 }, do((*Model).OtherCPU)},
		{[]string{"W"}, "all of why", "all that there is to say of the last step, where it is cut", "View", 0, func(m *Model) bool { return m.whyIsCut() }, do(func(m *Model) { m.overlay = overlay{kind: overlayWhy} })},
		{[]string{"K"}, "explain", "what the rows say that this step cites, or one that you name", "View", 0, nil, do((*Model).explain)},
		{[]string{"d"}, "dump", "show memory at a symbol or an address", "View", 0, nil, prompt("memory at", (*Model).promptMemory)},
		{[]string{"]"}, "zoom in", "zoom into the timeline", "View", 0, (*Model).canZoom, do(func(m *Model) { m.zoom(1) })},
		{[]string{"["}, "zoom out", "zoom out of the timeline", "View", 0, func(m *Model) bool { return m.set.timeline.Zoom > 0 }, do(func(m *Model) { m.zoom(-1) })},
		{[]string{"pgdown"}, "scroll", "scroll the panel that Tab chose", "View", 0, (*Model).canScroll, do(func(m *Model) { m.tabPanel().Scroll(5) })},
		{[]string{"pgup"}, "scroll up", "scroll it up", "View", 0, func(m *Model) bool { return m.Single() && m.tabPanel().Offset() > 0 }, do(func(m *Model) { m.tabPanel().Scroll(-5) })},
		{[]string{"e"}, "engine", "the same scenario under the next engine", "Engine", 0, single, do((*Model).nextEngine)},
		{[]string{"E"}, "compare", "compare with another engine, side by side; again for the next one", "Engine", 0, nil, do((*Model).Compare)},
		{[]string{"p"}, "presenter", "presenter mode: few, large panels", "View", 0, single, do(func(m *Model) { m.presenter = !m.presenter })},
		{[]string{"y"}, "quiz", "the lesson's questions", "Help", 3, func(m *Model) bool { return len(m.quiz.Questions) > 0 }, do((*Model).ask)},
		{[]string{":", "ctrl+p"}, "palette", "every command by name", "Help", 0, nil, do(func(m *Model) { m.overlay = overlay{kind: overlayPalette} })},
		{[]string{"?", "f1"}, "help", "what is possible now", "Help", rankHelp, nil, do(func(m *Model) { m.overlay = overlay{kind: overlayHelp} })},
		{[]string{"esc"}, "close", "stop playing, end the comparison", "View", 0, func(m *Model) bool { return m.play.on || m.Other != nil }, do((*Model).escape)},
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
				m.Notice("%s: not possible now", c.name)
				return nil
			}
			if c.run == nil { // the digits
				m.Take(int(key[0] - '1'))
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

func (m *Model) zoom(d int) {
	t := m.set.timeline
	t.Zoom += d
	m.otherSet.timeline.Zoom = t.Zoom
}

// leastSpan is how many steps a timeline shows at least.
const leastSpan = 8

func (m *Model) canZoom() bool {
	next := m.set.timeline.Zoom + 1
	return next <= panel.MaxZoom && m.Walk.End()>>next >= leastSpan
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
	return m.Single() && len(p.Lines())-p.Offset() > h
}

func (m *Model) promptSearch(s string) error {
	m.Sought = s
	m.Find(record.Forward)
	return nil
}

func (m *Model) promptBreak(s string) error {
	addr, err := m.Address(s)
	if err == nil {
		m.ToggleBreak(addr)
	}
	return err
}

func (m *Model) promptDirective(s string) error {
	shown, err := m.Directive(m.Moment.CPU, s)
	if err == nil && shown != "" {
		m.overlay = overlay{kind: overlayShown, label: s, shown: shown}
	}
	return err
}

func (m *Model) promptMemory(s string) error {
	addr, err := m.Address(s)
	if err != nil {
		return err
	}
	m.Look.Memory = addr
	for i, p := range m.tabs() {
		if p == panel.Panel(m.set.memory) {
			m.tab = i
		}
	}
	m.Refresh()
	return nil
}

// nextEngine starts again under the next engine.
func (m *Model) nextEngine() {
	if m.NextEngine() {
		m.set.timeline.Zoom = 0
		m.Refresh()
	}
}
