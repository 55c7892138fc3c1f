package live

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"trapline/docs"
	"trapline/internal/emu"
	"trapline/internal/record"
	"trapline/internal/tui/course"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/session"
	"trapline/internal/tui/walk"
)

// Machine answers requests, one after the other.
type Machine struct {
	version string
	send    func(string)
	sending sync.Mutex

	*session.Session
	quiz    quiz.Quiz
	scene   *Scene
	schedul string // that was followed from the start
	sent    marksSent

	mu   sync.Mutex
	stop context.CancelFunc // of the request that is being answered

	moving atomic.Pointer[moving] // what the request moves
}

// moving is a walk that a request moves.
type moving struct {
	walk *walk.Walk
	of   uint64 // the last step that it leads to, as far as that is known
}

// progressEvery is how often a request that moves a walk says how far it is.
const progressEvery = 200 * time.Millisecond

// marksSent tells whether the page has the present line's marks.
type marksSent struct {
	walk  *walk.Walk
	line  *record.Line
	count int
}

// New makes a machine that gives its answers to send, as JSON.
func New(version string, send func(string)) *Machine { return &Machine{version: version, send: send} }

// Stop ends the request that is being answered. It may be called at any time.
func (m *Machine) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stop != nil {
		m.stop()
	}
}

// Handle answers a request. Another one must not be handled meanwhile.
func (m *Machine) Handle(text string) {
	var q Request
	a := &Answer{}
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		a.Error = "the request is no JSON: " + err.Error()
		m.answer(a)
		return
	}
	a.ID = q.ID
	ctx, cancel := context.WithCancel(context.Background())
	m.mu.Lock()
	m.stop = cancel
	m.mu.Unlock()
	defer m.Stop()
	done := m.reporting(ctx, q.ID)
	if err := m.do(ctx, &q, a); err != nil {
		a.Error = err.Error()
	}
	done()
	m.answer(a)
}

// reporting says now and then how far a request is that moves a walk, until what it gives is
// called.
func (m *Machine) reporting(ctx context.Context, id int) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	m.moving.Store(nil)
	go func() {
		defer close(over)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if x := m.moving.Load(); x != nil {
				m.answer(&Answer{ID: id, Progress: &Progress{At: x.walk.Reached(), Of: x.of}})
			}
		}
	}()
	return func() { cancel(); <-over }
}

func (m *Machine) answer(a *Answer) {
	m.sending.Lock()
	defer m.sending.Unlock()
	data, err := json.Marshal(a)
	if err != nil {
		data, _ = json.Marshal(&Answer{ID: a.ID, Error: err.Error()})
	}
	m.send(string(data))
}

// action answers a request about an open scenario.
type action func(m *Machine, ctx context.Context, q *Request, a *Answer) error

// errNotOpen is returned for a request that needs an open scenario.
var errNotOpen = errors.New("no scenario is open")

func (m *Machine) do(ctx context.Context, q *Request, a *Answer) (err error) {
	switch q.Do {
	case "catalog":
		a.Catalog, err = m.catalog()
		return err
	case "open":
		return m.open(ctx, q, a)
	}
	act, ok := actions[q.Do]
	if !ok {
		return fmt.Errorf("unknown request %q", q.Do)
	}
	if m.Session == nil {
		return errNotOpen
	}
	m.Within(ctx)
	if q.Do != "search" && q.Do != "answer" {
		m.moving.Store(&moving{m.Walk, max(m.Walk.End(), q.At)})
	}
	return act(m, ctx, q, a)
}

func direction(q *Request) record.Direction {
	if q.Back {
		return record.Backward
	}
	return record.Forward
}

// showing makes an action of a move, which shows where it led.
func showing(f func(m *Machine, q *Request) error) action {
	return func(m *Machine, _ context.Context, q *Request, a *Answer) error {
		if err := f(m, q); err != nil {
			return err
		}
		a.View = m.view()
		return nil
	}
}

// plain makes an action of a move that cannot be a wrong one.
func plain(f func(m *Machine, q *Request)) action {
	return showing(func(m *Machine, q *Request) error { f(m, q); return nil })
}

// actions are the requests about an open scenario.
var actions = map[string]action{
	"show":   plain(func(m *Machine, _ *Request) { m.Refresh() }),
	"step":   plain(func(m *Machine, q *Request) { m.StepTold(direction(q)) }),
	"one":    plain(func(m *Machine, q *Request) { m.StepOne(direction(q)) }),
	"over":   plain(func(m *Machine, q *Request) { m.StepOwn(direction(q)) }),
	"line":   plain(func(m *Machine, q *Request) { m.StepLine(direction(q)) }),
	"run":    plain(func(m *Machine, q *Request) { m.Session.Run(direction(q)) }),
	"goto":   plain(func(m *Machine, q *Request) { m.GoTo(q.At) }),
	"end":    plain(func(m *Machine, _ *Request) { m.ToEnd() }),
	"take":   plain(func(m *Machine, q *Request) { m.Take(q.Actor) }),
	"own":    plain(func(m *Machine, q *Request) { m.lookAt(q.CPU); m.OwnLine() }),
	"hold":   plain(func(m *Machine, q *Request) { m.lookAt(q.CPU); m.Hold() }),
	"look":   plain(func(m *Machine, q *Request) { m.lookAt(q.CPU) }),
	"return": plain(func(m *Machine, _ *Request) { m.Return() }),
	"branch": plain(func(m *Machine, _ *Request) { m.NextBranch() }),

	"mark": showing((*Machine).toMark),
	"find": plain(func(m *Machine, q *Request) { m.Sought = q.Text; m.Find(direction(q)) }),
	"watch": showing(func(m *Machine, q *Request) error {
		return m.AddWatch(q.Text)
	}),
	"break": showing(func(m *Machine, q *Request) error {
		addr, err := m.Address(q.Text)
		if err == nil {
			m.ToggleBreak(addr)
		}
		return err
	}),
	"memory": showing(func(m *Machine, q *Request) (err error) {
		m.Session.Look.Memory = 0
		if q.Text != "" {
			m.Session.Look.Memory, err = m.Address(q.Text)
		}
		m.Refresh()
		return err
	}),
	"change": func(m *Machine, _ context.Context, q *Request, a *Answer) (err error) {
		a.Shown, err = m.Directive(q.CPU, q.Text)
		if err == nil {
			a.View = m.view()
		}
		return err
	},
	"compare": showing(func(m *Machine, q *Request) error {
		return m.compare(q.Engine)
	}),
	"single": plain(func(m *Machine, _ *Request) { m.EndCompare(); m.Refresh() }),
	"search": (*Machine).search,

	"question": (*Machine).ask,
	"answer":   (*Machine).answered,
	"again":    (*Machine).askAgain,
	"explain":  explain,
	"link": func(m *Machine, _ context.Context, _ *Request, a *Answer) error {
		a.Link = m.link()
		return nil
	},
	"hash": func(m *Machine, _ context.Context, _ *Request, a *Answer) error {
		a.Hash = fmt.Sprintf("%016x", m.Walk.Hash())
		return nil
	},
}

// lookAt shows a vCPU.
func (m *Machine) lookAt(cpu int) {
	m.Session.Look.CPU = cpu
	m.Refresh()
}

// link is what leads to the present moment: the schedule where the run is not
// the scenario's own.
func (m *Machine) link() *Link {
	l := &Link{At: m.Walk.At()}
	if m.Walk.Line().ID != 0 || m.schedul != "" {
		l.Schedule, l.Changes = m.Taken(), m.Walk.Changes()
	}
	return l
}

// explain gives the rows that the request names, or that the present step cites.
func explain(m *Machine, _ context.Context, q *Request, a *Answer) error {
	ids := strings.Fields(q.Text)
	if len(ids) == 0 {
		ids = m.RowsHere()
	}
	for _, id := range ids {
		row := docs.Find(id)
		if row == nil {
			return fmt.Errorf("no row %s", id)
		}
		x := Row{ID: row.ID, Title: row.Title, Text: docs.Plain(row.Text), Source: docs.Plain(row.Source)}
		if !row.Implemented() || row.Today != "yes" {
			x.Today = docs.Plain(row.Today)
		}
		a.Rows = append(a.Rows, x)
	}
	return nil
}

func (m *Machine) ask(_ context.Context, _ *Request, a *Answer) error {
	a.Question = m.question()
	return nil
}

func (m *Machine) askAgain(_ context.Context, _ *Request, a *Answer) error {
	m.quiz.Restart()
	a.Question = m.question()
	return nil
}

func (m *Machine) answered(ctx context.Context, q *Request, a *Answer) error {
	if !m.quiz.Over() {
		m.quiz.Answer(ctx, q.Text, m.Taken)
		if err := emu.Ended(ctx); err != nil {
			return err
		}
	}
	for i := range m.quiz.Done {
		a.Answered += m.quiz.Done[i].Line()
	}
	m.quiz.Done = nil
	a.Question = m.question()
	return nil
}

func (m *Machine) question() *Question {
	z := &m.quiz
	x := &Question{Title: z.Title(), Form: z.Form(), Hint: z.Hint(), Verdict: z.Verdict, Over: z.Over(), Right: z.Right, Count: len(z.Questions)}
	if !z.Over() {
		q := &z.Questions[z.At]
		x.Text, x.Run = q.Text, q.Task != nil && q.Task.Run()
	}
	return x
}

// lesson is the lesson that a request opens, or that is about its scenario; nil
// for none.
func lesson(q *Request) (*course.Lesson, error) {
	if q.Lesson != "" {
		return course.Find(q.Lesson)
	}
	if q.Scenario == "" {
		return nil, nil
	}
	list, err := course.Lessons()
	for i := range list {
		if l := &list[i]; l.Scenario == q.Scenario && cmp.Or(q.Engine, l.Engine) == l.Engine {
			return l, nil
		}
	}
	return nil, err
}
