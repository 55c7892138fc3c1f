package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// endless counts for 60,000 steps.
const endless = `A long run

-- machine --
cpus 1
steps 60000
-- text.S --
main:	incl %eax
	jmp main
-- tasks --
cpu 0 at main
`

// source is a match that holds a search up at a step until it is let go on.
type source struct {
	at         uint64
	held, free chan struct{}
}

func newSource(at uint64) *source {
	return &source{at, make(chan struct{}), make(chan struct{})}
}

func (s *source) match(w *walk.Walk) func(*emu.Event) bool {
	return func(*emu.Event) bool {
		if w.At() == s.at {
			close(s.held)
			<-s.free
		}
		return false
	}
}

// impatient opens the long run so that every move is a job at once, and gives the walk to
// walks before it opens.
func impatient(t *testing.T, walks chan<- *walk.Walk, o *Opening) *Model {
	t.Helper()
	f, err := format.Parse("endless.txtar", []byte(endless))
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), &scenario.File{File: f}, walk.Options{})
	require.NoError(t, err)
	if walks != nil {
		walks <- w
	}
	m, err := New(t.Context(), w, Options{Patience: time.Nanosecond, Opening: o})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return m
}

// settle waits for the job under way and those that follow.
func settle(m *Model) (last tea.Cmd) {
	for m.job != nil {
		j := m.job
		<-j.done
		_, last = m.Update(jobDone{j})
	}
	return last
}

func lastLine(t *testing.T, m *Model) string {
	t.Helper()
	lines := screenLines(t, m)
	return lines[len(lines)-1]
}

func screenLines(t *testing.T, m *Model) []string {
	t.Helper()
	return strings.Split(ansi.Strip(m.View().Content), "\n")
}

// While a search goes on, keys are handled: what it is and how far stands in the last
// line, other keys do nothing and do nothing later, the terminal's size changes, and
// esc ends it where it got. The same search goes on from there.
func TestKeysWhileASearchGoesOn(t *testing.T) {
	m := impatient(t, nil, nil)
	settle(m)
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	m.View()
	s := newSource(5000)
	search := func(match func(*emu.Event) bool) {
		m.begin("search", func() tea.Cmd {
			ctx, cancel := m.Bounded()
			defer cancel()
			if _, err := m.Walk.Search(ctx, record.Forward, match); err != nil {
				m.Message = err.Error()
			}
			m.Refresh()
			return nil
		})
	}
	search(s.match(m.Walk))
	<-s.held
	require.NotNil(t, m.job)
	require.Contains(t, lastLine(t, m), "search  step 4864 of")
	require.Contains(t, screenLines(t, m)[0], "A long run", "the screen of before")
	for _, k := range []string{"right", "home", "x", "=12"} {
		press(m, k)
	}
	require.Contains(t, lastLine(t, m), "2: only esc and q now")
	m.Update(tea.WindowSizeMsg{Width: 60, Height: 20})
	require.Len(t, screenLines(t, m), 20)
	require.Contains(t, lastLine(t, m), "search  step 4864 of")
	press(m, "esc")
	require.Contains(t, lastLine(t, m), "stops…")
	close(s.free)
	settle(m)
	require.EqualValues(t, 5120, m.Walk.At(), "the next look at the context")
	require.Equal(t, [2]int{60, 20}, [2]int{m.w, m.h})
	require.Empty(t, m.Points.Breaks, "no key acts later")
	require.Contains(t, m.Message, "stopped at step 5120")

	first := uint64(0)
	search(func(*emu.Event) bool {
		if first == 0 {
			first = m.Walk.At()
		}
		return m.Walk.At() == 20_000
	})
	settle(m)
	require.EqualValues(t, 5121, first)
	require.EqualValues(t, 20_000, m.Walk.At())
}

// Every key that moves is a job of its own when it takes long; what they come to is
// what they come to without.
func TestMovesAsJobs(t *testing.T) {
	m := impatient(t, nil, nil)
	settle(m)
	keys := strings.Fields("right right . end left g =3 =0 =0 enter / =i =n =c enter n N x f F")
	for _, k := range keys {
		press(m, k)
		settle(m)
	}
	f, err := format.Parse("endless.txtar", []byte(endless))
	require.NoError(t, err)
	patient := openFile(t, &scenario.File{File: f}, "", 80, 24)
	press(patient, keys...)
	require.Equal(t, patient.Walk.At(), m.Walk.At())
	require.Equal(t, patient.Message, m.Message)
	require.Equal(t, shown(t, patient), shown(t, m))
}

// Opening is a job too: the UI is there at once and shows how far it is, esc keeps what it
// reached and G goes on from there, q leaves, and what fails ends the UI with its error.
func TestOpening(t *testing.T) {
	for _, end := range []string{"esc", "q", "done", "fails"} {
		t.Run(end, func(t *testing.T) {
			s := newSource(1000)
			w := make(chan *walk.Walk, 2)
			m := impatient(t, w, &Opening{Steps: 50_000, Partly: "it is open up to there", Do: func(ctx context.Context) error {
				walk := <-w
				_, err := walk.Search(ctx, record.Forward, s.match(walk))
				if end == "fails" {
					return fmt.Errorf("x.tlr: %w", record.ErrDamaged)
				}
				return err
			}})
			<-s.held
			require.Contains(t, lastLine(t, m), "opening  step 768 of 50000")
			require.Contains(t, strings.Join(screenLines(t, m), "\n"), "jmp main", "the first moment is seen meanwhile")
			if end == "esc" || end == "q" {
				press(m, end)
			}
			close(s.free)
			cmd := settle(m)
			switch end {
			case "esc":
				require.Contains(t, m.Message, "stopped at step 1024 of 50000: it is open up to there; G goes on with it")
				require.EqualValues(t, 1024, m.Walk.At())
				require.Contains(t, lastLine(t, m), "G opening")
				press(m, "left")
				settle(m)
				require.EqualValues(t, 1023, m.Walk.At())
				w <- m.Walk
				press(m, "G")
				settle(m)
				require.EqualValues(t, 60_000, m.Walk.End())
				require.EqualValues(t, 1023, m.Walk.At(), "the viewer stays")
				require.NotContains(t, lastLine(t, m), "G opening")
			case "done":
				require.Zero(t, m.Walk.At(), "no step matched")
				require.EqualValues(t, 60_000, m.Walk.End())
			case "q", "fails":
				require.Equal(t, tea.Quit(), cmd())
				require.Equal(t, end == "fails", errors.Is(m.err, record.ErrDamaged))
			}
		})
	}
}

// How long a job still takes is told after a second, as far as it can be known.
func TestHowLongAJobTakes(t *testing.T) {
	j := &job{from: 1000, of: 11_000}
	require.Zero(t, j.left(5000, 900*time.Millisecond))
	require.Equal(t, 6*time.Second, j.left(5000, 4*time.Second))
	require.Equal(t, time.Second, j.left(10_999, 4*time.Second))
	require.Zero(t, j.left(1000, 4*time.Second), "it has not moved")
	require.Zero(t, j.left(12_000, 4*time.Second), "it is beyond what is known")
}

// What panics in a job panics in Update, where Bubble Tea restores the terminal.
func TestAPanicInAJob(t *testing.T) {
	m := impatient(t, nil, nil)
	settle(m)
	gone := make(chan struct{})
	m.begin("move", func() tea.Cmd {
		<-gone
		panic("for the test")
	})
	close(gone)
	require.PanicsWithError(t, "for the test", func() {
		defer func() {
			if r := recover(); r != nil {
				err, _ := r.(error)
				require.ErrorContains(t, err, "job_test.go")
				panic(errors.New("for the test"))
			}
		}()
		settle(m)
	})
}
