package course

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/attempt"
	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/internal/tui/quiz"
)

// Task is something to be done to a scenario. The machine tries the answer.
//
//	task = "! " TEXT, then lines
//	    "in: " SCENARIO       another built-in one than the lesson's
//	    "engine: " ENGINE     another than the lesson's, or than that scenario's
//	    "give: " KIND         what an answer is: see attempt.Kinds
//	        edit may be followed by PLACE { " | " PLACE }: only these may be set
//	    "handler: " LINE      of the probe that is placed: as in the member probes
//	    "goal: " GOAL         see attempt.Goal; all must be reached
//	    "solution: " ANSWER   where no search finds one
//	    "look: ", "wrong: ", "because: "    as of a question
type Task struct {
	attempt.Task
	Scenario string
	Engine   string // "": the scenario's own

	file     *scenario.File // of a lesson of one's own, or nil
	asked    line
	goals    []line // of each goal, for flaws
	solution line
}

// line reads a line of the task; value begins at offset at in it.
func (t *Task) line(x line, key, value string, at int) error {
	switch key {
	case "in:":
		t.Scenario, t.Engine, t.file = value, "", nil
	case "engine:":
		t.Engine = value
	case "give:":
		kind, rest, _ := strings.Cut(value, " ")
		t.Kind = attempt.Kind(kind)
		if !slices.Contains(attempt.Kinds, t.Kind) {
			return &flaw{x, at, fmt.Sprintf("an answer of kind %q", kind), "one of " + kindList()}
		}
		if rest == "" {
			return nil
		}
		if t.Kind != attempt.Edit {
			return &flaw{x, at + len(kind) + 1, fmt.Sprintf("unexpected %q", rest), "the end of the line"}
		}
		t.Places = strings.Split(rest, " | ")
	case "handler:":
		t.Handlers = append(t.Handlers, value)
	case "goal:":
		g, err := attempt.ParseGoal(value)
		if err != nil {
			return inLine(x, at, err)
		}
		t.Goals, t.goals = append(t.Goals, g), append(t.goals, x)
	case "solution:":
		t.Solution, t.solution = value, x
	default:
		return &flaw{x, 0, fmt.Sprintf("unexpected %q", key), "one of in:, engine:, give:, handler:, goal:, solution:, look:, wrong:, because:, or the next ? or !"}
	}
	return nil
}

// kindList names the kinds of answers.
func kindList() string {
	var names []string
	for _, k := range attempt.Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// inLine gives a flaw of a value its place in the line; value begins at offset at.
func inLine(x line, at int, err error) error {
	var f *attempt.Flaw
	if errors.As(err, &f) {
		return &flaw{x, at + f.At, f.Msg, f.Want}
	}
	return err
}

// valueAt is where the value of a line begins.
func valueAt(x line) int {
	key, rest, _ := strings.Cut(x.text, " ")
	return len(key) + 1 + len(rest) - len(strings.TrimLeft(rest, " "))
}

// check judges the task without running it.
func (t *Task) check() error {
	if t.Kind == "" {
		return &flaw{t.asked, 0, "a task that does not say what its answer is", "a line give: and one of " + kindList()}
	}
	if len(t.Goals) == 0 {
		return &flaw{t.asked, 0, "a task without a goal", "a line goal:"}
	}
	if len(t.Handlers) > 0 && t.Kind != attempt.Probe {
		return &flaw{t.asked, 0, "a handler, but no probe to be placed", "give: probe"}
	}
	f, err := t.open()
	if err != nil {
		return err
	}
	if t.Engine != "" {
		if err := f.CheckEngine(t.Engine); err != nil {
			return &flaw{t.asked, 0, err.Error(), "another engine"}
		}
	}
	return t.placed(t.Check(f))
}

// placed gives a flaw its place: in a goal, in the solution, or at the task.
func (t *Task) placed(goal int, err error) error {
	switch {
	case err == nil:
		return nil
	case goal >= 0:
		return inLine(t.goals[goal], valueAt(t.goals[goal]), err)
	case t.Solution == "":
		return inLine(t.asked, 0, err)
	}
	return inLine(t.solution, valueAt(t.solution), err)
}

func (t *Task) open() (*scenario.File, error) {
	if t.file != nil {
		return t.file, nil
	}
	return scenario.Load(t.Scenario)
}

// Judge implements quiz.Task: it tries an answer on the machine.
func (t *Task) Judge(ctx context.Context, answer string) quiz.Judgement {
	f, err := t.open()
	if err != nil {
		return quiz.Judgement{Unread: true, Says: err.Error()}
	}
	r, err := t.Task.Judge(ctx, f, t.Engine, answer)
	if err != nil {
		return quiz.Judgement{Unread: true, Says: err.Error()}
	}
	return quiz.Judgement{Right: r.Right, Unread: r.Untried, Says: r.Saw}
}

// Solve implements quiz.Task: an answer that is right.
func (t *Task) Solve(ctx context.Context) (string, error) {
	f, err := t.open()
	if err != nil {
		return "", err
	}
	return t.Task.Solve(ctx, f, t.Engine, explore.Options{})
}

// Run implements quiz.Task: whether the run that is shown can be the answer.
func (t *Task) Run() bool { return t.Kind == attempt.Schedule }

// Prove gives why the task is no good: it cannot be solved, or is solved
// already. What is wrong with its text is an error.
func (t *Task) Prove(ctx context.Context, o explore.Options) ([]string, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	f, err := t.open()
	if err != nil {
		return nil, err
	}
	if err := t.placed(t.CheckSymbols(ctx, f, t.Engine)); err != nil {
		return nil, err
	}
	return t.Task.Prove(ctx, f, t.Engine, o)
}
