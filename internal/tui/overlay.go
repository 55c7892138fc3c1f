package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"trapline/internal/printable"
	"trapline/internal/tui/text"
)

type overlayKind uint8

const (
	overlayNone overlayKind = iota
	overlayHelp
	overlayPalette
	overlayPrompt
	overlayQuiz
	overlayActors
	overlayWhy
	overlayExplain
	overlayShown
)

// overlay is what lies over the panels and takes the keys.
type overlay struct {
	kind   overlayKind
	label  string
	input  string
	accept func(*Model, string) error
	err    string
	at     int      // the chosen line; help and explain: scrolled by
	rows   []string // explain: IDs of the rows
	shown  string   // what a directive shows
}

// pageLines is how far a page key moves.
const pageLines = 10

func (o *overlay) scroll(n int) { o.at = max(o.at+n, 0) }

// maxInput bounds what a person types, in bytes.
const maxInput = 200

func (o *overlay) open() bool { return o.kind != overlayNone && o.kind != overlayPrompt }

// prompt makes a command that asks for a line of text in the footer.
func prompt(label string, accept func(*Model, string) error) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.overlay = overlay{kind: overlayPrompt, label: label, accept: accept}
		return nil
	}
}

func (o *overlay) promptLine() text.Line {
	var l text.Line
	l.Add(text.Key, " "+o.label+": ")
	l.Add(text.Plain, o.input)
	l.Add(text.Here, " ")
	if o.err != "" {
		l.Add(text.Alarm, "  "+o.err)
	} else {
		l.Add(text.Dim, "  enter, esc")
	}
	return l
}

// overlayKey takes a key while an overlay is open.
func (m *Model) overlayKey(k tea.KeyPressMsg) tea.Cmd {
	o := &m.overlay
	switch key := k.String(); key {
	case "esc", "ctrl+c":
		m.overlay = overlay{}
		return nil
	case "enter":
		return m.accept()
	case "backspace":
		if n := len([]rune(o.input)); n > 0 {
			o.input = string([]rune(o.input)[:n-1])
		}
	case "up":
		o.scroll(-1)
	case "down":
		o.scroll(1)
	case "pgup":
		o.scroll(-pageLines)
	case "pgdown":
		o.scroll(pageLines)
	default:
		if o.kind == overlayExplain && key == "K" {
			m.askRow()
			return nil
		}
		if o.kind == overlayHelp && (key == "?" || key == "q") || o.kind == overlayWhy || o.kind == overlayExplain || o.kind == overlayShown {
			m.overlay = overlay{}
			return nil
		}
		if o.kind == overlayActors {
			m.pickActor(key)
			return nil
		}
		if k.Text != "" && len(o.input) < maxInput {
			o.input += k.Text
			o.at = 0
		}
	}
	o.err = ""
	return nil
}

func (m *Model) accept() tea.Cmd {
	o := &m.overlay
	switch o.kind {
	case overlayPalette:
		list := m.matching()
		if len(list) == 0 {
			return nil
		}
		c := list[min(o.at, len(list)-1)]
		m.overlay = overlay{}
		return m.press(c.keys[0])
	case overlayPrompt:
		input, accept := strings.TrimSpace(o.input), o.accept
		if input == "" {
			m.overlay = overlay{}
			return nil
		}
		if err := accept(m, input); err != nil {
			o.err = err.Error()
			return nil
		}
		if m.overlay.kind == overlayPrompt { // it opened no other
			m.overlay = overlay{}
		}
	case overlayQuiz:
		m.answer()
	case overlayActors:
		at := o.at
		m.overlay = overlay{}
		m.Take(at)
	default:
		m.overlay = overlay{}
	}
	return nil
}

// matching are the possible commands whose words hold what was typed.
func (m *Model) matching() []command {
	var list []command
	for _, c := range commands() {
		words := strings.ToLower(c.name + " " + c.help)
		if m.possible(&c) && strings.Contains(words, strings.ToLower(m.overlay.input)) {
			list = append(list, c)
		}
	}
	return list
}

// drawOverlay puts the overlay over the body, a frame around it.
func (m *Model) drawOverlay(lines []text.Line) {
	var content []text.Line
	title := ""
	w := min(m.w-4, 92)
	h := m.h - 4
	switch m.overlay.kind {
	case overlayHelp:
		title, content = "What is possible now: ↑ ↓ scroll, esc", m.helpLines(w-4)
	case overlayPalette:
		title, content = "Commands: type to choose, ↑ ↓, enter", m.paletteLines(h-2)
	case overlayQuiz:
		title, content = m.quiz.Title(), m.quizLines(w-4, h-2)
	case overlayWhy:
		whole := *m.set.why
		whole.SetSize(w-4, h-2)
		title, content = whole.Title(), whole.Lines()
	case overlayExplain:
		title, content = "What the row says: ↑ ↓ scroll, K another row, esc", m.explainLines(w-4)
	case overlayShown:
		title, content = m.overlay.label+": ↑ ↓ scroll, esc", m.shownLines(w-4)
	case overlayActors:
		title, content = "Who goes next: ↑ ↓, enter, or its digit", m.actorLines()
	}
	if k := m.overlay.kind; k == overlayHelp || k == overlayExplain || k == overlayShown {
		m.overlay.at = min(m.overlay.at, max(0, len(content)-h+2))
		content = content[m.overlay.at:]
	}
	h = min(h, len(content)+2)
	x, y := (m.w-w)/2, (m.h-h)/2
	frame := func(y int, l text.Line) {
		row := lines[y].Fit(m.w)
		lines[y] = append(append(cutLine(row, 0, x), l.Fit(w)...), cutLine(row, x+w, m.w)...)
	}
	top := text.Of(text.Work, "┏━ "+title+" "+strings.Repeat("━", max(0, w-len([]rune(title))-5))+"┓")
	frame(y, top)
	for i, l := range text.Block(content, w-4, h-2) {
		row := text.Of(text.Work, "┃ ")
		row = append(row, l...)
		row.Add(text.Work, " ┃")
		frame(y+1+i, row)
	}
	frame(y+h-1, text.Of(text.Work, "┗"+strings.Repeat("━", w-2)+"┛"))
}

// cutLine is the cells from a to b of a line of single-width characters.
func cutLine(l text.Line, a, b int) text.Line {
	var out text.Line
	x := 0
	for _, s := range l {
		r := []rune(s.Text)
		from, to := min(max(a-x, 0), len(r)), min(max(b-x, 0), len(r))
		if from < to {
			out.Add(s.Role, string(r[from:to]))
		}
		x += len(r)
	}
	return out
}

// shownLines are what a directive shows; lines that are too long go on in the next.
func (m *Model) shownLines(w int) []text.Line {
	var lines []text.Line
	for l := range strings.Lines(m.overlay.shown) {
		for _, part := range strings.Split(ansi.Hardwrap(printable.Text(strings.TrimRight(l, "\n")), w, true), "\n") {
			lines = append(lines, text.Of(text.Plain, part))
		}
	}
	return lines
}

func (m *Model) helpLines(w int) []text.Line {
	groups := []string{"Move", "Find", "Run", "Branch", "Mark", "View", "Engine", "Help"}
	var lines []text.Line
	for _, g := range groups {
		first := true
		for _, c := range commands() {
			if c.group != g || !m.possible(&c) {
				continue
			}
			var l text.Line
			name := ""
			if first {
				name, first = g, false
			}
			l.Pad(text.Title, name, 8)
			l.Pad(text.Key, c.allKeys(), 13)
			for i, part := range text.Wrap(c.help, max(w-helpIndent, 10)) {
				if i > 0 {
					l = nil
					l.Pad(text.Plain, "", helpIndent-1)
				}
				l.Add(text.Plain, " "+part)
				lines = append(lines, l)
			}
		}
	}
	lines = append(lines, nil)
	for _, part := range text.Wrap("Mouse: drag along the timeline, wheel to step, click a line of code for a breakpoint.", w) {
		lines = append(lines, text.Of(text.Dim, part))
	}
	return lines
}

// helpIndent is where the texts of the help begin.
const helpIndent = 8 + 13 + 1

func (m *Model) paletteLines(h int) []text.Line {
	var in text.Line
	in.Add(text.Key, "› "+m.overlay.input)
	in.Add(text.Here, " ")
	lines := []text.Line{in}
	list := m.matching()
	m.overlay.at = min(m.overlay.at, max(len(list)-1, 0))
	from := max(0, m.overlay.at-h+3)
	for i, c := range list[from:] {
		if len(lines) >= h {
			break
		}
		var l text.Line
		role := text.Plain
		if i+from == m.overlay.at {
			role = text.Here
		}
		l.Pad(text.Key, c.keyText(), len("backspace "))
		l.Pad(role, fmt.Sprintf("%-20s", c.name), 20)
		l.Add(text.Dim, " "+c.help)
		lines = append(lines, l)
	}
	if len(list) == 0 {
		lines = append(lines, text.Of(text.Dim, "no such command"))
	}
	return lines
}
