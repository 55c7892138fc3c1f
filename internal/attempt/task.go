// Package attempt is tasks whose answers are tried on a scenario's machine: a
// schedule, an engine, the place of a probe, an event or a change of the machine is run,
// and judged by what the run shows. It also shows that a task can be solved and
// is not solved already.
package attempt

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/scenario"
)

// Kind is what a task's answer is.
type Kind string

// The kinds.
const (
	Schedule Kind = "schedule" // as explore prints it, or its runs alone: steps as the UI takes them
	Engine   Kind = "engine"   // the name of one
	Probe    Kind = "probe"    // the place of a probe named Yours
	Event    Kind = "event"    // a line of kprobe_events, or of a Linux program of uprobe_events
	Edit     Kind = "edit"     // directives that move and one that sets, with ";" between
)

// Kinds lists them.
var Kinds = []Kind{Schedule, Engine, Probe, Event, Edit}

// Yours is the name of the probe that an answer of kind Probe places.
const Yours = "yours"

// Task is something to be done to a scenario.
type Task struct {
	Kind     Kind
	Handlers []string // Probe: lines of the member probes below the probe's, such as "pre set %eax 7"
	Places   []string // Edit: the only ones that may be set; none: any
	Goals    []Goal   // all must be reached
	Solution string   // "": a search finds one
}

// Form says what an answer looks like.
func (t *Task) Form() string {
	switch t.Kind {
	case Schedule:
		return "a schedule: who takes how many steps, such as 0x14,1x3,0, or what trapline explore prints"
	case Engine:
		return "the name of an engine, such as 2005, perhaps with an option, such as 2002+preempt-enable"
	case Probe:
		return "the place of a probe, such as main+3; messages call the probe " + Yours
	case Event:
		return "a line of kprobe_events or uprobe_events: p:NAME PLACE ARG=%ax at a place, r:NAME FUNCTION ARG=$retval at a return"
	}
	s := "moves (step N, trap, hit, until PLACE) and then one change of the machine, such as: step 3; set "
	if len(t.Places) > 0 {
		return s + t.Places[0] + " 1 (only " + strings.Join(t.Places, " or ") + " may be set)"
	}
	return s + "%eax 1, or u32[ADDRESS] 1 for memory"
}

// searched reports whether a search can find an answer: there is a goal that
// some schedule violates the opposite of.
func (t *Task) searched() bool {
	return t.Kind == Schedule && slices.ContainsFunc(t.Goals, func(g Goal) bool { return g.searched() })
}

// Check judges the task itself against its scenario, without running it.
// Flaws in expressions and directives have the place in the text of the goal.
func (t *Task) Check(f *scenario.File) (goal int, err error) {
	for _, p := range t.Places {
		if _, err := expr.Parse(p); err != nil {
			return -1, &Flaw{0, fmt.Sprintf("the place %q", p), "a register, a flag or memory, such as %eax or u8[main]"}
		}
	}
	alone := *t // of Probe and Event the goals name what the answer defines
	alone.Goals = nil
	if t.Solution == "" && !t.searched() {
		return -1, &Flaw{0, "a task that no search solves, without a solution", "a line solution: and an answer"}
	}
	if t.Solution != "" && t.Kind != Schedule && t.Kind != Engine {
		if _, err := alone.prepare(f, t.Solution); err != nil {
			return -1, inText(err, t.Solution, 0)
		}
	}
	for i, g := range t.Goals {
		if g.Measure == "switches" && t.Kind != Schedule {
			return i, &Flaw{g.At, "a bound on switches", "give: schedule"}
		}
		if g.Measure == "traps" && t.Kind == Edit {
			return i, &Flaw{g.At, "a bound on traps", "another kind of answer than an edit"}
		}
		alone.Goals = []Goal{g}
		if _, err := alone.prepare(f, t.Solution); err != nil {
			return i, inText(err, g.Text, g.At)
		}
	}
	return 0, nil
}

// CheckSymbols judges the symbols of the goals and of the solution, for which
// the machine has to be there. Its flaws are as Check's.
func (t *Task) CheckSymbols(ctx context.Context, f *scenario.File, engine string) (goal int, err error) {
	alone := *t
	alone.Goals = nil
	opens := func() error {
		g, err := alone.prepare(f, t.Solution)
		if err != nil {
			return err
		}
		r, err := scenario.Open(ctx, g, scenario.Options{Engine: engine})
		if err == nil {
			r.Close()
		}
		return err
	}
	if err := opens(); err != nil {
		return -1, inText(err, t.Solution, 0)
	}
	for i, g := range t.Goals {
		alone.Goals = []Goal{g}
		if err := opens(); err != nil {
			return i, inText(err, g.Text, g.At)
		}
	}
	return 0, nil
}

// inText gives a flaw of a scenario its place in text, of which it is, and which
// lies at offset at: a line of the scenario holds the text, or one of its directives.
func inText(err error, text string, at int) error {
	e, ok := err.(*format.Error)
	if !ok {
		return err
	}
	for from := 0; from <= len(text); {
		part, _, _ := strings.Cut(text[from:], ";")
		shown := strings.TrimSpace(part)
		if strings.Contains(e.Text, text) {
			shown = text
		}
		if i := strings.Index(e.Text, shown); i >= 0 && shown != "" {
			if shown != text {
				from += strings.Index(part, shown)
			}
			return &Flaw{at + from + max(e.Col-1-i, 0), e.Msg, e.Want}
		}
		from += len(part) + 1
	}
	return err
}

// prepare is the scenario with the answer in it, and with the goals as its
// checks and steps; "" is no answer.
func (t *Task) prepare(f *scenario.File, answer string) (*scenario.File, error) {
	change := map[string][]byte{"expect": nil, "schedule": nil, "explore": nil, "lesson": nil}
	own := map[string]string{}
	for _, p := range f.Check {
		own[p.Name] = strings.TrimSpace(p.Pos.Text)
	}
	var check, steps []string
	for _, s := range t.directives(answer) {
		steps = append(steps, "> "+s)
	}
	for i := range t.Goals {
		g := &t.Goals[i]
		if l := g.checkLine(i, own); l != "" && !slices.Contains(check, l) {
			check = append(check, l)
		}
		if s := g.step(); s != "" {
			steps = append(steps, "> "+s)
		}
	}
	change["check"], change["steps"] = lines(check), lines(steps)
	if answer != "" {
		switch t.Kind {
		case Probe:
			l := append([]string{Yours + " at " + answer}, indented(t.Handlers)...)
			change["probes"] = append(withNewline(f.Member("probes")), lines(l)...)
		case Event:
			name := f.EventsMember()
			change[name] = append(withNewline(f.Member(name)), lines([]string{answer})...)
		}
	}
	return f.With(change)
}

// directives are those of an answer of kind Edit.
func (t *Task) directives(answer string) []string {
	if t.Kind != Edit || answer == "" {
		return nil
	}
	var list []string
	for d := range strings.SplitSeq(answer, ";") {
		if d = strings.TrimSpace(d); d != "" {
			list = append(list, d)
		}
	}
	return list
}

// checkEdit judges the directives of an answer of kind Edit, "" if they are fine.
func (t *Task) checkEdit(steps []format.Step) string {
	sets := 0
	for i := range steps {
		s := &steps[i]
		switch s.Verb {
		case "step", "until", "trap", "hit", "go", "cpu":
		case "set":
			sets++
			place := s.Target.Node.String()
			same := func(p string) bool {
				n, err := expr.Parse(p)
				return err == nil && n.String() == place
			}
			if len(t.Places) > 0 && !slices.ContainsFunc(t.Places, same) {
				return fmt.Sprintf("%s is not to be set here: only %s", place, strings.Join(t.Places, " or "))
			}
		default:
			return fmt.Sprintf("%q is neither a move nor a change: use step, until, trap, hit, go, cpu and one set", s.Directive())
		}
	}
	if sets != 1 {
		return fmt.Sprintf("there are %d changes of the machine: exactly one set is asked for", sets)
	}
	return ""
}

func lines(list []string) []byte {
	if len(list) == 0 {
		return []byte{}
	}
	return []byte(strings.Join(list, "\n") + "\n")
}

func indented(list []string) []string {
	out := make([]string, len(list))
	for i, l := range list {
		out[i] = "\t" + l
	}
	return out
}

// withNewline is a copy of a member's text that ends with a line's end.
func withNewline(data []byte) []byte {
	data = slices.Clone(data)
	if n := len(data); n > 0 && data[n-1] != '\n' {
		data = append(data, '\n')
	}
	return data
}
