package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/tui/course"
	"trapline/internal/tui/figure"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/session"
	"trapline/internal/tui/walk"
)

// recordAhead is how many steps are recorded when a scenario opens, so that the
// timeline shows what is to come.
const recordAhead = 20_000

// MaxProbes bounds the probes of the viewer's own.
const MaxProbes = 8

// Look is how much of code and stack a view has.
var Look = walk.Look{CPU: -1, Code: 24, Stack: 18, Source: 10}

func (m *Machine) catalog() (*Catalog, error) {
	c := &Catalog{Version: m.version}
	list, err := course.Lessons()
	if err != nil {
		return nil, err
	}
	for _, l := range list {
		c.Lessons = append(c.Lessons, LessonEntry{l.Name, l.Title, l.Part, l.Scenario, l.Minutes})
	}
	library, err := scenario.Library()
	for _, b := range library {
		c.Scenarios = append(c.Scenarios, LibraryEntry{b.Name, b.Group, b.Title})
	}
	return c, err
}

// file is the scenario that a request asks for, with the viewer's probes in it.
func file(q *Request, l *course.Lesson) (f *scenario.File, err error) {
	switch {
	case q.File != "":
		parsed, err := format.Parse("yours.txtar", []byte(q.File))
		if err != nil {
			return nil, err
		}
		f = &scenario.File{File: parsed, ReadFile: func(name string) ([]byte, error) {
			if data, ok := q.Files[name]; ok {
				return data, nil
			}
			return nil, fmt.Errorf("%s: a page has no other files", name)
		}}
	case l != nil:
		f, err = l.Open()
	default:
		f, err = scenario.Load(q.Scenario)
	}
	if err != nil || len(q.Probes) == 0 {
		return f, err
	}
	if len(q.Probes) > MaxProbes {
		return nil, fmt.Errorf("%d probes of your own; expected at most %d", len(q.Probes), MaxProbes)
	}
	member := string(f.Member("probes"))
	if member != "" && !strings.HasSuffix(member, "\n") {
		member += "\n"
	}
	for i, place := range q.Probes {
		member += fmt.Sprintf("yours%d at %s\n", i+1, place)
	}
	return f.With(map[string][]byte{"probes": []byte(member), "expect": nil, "schedule": nil, "explore": nil, "steps": nil})
}

// open opens a scenario, follows a schedule and goes to a moment. What was open
// stays open if that fails.
func (m *Machine) open(ctx context.Context, q *Request, a *Answer) error {
	l, err := lesson(q)
	if err != nil {
		return err
	}
	f, err := file(q, l)
	if err != nil {
		return err
	}
	own, err := course.Own(f)
	if err != nil {
		return err
	}
	o := walk.Options{Record: recordAhead}
	o.Engine = q.Engine
	if o.Engine == "" && l != nil {
		o.Engine = l.Engine
	}
	if o.Engine != "" {
		if err := f.CheckEngine(o.Engine); err != nil {
			return err
		}
	}
	w, err := m.started(ctx, f, &o, q)
	if err != nil {
		return err
	}
	if m.Session != nil {
		m.Session.Close()
	}
	m.Session = session.On(ctx, w, o)
	m.Session.Look = Look
	m.Session.Limit = 0 // the page shows how far a move is, and stops it
	m.schedul, m.sent = q.Schedule, marksSent{}
	m.scene = SceneOf(w)
	m.scene.Scenario, m.scene.Probes = cmp.Or(q.Scenario, f.Name), q.Probes
	switch {
	case own != nil:
		m.asks(own)
		m.scene.Title, m.scene.Text = own.Title, own.Text
	case l != nil:
		m.asks(l)
		m.scene.Lesson, m.scene.Title, m.scene.Text, m.scene.Scenario = l.Name, l.Title, l.Text, l.Scenario
	default:
		m.quiz = quiz.Quiz{}
	}
	m.GoTo(q.At)
	a.Scene, a.View, a.Question = m.scene, m.view(), m.question()
	return nil
}

// asks has the questions of a lesson asked, from the first one on unless they are
// asked already.
func (m *Machine) asks(l *course.Lesson) {
	if m.quiz.Lesson != l.Name {
		m.quiz = quiz.Quiz{Lesson: l.Name, Questions: l.Asked()}
	}
}

// started opens a walk and follows the request's schedule: of steps as the UI
// takes them, or of direct mode, in which searches run.
func (m *Machine) started(ctx context.Context, f *scenario.File, o *walk.Options, q *Request) (*walk.Walk, error) {
	ahead := *o
	ahead.Record = 0
	w, err := walk.Open(ctx, f, ahead)
	if err != nil {
		return nil, err
	}
	m.moving.Store(&moving{w, max(o.Record, q.At)})
	err = errors.Join(w.Record(ctx, o.Record), start(ctx, w, q))
	if err == nil {
		return w, nil
	}
	w.Close()
	if o.Direct || !errors.Is(err, sched.ErrOtherScenario) {
		return nil, err
	}
	o.Direct = true
	return m.started(ctx, f, o, q)
}

// start follows the schedule and the changes of a request.
func start(ctx context.Context, w *walk.Walk, q *Request) error {
	if q.Schedule == "" {
		return nil
	}
	s, err := w.Run.ParseSchedule(q.Schedule)
	if err != nil {
		return fmt.Errorf("the schedule: %w", err)
	}
	for _, x := range q.Changes {
		if x.CPU < 0 || x.CPU >= len(w.Run.Machine.CPUs) {
			return fmt.Errorf("a change on cpu%d, of %d", x.CPU, len(w.Run.Machine.CPUs))
		}
	}
	return w.Follow(ctx, s, q.Changes...)
}

// SceneOf is the scene of a walk.
func SceneOf(w *walk.Walk) *Scene {
	f := w.Run.File
	s := &Scene{
		Title: f.Title(), Text: f.Text, Engine: w.Run.Engine(), Engines: f.Engines(),
		States: w.Run.Describe().States, Edges: w.Run.Describe().Edges(), Glyphs: figure.Glyphs,
		CPUs: len(w.Run.Machine.CPUs), Events: w.Run.HasEvents(), Source: w.HasSource(),
	}
	for i := range w.Run.Actors() {
		s.Actors = append(s.Actors, w.Run.ActorName(i))
	}
	s.Search = len(s.Actors) > 1
	if !slices.Contains(s.Engines, s.Engine) {
		s.Engines = append([]string{s.Engine}, s.Engines...)
	}
	return s
}

// compare puts another engine beside this one: "" is the next one.
func (m *Machine) compare(engine string) error {
	if engine == "" {
		m.Compare()
		return nil
	}
	if err := m.File.CheckEngine(engine); err != nil {
		return err
	}
	return m.CompareWith(engine)
}
