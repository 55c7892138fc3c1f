package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/urfave/cli/v3"

	"trapline/internal/printable"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui"
	"trapline/internal/tui/course"
	"trapline/internal/tui/quiz"
	"trapline/internal/tui/walk"
)

func tuiCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "tui",
		Usage:     "walk through a scenario or a recording, forwards and backwards",
		ArgsUsage: "SCENARIO|RECORDING | -- PROGRAM [ARGS…] [--and PROGRAM [ARGS…]]…",
		Description: `Right steps, left goes back, ? shows every key that does something now. The colours are for a dark or a light
terminal: as it answers when it is asked, else as COLORFGBG says (0;15 is light). NO_COLOR turns them off.

EXAMPLES:
   trapline tui first-probe
   trapline tui reentry-lost --engine 2005
   trapline tui hit.tlr
   trapline tui -p 'p:main ./prog:main' -- ./prog 3     a program under uprobe events`,
		DisableSliceFlagSeparator: true, // a comma may be part of a line
		Flags: append(append(walkFlags(), hostProgramFlags()...),
			&cli.Uint64Flag{Name: "at", Usage: "begin at step `N`"}),
		ShellComplete: completeWalks(out),
		Action:        func(ctx context.Context, c *cli.Command) error { return doTUI(ctx, c, out) },
	}
}

func doTUI(ctx context.Context, c *cli.Command, out *output) error {
	traced := takesProgram(c, out.args)
	if c.Args().Len() != 1 && !traced {
		return usagef(c, "tui takes one SCENARIO or RECORDING, not %d", c.Args().Len())
	}
	var f *record.File
	if !traced { // a bad file is said to be one before anything else
		if err := onlyOfPrograms(c); err != nil {
			return err
		}
		var err error
		if f, err = readRecording(c.Args().First()); err != nil {
			return err
		}
	}
	if err := needTerminal(c); err != nil {
		return err
	}
	if traced {
		w, err := openTraced(ctx, c, 0)
		if err != nil {
			return err
		}
		return showProgram(ctx, w, tui.Options{Start: c.Uint64("at"), Opening: recordingAhead(w)}, passThrough)
	}
	name := c.Args().First()
	if f == nil {
		w, err := openScenario(ctx, c, name, 0)
		if err != nil {
			return err
		}
		return showTUI(ctx, w, tui.Options{Start: c.Uint64("at"), Quiz: questionsOf(w), Opening: recordingAhead(w)})
	}
	w, err := openRecorded(ctx, c, name, f, walk.OpenRecorded)
	if err != nil {
		return err
	}
	return showTUI(ctx, w, tui.Options{Start: c.Uint64("at"), Quiz: questionsOf(w), Opening: replaying(w, f, name)})
}

// recordingAhead records a scenario's first steps, so that the timeline shows what is to come.
func recordingAhead(w *walk.Walk) *tui.Opening {
	steps := min(walk.DefaultRecord, uint64(w.Run.File.Machine.Steps))
	return &tui.Opening{
		Steps: steps, Partly: "the timeline shows the run up to there, and moves go further",
		Do: func(ctx context.Context) error { return w.Record(ctx, steps-min(w.End(), steps)) },
	}
}

// replaying replays a recording of a file's name to its end with every hash compared, and goes to its start.
func replaying(w *walk.Walk, f *record.File, name string) *tui.Opening {
	compared := uint64(0) // steps
	return &tui.Opening{
		Steps: f.Steps(), Partly: "the recording is open up to there, what follows is not compared with it",
		Do: func(ctx context.Context) error {
			if compared > 0 { // the viewer may have gone elsewhere
				if err := w.Switch(ctx, 0); err != nil {
					return err
				}
				if err := w.Goto(ctx, compared); err != nil {
					return err
				}
			}
			err := w.Verify(ctx, f)
			compared = w.At()
			if err != nil {
				return fmt.Errorf("%s: %w", printable.Name(name), err)
			}
			return w.Goto(ctx, 0)
		},
	}
}

// questionsOf are those of the file's own lesson, or of the first of the course that is about this run: the same
// scenario, wherever it came from, under the lesson's engine.
func questionsOf(w *walk.Walk) *quiz.Quiz {
	if l, err := course.Own(w.Run.File); err == nil && l != nil {
		return &quiz.Quiz{Lesson: l.Name, Questions: l.Asked()}
	}
	list, err := course.Lessons()
	if err != nil {
		return nil
	}
	for i := range list {
		l := &list[i]
		f, err := scenario.Load(l.Scenario)
		if err == nil && bytes.Equal(f.Bytes(), w.Run.File.Bytes()) && w.Run.Engine() == cmp.Or(l.Engine, f.Machine.Engine) {
			return &quiz.Quiz{Lesson: l.Name, Questions: l.Asked()}
		}
	}
	return nil
}

func needTerminal(c *cli.Command) error {
	if !term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stdout.Fd()) {
		return usagef(c, "the UI needs a terminal; trapline run tells the story without one, trapline export makes a page")
	}
	if os.Getenv("TERM") == "dumb" {
		return usagef(c, "the UI needs a terminal that can move its cursor, and TERM is dumb; trapline run tells the story line by line")
	}
	return nil
}

// lightTerminal guesses by COLORFGBG, whose last number is the background's
// colour; a terminal that answers the query of its background is believed more.
func lightTerminal() bool {
	s := os.Getenv("COLORFGBG")
	switch s[strings.LastIndexByte(s, ';')+1:] {
	case "7", "15":
		return true
	}
	return false
}

func openLesson(ctx context.Context, l *course.Lesson) (*walk.Walk, error) {
	f, err := l.Open()
	if err != nil {
		return nil, err
	}
	return walk.Open(ctx, f, walk.Options{Options: scenario.Options{Engine: l.Engine}})
}

// patience is how long a move may keep the keys waiting.
const patience = 80 * time.Millisecond

// showTUI shows a walk on the terminal and closes it.
func showTUI(ctx context.Context, w *walk.Walk, o tui.Options) error {
	return showProgram(ctx, w, o, func(*walk.Walk) error { return nil })
}

// showProgram is showTUI, and does something with the walk as it was left before it closes it.
func showProgram(ctx context.Context, w *walk.Walk, o tui.Options, left func(*walk.Walk) error) error {
	o.Options = walk.Options{Options: w.Run.Options, Record: walk.DefaultRecord}
	o.Light, o.Patience = lightTerminal(), patience
	o.Panic = os.Getenv("TRAPLINE_TEST_PANIC") != ""
	m, err := tui.New(ctx, w, o)
	if err != nil {
		return err
	}
	defer m.Close()
	err = tui.Run(m, os.Stdin, os.Stdout)
	if errors.Is(err, tui.ErrPanic) {
		return reported(exitInternal) // it said why, once the terminal was restored
	}
	if err != nil {
		return err
	}
	return left(m.Walk)
}
