package session

import (
	"slices"

	"trapline/internal/tui/walk"
)

// openEngine opens the scenario under another engine; engines that it cannot
// run under are passed over.
func (s *Session) openEngine(after string) (*walk.Walk, error) {
	list := s.File.Engines()
	at := slices.Index(list, after)
	var last error
	for i := range list {
		name := list[(at+1+i)%len(list)]
		if name == s.Moment.Engine {
			continue
		}
		o := s.opt
		o.Engine = name
		w, err := walk.Open(s.ctx, s.File, o)
		if err == nil {
			return w, nil
		}
		last = err
	}
	return nil, last
}

// NextEngine walks through the scenario under the next engine, from the start,
// and reports whether there is one.
func (s *Session) NextEngine() bool {
	w, err := s.openEngine(s.Moment.Engine)
	if err != nil {
		s.Notice("%v", err)
		return false
	}
	s.Walk.Close()
	s.Walk, s.Books, s.Look.CPU = w, nil, -1
	s.Notice("engine %s, from the start", w.Run.Engine())
	return true
}

// Compare puts another engine beside this one: both go to the start and then
// make every move together.
func (s *Session) Compare() {
	after := s.Moment.Engine
	if s.Other != nil {
		after = s.Beside.Engine
	}
	w, err := s.openEngine(after)
	if err != nil {
		s.Notice("%v", err)
		return
	}
	s.compareTo(w)
	s.Notice("left: engine %s, right: engine %s; every key moves both, esc ends it", s.Moment.Engine, w.Run.Engine())
}

// CompareWith is Compare with an engine of one's choice.
func (s *Session) CompareWith(engine string) error {
	o := s.opt
	o.Engine = engine
	w, err := walk.Open(s.ctx, s.File, o)
	if err == nil {
		s.compareTo(w)
	}
	return err
}

func (s *Session) compareTo(w *walk.Walk) {
	if s.Other != nil {
		s.Other.Close()
	}
	s.Other = w
	s.GoTo(0)
}

// EndCompare closes what is compared with.
func (s *Session) EndCompare() {
	if s.Other != nil {
		s.Other.Close()
		s.Other, s.Beside = nil, nil
		s.Refresh()
	}
}
