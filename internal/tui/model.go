// Package tui is the terminal UI: a scenario walked through, forwards and
// backwards. The root Model owns the walk and the panels (package panel);
// commands.go is the one table of keys, from which help and palette are made;
// layout.go says which panel is where. Nothing here prints: cmd runs it.
package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/scenario"
	"trapline/internal/tui/panel"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/session"
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Options of the UI.
type Options struct {
	walk.Options
	Start uint64 // moment to begin at
	Light bool   // the terminal is light, until it says otherwise
	// Quiz of a lesson that the UI asks, or nil.
	Quiz *quiz.Quiz
	// Lesson is the text of the Lesson panel, which is then the first of the
	// slot; "": the scenario's text, in its usual place.
	Lesson string
	// Opening, if set, is done before the viewer begins.
	Opening *Opening
	// Patience is how long a move may keep the keys waiting; 0: until it ends.
	Patience time.Duration
	// Panic makes the first key a panic: for the test that the terminal is restored.
	Panic bool
}

// Model is the root model.
type Model struct {
	*session.Session
	ctx context.Context
	opt Options

	w, h      int
	theme     text.Theme
	set       panels
	otherSet  panels
	tab       int // which of tabs the tab slot shows
	presenter bool
	overlay   overlay
	areas     []area

	play  play
	quiz  *quiz.Quiz
	scrub *area // the timeline that the mouse holds, or nil

	job    *job   // that goes on, or nil
	last   string // the last screen
	opened bool   // or it opens
	partly bool   // opening was stopped
	err    error  // that ends the UI
}

// New shows a walk: a scenario's, or a replayed recording's. Close closes it.
func New(ctx context.Context, w *walk.Walk, o Options) (*Model, error) {
	m := &Model{Session: session.On(ctx, w, o.Options), ctx: ctx, opt: o, theme: text.NewTheme(!o.Light)}
	m.set = newPanels(m.File, m.Points.Breaks)
	m.otherSet = newPanels(m.File, m.Points.Breaks)
	m.quiz = cmp.Or(o.Quiz, &quiz.Quiz{})
	if o.Lesson != "" {
		m.set.lesson.Text = o.Lesson
	}
	m.set.why.Asks = len(m.quiz.Questions) > 0
	m.Shown = m.show
	m.w, m.h = 80, 24
	m.Refresh()
	if o.Patience > 0 {
		m.Limit = 0   // whoever waits ends a move when it is long enough
		return m, nil // the first size of the terminal opens: there is a screen then
	}
	m.opens()
	if m.err != nil {
		m.Close()
		return nil, m.err
	}
	return m, nil
}

// Close ends what goes on and frees the machines.
func (m *Model) Close() {
	if j := m.job; j != nil {
		j.stop()
		<-j.done
	}
	m.Session.Close()
}

// Init asks the terminal whether it is dark.
func (m *Model) Init() tea.Cmd { return tea.RequestBackgroundColor }

// show gives the panels the present moment.
func (m *Model) show() {
	m.set.show(m.Moment)
	m.set.timeline.Marks, m.set.timeline.Books, m.set.timeline.Unmarked = m.Walk.Marks(), m.Books, m.Walk.Unmarked()
	m.set.why.Message = m.Message
	if m.Other != nil {
		m.otherSet.show(m.Beside)
		m.otherSet.timeline.Marks, m.otherSet.timeline.Unmarked = m.Other.Marks(), m.Other.Unmarked()
	}
}

// panels is one of each.
type panels struct {
	code      *panel.Code
	source    *panel.Source
	registers *panel.Registers
	stack     *panel.Stack
	calls     *panel.Calls
	memory    *panel.Memory
	gates     panel.Panel // the IDT, or a Linux program's processes
	probes    *panel.Probes
	diagram   *panel.Diagram
	big       *panel.Big
	locks     *panel.Locks
	cpus      *panel.CPUs
	lesson    *panel.Lesson
	log       *panel.Log
	trace     *panel.Trace
	timeline  *panel.Timeline
	why       *panel.Why
}

func newPanels(f *scenario.File, breaks map[uint64]bool) panels {
	lesson, gates := f.Text, panel.Traps(f.World())
	return panels{
		&panel.Code{Breaks: breaks}, &panel.Source{}, &panel.Registers{}, &panel.Stack{}, &panel.Calls{}, &panel.Memory{}, gates, &panel.Probes{},
		&panel.Diagram{}, &panel.Big{}, &panel.Locks{}, &panel.CPUs{}, &panel.Lesson{Text: lesson}, &panel.Log{}, &panel.Trace{}, &panel.Timeline{}, &panel.Why{},
	}
}

func (p *panels) all() []panel.Panel {
	return []panel.Panel{p.code, p.source, p.registers, p.stack, p.calls, p.memory, p.gates, p.probes, p.diagram, p.big, p.locks, p.cpus, p.lesson, p.log, p.trace, p.timeline, p.why}
}

func (p *panels) show(m *walk.Moment) {
	for _, x := range p.all() {
		x.Show(m)
	}
}

// tabs are the panels that Tab turns to: those of the slot, which have no place
// of their own; where all have one, those that can be scrolled.
func (m *Model) tabs() []panel.Panel {
	p := &m.set
	var list []panel.Panel
	switch size := m.size(); {
	case size == large:
		list = []panel.Panel{p.memory, p.code, p.stack, p.lesson, p.probes}
	case size == medium && len(m.Moment.CPUs) > 1:
		list = []panel.Panel{p.gates, p.memory, p.lesson, p.log, p.locks}
	case size == medium:
		list = []panel.Panel{p.gates, p.memory, p.lesson, p.log, p.cpus}
	default:
		list = []panel.Panel{p.registers, p.stack, p.probes, p.memory, p.gates, p.locks, p.cpus, p.log, p.lesson}
	}
	if m.HasEvents() && m.size() != large {
		list = append(list, p.trace)
	}
	if m.size() != large {
		list = append(list, p.calls)
	}
	if m.Walk.HasSource() {
		list = append(list, p.source)
	}
	if i := slices.Index(list, panel.Panel(p.lesson)); m.opt.Lesson != "" && i >= 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, panel.Panel(p.lesson))
	}
	return list
}

// tabPanel is the one that is shown.
func (m *Model) tabPanel() panel.Panel {
	t := m.tabs()
	return t[m.tab%len(t)]
}

// tabName is where a panel is among the tabs, for its title; "" if it is not
// the one shown.
func (m *Model) tabName(p panel.Panel) string {
	switch {
	case m.Other != nil || p != m.tabPanel():
		return ""
	case m.size() == large:
		return "  ‹PgUp PgDn›"
	}
	return fmt.Sprintf("  ‹%d/%d Tab›", m.tab%len(m.tabs())+1, len(m.tabs()))
}
