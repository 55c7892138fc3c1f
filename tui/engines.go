package tui

import (
	"slices"

	"trapline/tui/walk"
)

// openEngine opens the scenario under another engine; engines that it cannot
// run under are passed over.
func (m *Model) openEngine(after string) (*walk.Walk, error) {
	list := m.file.Engines()
	at := slices.Index(list, after)
	var last error
	for i := range list {
		name := list[(at+1+i)%len(list)]
		if name == m.moment.Engine {
			continue
		}
		o := m.opt.Options
		o.Engine = name
		w, err := walk.Open(m.ctx, m.file, o)
		if err == nil {
			return w, nil
		}
		last = err
	}
	return nil, last
}

// nextEngine walks through the scenario under the next engine, from the start.
func (m *Model) nextEngine() {
	w, err := m.openEngine(m.moment.Engine)
	if err != nil {
		m.notice("%v", err)
		return
	}
	m.walk.Close()
	m.walk, m.books, m.look.CPU = w, nil, -1
	m.set.timeline.Zoom = 0
	m.notice("engine %s, from the start", w.Run.Engine())
}

// compare puts another engine beside this one: both go to the start and then
// make every move together.
func (m *Model) compare() {
	after := m.moment.Engine
	if m.other != nil {
		after = m.beside.Engine
	}
	w, err := m.openEngine(after)
	if err != nil {
		m.notice("%v", err)
		return
	}
	if m.other != nil {
		m.other.Close()
	}
	m.other = w
	m.goTo(0)
	m.notice("left: engine %s, right: engine %s; every key moves both, esc ends it", m.moment.Engine, w.Run.Engine())
}
