package live

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
	"trapline/internal/tui/course"
	"trapline/internal/tui/walk"
)

// page asks a machine as the page does, and keeps the answers.
type page struct {
	t       *testing.T
	m       *Machine
	answers []*Answer

	progress func(*Progress) // or nil
}

func newPage(t *testing.T) *page {
	p := &page{t: t}
	p.m = New("test", func(text string) {
		a := &Answer{}
		require.NoError(t, json.Unmarshal([]byte(text), a))
		p.answers = append(p.answers, a)
		if a.Progress != nil && p.progress != nil {
			p.progress(a.Progress)
		}
	})
	t.Cleanup(func() {
		if p.m.Session != nil {
			p.m.Close()
		}
	})
	return p
}

// answer gives a request and returns the last answer to it.
func (p *page) answer(q Request) *Answer {
	p.t.Helper()
	q.ID = len(p.answers) + 1
	data, err := json.Marshal(q)
	require.NoError(p.t, err)
	p.m.Handle(string(data))
	a := p.answers[len(p.answers)-1]
	require.Equal(p.t, q.ID, a.ID)
	return a
}

// ask is answer for a request that must not fail.
func (p *page) ask(q Request) *Answer {
	p.t.Helper()
	a := p.answer(q)
	require.Empty(p.t, a.Error, "%+v", q)
	return a
}

func (p *page) hash() string { return p.ask(Request{Do: "hash"}).Hash }

// Every lesson and every scenario opens, is stepped forwards, to its end and
// back, and has the same states as a walk of the terminal's.
func TestEverythingOpens(t *testing.T) {
	p := newPage(t)
	c := p.ask(Request{Do: "catalog"}).Catalog
	require.Equal(t, "test", c.Version)
	lessons, err := course.Lessons()
	require.NoError(t, err)
	require.Len(t, c.Lessons, len(lessons))
	require.Len(t, c.Scenarios, len(scenario.Names()))
	for i := range lessons {
		l := &lessons[i]
		a := p.ask(Request{Do: "open", Lesson: c.Lessons[i].Name})
		require.Equal(t, l.Title, a.Scene.Title)
		require.Equal(t, len(l.Questions), a.Question.Count)
		p.sameAsTheTerminal(l.Scenario, l.Engine)
	}
	for _, s := range c.Scenarios {
		a := p.ask(Request{Do: "open", Scenario: s.Name})
		require.Equal(t, s.Name, a.Scene.Scenario)
		require.NotEmpty(t, a.View.Moment.Code, s.Name)
		p.ask(Request{Do: "step"})
	}
}

func (p *page) sameAsTheTerminal(name, engine string) {
	p.t.Helper()
	f, err := scenario.Load(name)
	require.NoError(p.t, err)
	w, err := walk.Open(p.t.Context(), f, walk.Options{Options: scenario.Options{Engine: engine}, Record: walk.DefaultRecord})
	require.NoError(p.t, err)
	defer w.Close()
	for _, q := range []Request{{Do: "step"}, {Do: "end"}, {Do: "step", Back: true}, {Do: "goto", At: w.End() / 2}} {
		v := p.ask(q).View
		require.NoError(p.t, w.Goto(p.t.Context(), v.Moment.At))
		require.Equal(p.t, fmt.Sprintf("%016x", w.Hash()), p.hash(), "%s after %s", name, q.Do)
	}
}

// The marks come when the line has others, and not with every view.
func TestMarksComeOnce(t *testing.T) {
	p := newPage(t)
	require.NotEmpty(t, p.ask(Request{Do: "open", Scenario: "first-probe"}).View.Marks)
	require.Nil(t, p.ask(Request{Do: "step"}).View.Marks)
	require.Nil(t, p.ask(Request{Do: "mark", Kind: "trap"}).View.Marks)
	require.Contains(t, p.answer(Request{Do: "mark", Kind: "x"}).Error, "expected one of hit, trap")
}

// A race is searched for, what was found is played, and a link to its end opens
// in another page in the same state.
func TestARaceIsFoundPlayedAndShared(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "smp-missed-probe"})
	d := p.ask(Request{Do: "search"}).Search
	require.True(t, d.Found)
	require.Equal(t, "no-missed-probe", d.Violated[0].Property)
	v := p.ask(Request{Do: "open", Scenario: "smp-missed-probe", Schedule: d.Schedule}).View
	require.Zero(t, v.Moment.At)
	v = p.ask(Request{Do: "mark", Kind: "violation"}).View
	require.NotEmpty(t, v.Moment.Violated)
	l, h := p.ask(Request{Do: "link"}).Link, p.hash()
	require.NotEmpty(t, l.Schedule)

	other := newPage(t)
	a := other.ask(Request{Do: "open", Scenario: "smp-missed-probe", Schedule: l.Schedule, Changes: l.Changes, At: l.At})
	require.Equal(t, l.At, a.View.Moment.At)
	require.Equal(t, h, other.hash())
	require.Equal(t, l, other.ask(Request{Do: "link"}).Link)
	require.Contains(t, other.answer(Request{Do: "open", Scenario: "first-probe", Schedule: l.Schedule}).Error, "another scenario")
	require.Equal(t, h, other.hash(), "what was open stays")
}

// The line of the scenario's own run needs no schedule in a link.
func TestALinkToTheFirstRunIsShort(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "smp-missed-probe"})
	p.ask(Request{Do: "end"})
	l := p.ask(Request{Do: "link"}).Link
	require.Empty(t, l.Schedule)
	require.NotZero(t, l.At)
}

// A change of a register is a step of its own: undone by going back, made again by
// going on, left with its branch, and part of a link.
func TestRegistersAndMemoryAreChanged(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "first-probe", At: 2})
	before := p.hash()
	reg := func(v *View, name string) string {
		for _, r := range v.Moment.Regs {
			if r.Name == name {
				return r.Value
			}
		}
		return ""
	}
	v := p.ask(Request{Do: "change", Text: "%eax 0x1234"}).View
	require.Equal(t, "00001234", reg(v, "eax"))
	require.Equal(t, "set %eax 0x1234 on cpu0", v.Moment.Head)
	require.True(t, v.Can.Return)
	p.ask(Request{Do: "one"})
	v = p.ask(Request{Do: "change", Text: "u8[target] 0x90"}).View
	after := p.hash()
	l := p.ask(Request{Do: "link"}).Link
	require.Equal(t, []walk.MadeChange{{At: 2, CPU: 0, Text: "%eax 0x1234"}, {At: 4, CPU: 0, Text: "u8[target] 0x90"}}, l.Changes)

	p.ask(Request{Do: "goto", At: 2})
	require.Equal(t, before, p.hash())
	p.ask(Request{Do: "goto", At: v.Moment.At})
	require.Equal(t, after, p.hash())
	other := newPage(t)
	other.ask(Request{Do: "open", Scenario: "first-probe", Schedule: l.Schedule, Changes: l.Changes, At: l.At})
	require.Equal(t, after, other.hash())

	p.ask(Request{Do: "return"})
	p.ask(Request{Do: "goto", At: 2})
	require.Equal(t, before, p.hash())
	require.Zero(t, p.ask(Request{Do: "end"}).View.Moment.Branch)
	require.Contains(t, p.answer(Request{Do: "change", Text: "%nothing 5"}).Error, "%nothing")
	require.Contains(t, p.answer(Request{Do: "change", Text: "%eax"}).Error, "expected")
	require.Contains(t, p.answer(Request{Do: "change", Text: "u8[0] 5"}).Error, "no memory at 0")
	require.Contains(t, p.answer(Request{Do: "change", CPU: 7, Text: "%eax 5"}).Error, "no cpu7")
}

// A module goes and a line is written to a file of events, each in a step of its own; what the
// kernel answers is said. Going back undoes both.
func TestFilesOfEventsAreWritten(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "module-comes-and-goes"})
	p.ask(Request{Do: "break", Text: "between"})
	at := p.ask(Request{Do: "run"}).View.Moment.At
	list := func() string { return p.ask(Request{Do: "change", Text: "cat kprobes/list"}).Shown }
	before, hash := list(), p.hash()
	require.NotContains(t, before, "[GONE]")
	v := p.ask(Request{Do: "change", Text: "rmmod driver"}).View
	require.Equal(t, "rmmod driver", v.Moment.Head)
	require.Contains(t, list(), "[GONE]")
	v = p.ask(Request{Do: "change", Text: "echo 'p:ev/plain work' >> kprobe_events"}).View
	require.Contains(t, v.Moment.Head, "ENOENT")
	gone := p.hash()
	l := p.ask(Request{Do: "link"}).Link
	v = p.ask(Request{Do: "end"}).View
	require.Contains(t, v.Moment.Over, "page_fault")

	p.ask(Request{Do: "goto", At: at})
	require.Equal(t, hash, p.hash())
	require.Equal(t, before, list())
	p.ask(Request{Do: "goto", At: at + 2})
	require.Equal(t, gone, p.hash())
	require.Contains(t, list(), "[GONE]")
	p.ask(Request{Do: "return"})
	require.NotContains(t, p.ask(Request{Do: "end"}).View.Moment.Over, "page_fault")

	other := newPage(t)
	other.ask(Request{Do: "open", Scenario: "module-comes-and-goes", Schedule: l.Schedule, Changes: l.Changes, At: l.At})
	require.Equal(t, gone, other.hash())
	require.Contains(t, p.answer(Request{Do: "change", Text: "rmmod"}).Error, "expected a name")
	require.Contains(t, p.answer(Request{Do: "change", Text: "step 5"}).Error, "expected")
	p.ask(Request{Do: "open", Scenario: "first-probe"})
	require.Contains(t, p.answer(Request{Do: "change", Text: "rmmod driver"}).Error, "no event files")
	require.Equal(t, "%eax + 1 = 0x1 (1)\n", p.ask(Request{Do: "change", Text: "print %eax + 1"}).Shown)
}

// A probe of the viewer's own is hit.
func TestAProbeIsPlaced(t *testing.T) {
	p := newPage(t)
	v := p.ask(Request{Do: "open", Scenario: "first-probe", Probes: []string{"main"}}).View
	require.Equal(t, "yours1", v.Moment.Probes[len(v.Moment.Probes)-1].Name)
	v = p.ask(Request{Do: "end"}).View
	last := v.Moment.Probes[len(v.Moment.Probes)-1]
	require.NotZero(t, last.Hits)
	require.Contains(t, p.answer(Request{Do: "open", Scenario: "first-probe", Probes: []string{"nowhere"}}).Error, "nowhere")
}

func TestEnginesAreCompared(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "first-probe"})
	v := p.ask(Request{Do: "compare", Engine: "2005"}).View
	require.Equal(t, "2005", v.Beside.Engine)
	require.Equal(t, "2005", v.BesideOf.Engine)
	v = p.ask(Request{Do: "mark", Kind: "trap"}).View
	require.NotNil(t, v.Beside.Step.Delivery)
	require.Nil(t, p.ask(Request{Do: "single"}).View.Beside)
	require.Contains(t, p.answer(Request{Do: "compare", Engine: "x"}).Error, "engine")
}

// Questions and tasks are judged as in the terminal: a wrong answer gets what it
// would mean, the run that is shown can be the answer of a task.
func TestQuestionsAreAnswered(t *testing.T) {
	p := newPage(t)
	q := p.ask(Request{Do: "open", Lesson: "two-cpus-one-probe"}).Question
	require.Equal(t, "Question 1 of 4", q.Title)
	q = p.ask(Request{Do: "answer", Text: "the moon"}).Question
	require.Contains(t, q.Verdict, "counts as no answer: expected a name")
	require.Empty(t, q.Hint)
	q = p.ask(Request{Do: "answer", Text: "multiprobe lock"}).Question
	require.Contains(t, q.Verdict, "Not that. That belongs to multiprobes")
	require.NotEmpty(t, q.Hint)
	for _, answer := range []string{"kprobe_lock", "hit_ss", "none"} {
		q = p.ask(Request{Do: "answer", Text: answer}).Question
		require.Contains(t, q.Verdict, "Right", answer)
	}
	require.True(t, q.Run)
	require.Equal(t, "Task 4 of 4", q.Title)
	p.ask(Request{Do: "hold", CPU: 1})
	p.ask(Request{Do: "mark", Kind: "patched"})
	p.ask(Request{Do: "take", Actor: 1})
	q = p.ask(Request{Do: "answer"}).Question
	require.Contains(t, q.Verdict, "Right")
	require.True(t, q.Over)
	require.Equal(t, 3, q.Right)
	require.Equal(t, "Question 1 of 4", p.ask(Request{Do: "again"}).Question.Title)
}

// A search that is stopped says what it has covered.
func TestASearchIsStopped(t *testing.T) {
	p := newPage(t)
	p.ask(Request{Do: "open", Scenario: "lock-convoy"})
	go func() {
		time.Sleep(50 * time.Millisecond)
		p.m.Stop()
	}()
	start := time.Now()
	d := p.ask(Request{Do: "search", Strategy: "random"}).Search
	require.Less(t, time.Since(start), 30*time.Second)
	require.False(t, d.Exhausted)
	p.ask(Request{Do: "step"})
}

func TestBadRequests(t *testing.T) {
	p := newPage(t)
	require.Equal(t, errNotOpen.Error(), p.answer(Request{Do: "step"}).Error)
	require.Contains(t, p.answer(Request{Do: "fly"}).Error, `unknown request "fly"`)
	require.Contains(t, p.answer(Request{Do: "open", Scenario: "no-such"}).Error, "no-such")
	require.Contains(t, p.answer(Request{Do: "open", Lesson: "no-such"}).Error, "no-such")
	require.Contains(t, p.answer(Request{Do: "open", File: "x"}).Error, "yours.txtar")
	p.ask(Request{Do: "open", Scenario: "first-probe"})
	require.Contains(t, p.answer(Request{Do: "explain", Text: "K999"}).Error, "K999")
	require.Equal(t, "K4", p.ask(Request{Do: "explain", Text: "k4"}).Rows[0].ID)
	p.m.Handle("{")
	require.Contains(t, p.answers[len(p.answers)-1].Error, "no JSON")
}

// A long move says how far it is, has no bound in time, and stays where it was stopped; the
// same again goes on from there.
func TestLongMovesAreToldAndStopped(t *testing.T) {
	const endless = "A long run\n\n-- machine --\ncpus 1\nsteps 90000000\ntime 1h\n-- text.S --\nmain:\tincl %eax\n\tjmp main\n-- tasks --\ncpu 0 at main\n"
	p := newPage(t)
	p.ask(Request{Do: "open", File: endless})
	require.Zero(t, p.m.Limit)
	stopped := make(chan uint64, 1)
	p.progress = func(x *Progress) {
		if x.At > 30_000 && len(stopped) == 0 {
			stopped <- x.At
			p.m.Stop()
		}
	}
	v := p.ask(Request{Do: "goto", At: 80_000_000}).View
	seen := <-stopped
	require.GreaterOrEqual(t, v.Moment.At, seen)
	require.Less(t, v.Moment.At, uint64(80_000_000))
	require.Contains(t, v.Message, "stopped at step")
	require.Contains(t, v.Message, "the same again goes on from here")
	require.Equal(t, v.Moment.At, v.Moment.End)
	p.progress = nil
	require.Equal(t, v.Moment.At+1000, p.ask(Request{Do: "goto", At: v.Moment.At + 1000}).View.Moment.At)
}
