package scenario

import (
	"context"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/kprobes"
	"trapline/internal/scenario/world"
	"trapline/internal/story"
)

// Transcript carries out the directives of a steps member on a run. The zero
// level is format's default, normal.
type Transcript struct {
	run    *Run
	teller story.Teller
	cpu    int
}

// NewTranscript starts at the run's present step.
func NewTranscript(r *Run) *Transcript {
	return &Transcript{run: r, teller: story.Teller{Level: story.Normal}}
}

// Do carries out one directive and returns its output.
func (t *Transcript) Do(ctx context.Context, s *format.Step) (string, error) {
	switch {
	case moves(s.Verb):
		out, err := t.move(ctx, s)
		return format.TidyOutput(out), err
	case s.Verb == "go":
		out, err := t.take(ctx, s)
		return format.TidyOutput(out), err
	case s.Verb == "set":
		return "", t.set(s)
	}
	out, err := t.show(s)
	return format.TidyOutput(out), err
}

func moves(verb string) bool {
	switch verb {
	case "step", "until", "trap", "hit", "run":
		return true
	}
	return false
}

// move runs until what the directive names and tells the story of it.
func (t *Transcript) move(ctx context.Context, s *format.Step) (string, error) {
	stop, err := t.stopAt(s)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	reached := false
	err = t.run.until(ctx, func(ev *emu.Event) {
		b.WriteString(story.Text(t.teller.Tell(t.run.names.Describe(ev))))
	}, func(ev *emu.Event) bool {
		reached = stop(ev)
		return reached
	})
	if err != nil {
		return "", err
	}
	if !reached {
		b.WriteString(t.ending())
	}
	return b.String(), nil
}

// ending tells how the run ended.
func (t *Transcript) ending() string {
	var b strings.Builder
	fmt.Fprintf(&b, "end after %d steps: %s\n", t.run.Steps(), t.run.Done())
	for _, v := range t.run.Violations() {
		fmt.Fprintf(&b, "violated: %s\n", v)
	}
	return b.String()
}

// stopAt makes the condition that ends a move.
func (t *Transcript) stopAt(s *format.Step) (func(*emu.Event) bool, error) {
	n := max(s.N, 1)
	switch s.Verb {
	case "step":
		return func(*emu.Event) bool { n--; return n <= 0 }, nil
	case "trap":
		return func(ev *emu.Event) bool {
			return ev.Delivery != nil && (s.N < 0 || int(ev.Delivery.Trap.Vector) == s.N)
		}, nil
	case "hit":
		return func(ev *emu.Event) bool {
			for _, note := range ev.Notes {
				if note.Kind == kprobes.NoteHit {
					n--
				}
			}
			return n <= 0
		}, nil
	case "until":
		at, err := t.eval(s.Expr)
		if err != nil {
			return nil, err
		}
		c := t.run.Machine.CPUs[t.cpu]
		return func(ev *emu.Event) bool {
			return c.LinearPC() == at && len(c.Pending()) == 0 && t.run.world.OutOfKernel(t.cpu, ev)
		}, nil
	}
	return func(*emu.Event) bool { return false }, nil
}

func (t *Transcript) eval(x *format.Expr) (uint64, error) {
	return world.EvalAt(t.run.File.File, *x, world.Shows(t.run.world, t.cpu))
}

// defaultStackWords is what "stack" shows without a number.
const defaultStackWords = 8

// show carries out a directive that changes nothing of the machine.
func (t *Transcript) show(s *format.Step) (string, error) {
	r := t.run
	switch s.Verb {
	case "level":
		level, err := story.ParseLevel(s.Word)
		t.teller.Level = level
		return "", err
	case "cpu":
		if s.N >= len(r.Machine.CPUs) {
			return "", s.Pos.Error(r.File.Name, fmt.Sprintf("a cpu below %d", len(r.Machine.CPUs)), "no cpu %d", s.N)
		}
		t.cpu = s.N
		return "", nil
	case "regs":
		return r.regsText(t.cpu), nil
	case "stack":
		n := s.N
		if n < 0 {
			n = defaultStackWords
		}
		return r.wordsText(t.cpu, r.Machine.CPUs[t.cpu].LinearSP(), n), nil
	case "probes":
		return strings.Join(r.ProbeLines(), "\n"), nil
	case "log":
		return strings.Join(r.Log(), "\n"), nil
	case "mem", "code", "print":
		return t.evaluated(s)
	}
	return r.world.Show(s)
}

// evaluated carries out the directives that take an expression.
func (t *Transcript) evaluated(s *format.Step) (string, error) {
	v, err := t.eval(s.Expr)
	if err != nil {
		return "", err
	}
	switch s.Verb {
	case "mem":
		return t.run.dumpText(t.cpu, v, s.N), nil
	case "code":
		return t.run.codeText(t.cpu, v, s.N), nil
	}
	return fmt.Sprintf("%s = %#x (%d)", s.Expr.Node, v, v), nil
}
