package attempt

import (
	"context"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/scenario"
)

// Solve is an answer that reaches the goals: the stated one, or the schedule
// with the fewest switches that a search finds, at most for the file's time.
func (t *Task) Solve(ctx context.Context, f *scenario.File, engine string, o explore.Options) (string, error) {
	if t.Solution != "" {
		return t.Solution, nil
	}
	return t.search(ctx, f, engine, o)
}

// search looks for a schedule that reaches the first goal that a search can find.
func (t *Task) search(ctx context.Context, f *scenario.File, engine string, o explore.Options) (string, error) {
	for i := range t.Goals {
		if !t.Goals[i].searched() {
			continue
		}
		s, err := t.Goals[i].alone(f, i)
		if err != nil {
			return "", err
		}
		x, err := scenario.Search{Engine: engine, Time: f.Machine.Time, Options: o}.Do(ctx, s)
		if err != nil {
			return "", err
		}
		if x.Found == nil {
			return "", fmt.Errorf("no schedule for %q: %v", t.Goals[i].Text, x.Verdict())
		}
		return x.Schedule(), emu.Ended(ctx)
	}
	return "", fmt.Errorf("no goal that a search looks for; expected violates or finally")
}

// alone is the scenario with one check, which what reaches the goal violates.
func (g *Goal) alone(f *scenario.File, i int) (*scenario.File, error) {
	if g.Verb == "finally" {
		check := fmt.Sprintf("finally %s: !(%s)\n", goalName(i), g.Text)
		return f.With(map[string][]byte{"expect": nil, "schedule": nil, "explore": nil, "lesson": nil, "steps": nil, "check": []byte(check)})
	}
	return (&Task{Goals: []Goal{*g}}).prepare(f, "")
}

// Prove shows that the task can be solved and is not solved by doing nothing;
// what it gives is why it is no good.
func (t *Task) Prove(ctx context.Context, f *scenario.File, engine string, o explore.Options) (flaws []string, err error) {
	nothing, err := t.judge(ctx, f, engine, "")
	if err != nil {
		return nil, err
	}
	if nothing.Right {
		flaws = append(flaws, "the task is solved by doing nothing")
	}
	try := func(what, answer string) error {
		r, err := t.Judge(ctx, f, engine, answer)
		if err == nil && !r.Right {
			flaws = append(flaws, fmt.Sprintf("%s, %s, is refused: %s", what, answer, r.Saw))
		}
		return err
	}
	if t.Solution != "" {
		if err := try("the solution", t.Solution); err != nil {
			return flaws, err
		}
	}
	if !t.searched() {
		return flaws, nil
	}
	answer, err := t.search(ctx, f, engine, o)
	if err != nil {
		if e := emu.Ended(ctx); e != nil {
			return flaws, e
		}
		return append(flaws, strings.TrimSpace("a search does not solve it: "+err.Error())), nil
	}
	return flaws, try("what a search finds", answer)
}
