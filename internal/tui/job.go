package tui

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"trapline/internal/emu"
	"trapline/internal/tui/text"
	"trapline/internal/tui/walk"
)

// Opening brings an open walk to where it can be looked at, such as by replaying a
// recording.
type Opening struct {
	Steps uint64 // how many it will make, at most
	// Do makes them, from where it was stopped before.
	Do     func(ctx context.Context) error
	Partly string // what is to be known of a walk that was opened up to some step
}

// opening is what the job that opens is called.
const opening = "opening"

// job is what a message does when that takes longer than a key may wait. It goes
// on in a goroutine of its own, which has the session and the panels for itself:
// meanwhile the UI shows the screen of before, how far the job is, and takes the
// keys that end it. Other keys do nothing, now or later.
type job struct {
	what string
	walk *walk.Walk
	from uint64 // where it began
	when time.Time
	of   uint64 // the last step that it can come to, as far as that is known
	stop context.CancelFunc
	done chan struct{} // closed at its end
	cmd  tea.Cmd       // what is to follow
	fail any           // what it panicked with

	// The UI's own.
	state   jobState
	refused string    // the last key that did nothing
	later   []tea.Msg // what is not lost meanwhile: the terminal's size, its colour, where the mouse is
	w, h    int
}

type (
	jobDone struct{ *job }
	jobTick struct{ *job }
)

// jobTickEvery is how often progress is shown.
const jobTickEvery = 100 * time.Millisecond

// begin does what a message asks for, for as long as patience lasts beside nothing
// else, then as a job.
func (m *Model) begin(what string, f func() tea.Cmd) tea.Cmd {
	ctx, stop := context.WithCancel(m.ctx)
	j := &job{what: what, walk: m.Walk, from: m.Walk.Reached(), when: time.Now(), of: m.Walk.End(), stop: stop, done: make(chan struct{}), w: m.w, h: m.h}
	if o := m.opt.Opening; o != nil && what == opening {
		j.of = max(j.of, o.Steps)
	}
	m.Within(ctx)
	go func() {
		defer close(j.done)
		defer func() {
			if r := recover(); r != nil {
				j.fail = fmt.Errorf("%v\n%s", r, debug.Stack())
			}
		}()
		j.cmd = f()
	}()
	patience := time.NewTimer(m.opt.Patience)
	defer patience.Stop()
	select {
	case <-j.done:
		return m.end(j)
	case <-patience.C:
	}
	m.job = j
	return tea.Batch(func() tea.Msg { <-j.done; return jobDone{j} }, j.tick())
}

func (j *job) tick() tea.Cmd {
	return tea.Tick(jobTickEvery, func(time.Time) tea.Msg { return jobTick{j} })
}

// end takes the session back from a job that is done.
func (m *Model) end(j *job) tea.Cmd {
	j.stop()
	leaves := j.state == jobLeaves
	j.become(jobOver)
	m.job = nil
	if j.fail != nil {
		panic(j.fail) // Bubble Tea restores the terminal
	}
	if leaves || m.err != nil {
		return tea.Quit
	}
	cmds := []tea.Cmd{j.cmd}
	for _, msg := range j.later {
		_, cmd := m.Update(msg)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

// beside takes a message while a job goes on.
func (m *Model) beside(msg tea.Msg) tea.Cmd {
	j := m.job
	switch msg := msg.(type) {
	case jobDone:
		return m.end(j)
	case jobTick:
		return j.tick()
	case tea.KeyPressMsg:
		switch key := msg.String(); key {
		case "esc":
			j.end(jobStops)
		case "q", "ctrl+c":
			j.end(jobLeaves)
		default:
			j.refused = key
		}
	case tea.WindowSizeMsg:
		j.w, j.h = msg.Width, msg.Height
		j.keep(msg)
	case tea.BackgroundColorMsg, tea.MouseMotionMsg, tea.MouseReleaseMsg:
		j.keep(msg)
	}
	return nil
}

// keep has a message taken when the job is done; of each kind the last one counts.
func (j *job) keep(msg tea.Msg) {
	for i, x := range j.later {
		if fmt.Sprintf("%T", x) == fmt.Sprintf("%T", msg) {
			j.later[i] = msg
			return
		}
	}
	j.later = append(j.later, msg)
}

// status says what goes on, for the last line.
func (m *Model) status() text.Line {
	j := m.job
	var l text.Line
	at := j.walk.Reached()
	l.Add(text.Here, " "+j.what+" ")
	l.Add(text.Code, fmt.Sprintf(" step %d of %d", at, max(j.of, at)))
	if left := j.left(at, time.Since(j.when)); left > 0 {
		l.Add(text.Dim, fmt.Sprintf(", %v left", left))
	}
	switch {
	case j.state == jobLeaves:
		l.Add(text.Work, "  leaves…")
	case j.state == jobStops:
		l.Add(text.Work, "  stops…")
	case j.refused != "": // in place of the keys' names: 80 cells have room for one
		l.Add(text.Work, "  "+j.refused+": only esc and q now")
	default:
		l.Add(text.Key, "  esc")
		l.Add(text.Dim, " stops here ")
		l.Add(text.Key, " q")
		l.Add(text.Dim, " leaves")
	}
	return l
}

// leftAfter is how long a job goes on before it is judged how long it still takes.
const leftAfter = time.Second

// left is about how long a job still takes that has come to a step in some time,
// in seconds; 0 where nothing can be said.
func (j *job) left(at uint64, spent time.Duration) time.Duration {
	if spent < leftAfter || at <= j.from || at >= j.of {
		return 0
	}
	left := time.Duration(float64(spent) * float64(j.of-at) / float64(at-j.from))
	return max(left.Round(time.Second), time.Second)
}

// busy is what is shown while a job goes on: the screen of before, or of another
// size a plain one, with the status in the last line.
func (m *Model) busy() string {
	j := m.job
	w, h := max(j.w, 1), max(j.h, 1)
	last := m.theme.Render([]text.Line{m.status().Fit(w)})
	if lines := strings.Split(m.last, "\n"); m.last != "" && m.w == w && m.h == h && len(lines) == h {
		return strings.Join(append(lines[:h-1:h-1], last), "\n")
	}
	plain := make([]text.Line, h)
	plain[0] = text.Of(text.Here, " trapline ")
	plain[0].Add(text.Code, " "+m.File.Title())
	for i := range plain {
		plain[i] = plain[i].Fit(w)
	}
	lines := strings.Split(m.theme.Render(plain), "\n")
	return strings.Join(append(lines[:h-1:h-1], last), "\n")
}

// opens brings the walk to where the viewer begins, or goes on with that.
func (m *Model) opens() {
	again, at := m.partly, m.Walk.At()
	m.opened, m.partly = true, false
	if o := m.opt.Opening; o != nil {
		ctx, cancel := m.Bounded()
		defer cancel()
		switch err := o.Do(ctx); {
		case errors.Is(err, emu.ErrStopped):
			m.partly = true
			m.Notice("stopped at step %d of %d: %s; G goes on with it", m.Walk.End(), o.Steps, o.Partly)
			return
		case err != nil:
			m.err = err
			return
		}
	}
	if !again {
		at = m.opt.Start
	}
	m.GoTo(at)
}

// goOn goes on with an opening that was stopped.
func (m *Model) goOn() tea.Cmd {
	m.opens()
	if m.err != nil {
		return tea.Quit
	}
	return nil
}
