package attempt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// Result is what an attempt came to.
type Result struct {
	Right bool
	// Untried: the answer is none that the machine could try.
	Untried bool
	Saw     string // of a wrong one: what the machine showed instead, or what is wrong with the answer
}

// Judge tries an answer on f's machine under an engine ("": the file's own).
// An answer that is none is a wrong one. An error is the context's, or of the
// machine.
func (t *Task) Judge(ctx context.Context, f *scenario.File, engine, answer string) (Result, error) {
	answer = strings.TrimSpace(answer)
	if answer == "" {
		return Result{Untried: true, Saw: "an empty answer; expected " + t.Form()}, nil
	}
	if strings.ContainsAny(answer, "\n\r") {
		return Result{Untried: true, Saw: "an answer of several lines; expected one"}, nil
	}
	return t.judge(ctx, f, engine, answer)
}

func (t *Task) judge(ctx context.Context, f *scenario.File, engine, answer string) (Result, error) {
	g, err := t.prepare(f, answer)
	if err != nil {
		return refused(err, answer), nil
	}
	o := scenario.Options{Engine: engine, Scheduled: t.Kind == Schedule}
	if t.Kind == Engine && answer != "" {
		o.Engine = answer
		if err := f.CheckEngine(answer); err != nil {
			return Result{Untried: true, Saw: err.Error()}, nil
		}
	}
	edits := len(t.directives(answer))
	if edits > 0 {
		if flaw := t.checkEdit(g.Steps[:edits]); flaw != "" {
			return Result{Untried: true, Saw: flaw}, nil
		}
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	a := &run{task: t, goals: g.Steps[edits:]}
	if err := a.do(ctx, g, o, answer, g.Steps[:edits]); err != nil {
		if a.Run != nil {
			a.Close()
		}
		if e := emu.Ended(whole); e != nil {
			return Result{}, e
		}
		return refused(err, answer), nil
	}
	defer a.Close()
	return a.result(ctx)
}

// refused tells what is wrong with an answer.
func refused(err error, answer string) Result {
	if f, ok := inText(err, answer, 0).(*Flaw); ok {
		return Result{Untried: true, Saw: fmt.Sprintf("column %d of the answer: %v", f.At+1, f)}
	}
	return Result{Untried: true, Saw: err.Error()}
}

// run is an attempt that is made.
type run struct {
	*scenario.Run
	task     *Task
	goals    []format.Step // what shows the goals at the end
	schedule *sched.Schedule
	traps    uint64
}

func (a *run) see(ev *emu.Event) {
	if ev.Delivery != nil {
		a.traps++
	}
}

// do runs the scenario to its end.
func (a *run) do(ctx context.Context, g *scenario.File, o scenario.Options, answer string, edits []format.Step) (err error) {
	if a.task.Kind == Schedule && answer != "" {
		return a.follow(ctx, g, o, answer)
	}
	if a.Run, err = scenario.Open(ctx, g, o); err != nil {
		return err
	}
	t := scenario.NewTranscript(a.Run)
	for i := range edits {
		if _, err := t.Do(ctx, &edits[i]); err != nil {
			return err
		}
	}
	return a.Finish(ctx, a.see)
}

func (a *run) follow(ctx context.Context, g *scenario.File, o scenario.Options, answer string) (err error) {
	prefix := ""
	if !strings.Contains(answer, ".") { // runs alone: of the steps that the UI takes
		r, err := scenario.Open(ctx, g, o)
		if err != nil {
			return err
		}
		prefix = sched.Schedule{}.Format(r.Checksum())
		r.Close()
	}
	var s sched.Schedule
	a.Run, s, err = scenario.OpenScheduled(ctx, g, o, prefix+answer)
	if flaw := (*sched.SyntaxError)(nil); errors.As(err, &flaw) {
		return &Flaw{flaw.Col - 1 - len(prefix), flaw.What, flaw.Want}
	}
	if err != nil {
		return err
	}
	a.schedule = &s
	return a.Follow(ctx, sched.NewReplay(s), a.see)
}

// result judges the run's end goal by goal.
func (a *run) result(ctx context.Context) (Result, error) {
	var saw []string
	t := scenario.NewTranscript(a.Run)
	next := a.goals
	for i := range a.task.Goals {
		g := &a.task.Goals[i]
		shown := ""
		if g.step() != "" {
			out, err := t.Do(ctx, &next[0])
			if err != nil {
				return Result{Saw: err.Error()}, nil
			}
			shown = strings.TrimRight(out, "\n")
			next = next[1:]
		}
		if s := a.missed(ctx, i, g, shown); s != "" {
			saw = append(saw, s)
		}
	}
	if len(saw) == 0 {
		return Result{Right: true}, nil
	}
	saw = append(saw, fmt.Sprintf("the run ended after %d steps: %s", a.Steps(), a.Done()))
	return Result{Saw: strings.Join(saw, "; ")}, nil
}

// missed says how a goal was missed, or "".
func (a *run) missed(ctx context.Context, i int, g *Goal, shown string) string {
	switch g.Verb {
	case "violates":
		if _, ok := a.violation(g.Text); !ok {
			return g.Text + " held"
		}
	case "holds":
		if v, ok := a.violation(g.Text); ok {
			return "violated: " + v.String()
		}
	case "never", "always":
		if _, ok := a.violation(goalName(i)); ok {
			return fmt.Sprintf("%q did not stay %v", g.Text, g.Verb == "always")
		}
	case "once":
		if _, ok := a.violation(goalName(i)); !ok {
			return fmt.Sprintf("%q was true after no step", g.Text)
		}
	case "finally":
		if strings.HasSuffix(shown, "(0)") {
			return fmt.Sprintf("%q is false at the end%s", g.Text, a.values(ctx, g))
		}
	case "shows":
		if !strings.Contains(shown, g.Prints) {
			return fmt.Sprintf("%q shows %s", g.Text, cmp.Or(brief(shown), "nothing"))
		}
	case "at":
		if n := a.measured(g.Measure); n > g.N {
			return fmt.Sprintf("it took %d %s, and at most %d were asked for", n, g.Measure, g.N)
		}
	}
	return ""
}

func (a *run) violation(property string) (v scenario.Violation, ok bool) {
	for _, v := range a.Violations() {
		if v.Property == property {
			return v, true
		}
	}
	return v, false
}

func (a *run) measured(measure string) uint64 {
	switch {
	case measure == "traps":
		return a.traps
	case a.schedule != nil && measure == "switches":
		return uint64(a.schedule.Switches())
	case a.schedule != nil:
		return a.schedule.Steps()
	}
	return a.Steps()
}

// values tells what the parts of a goal's expression are.
func (a *run) values(ctx context.Context, g *Goal) string {
	n, err := expr.Parse(g.Text)
	if err != nil {
		return ""
	}
	var parts []string
	expr.Walk(n, func(n expr.Node) {
		switch n.(type) {
		case *expr.Register, *expr.Memory, *expr.Call:
			s := format.Step{Verb: "print", Expr: &format.Expr{Node: n}}
			if out, err := scenario.NewTranscript(a.Run).Do(ctx, &s); err == nil {
				parts = append(parts, strings.TrimSpace(out))
			}
		}
	})
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// brief is a text of several lines in one, and not too long.
func brief(s string) string {
	const most = 160
	list := strings.Split(s, "\n")
	if len(list) > 3 {
		list = list[len(list)-3:]
	}
	s = strings.Join(list, " / ")
	if r := []rune(s); len(r) > most {
		s = "…" + string(r[len(r)-most:])
	}
	return s
}
