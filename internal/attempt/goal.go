package attempt

import (
	"fmt"
	"strconv"
	"strings"
)

// Goal is something that an attempt must show.
//
//	"violates" PROPERTY | "holds" PROPERTY      a built-in one, or one of the file's check
//	| ( "never" | "always" | "finally" ) EXPR   as in check
//	| "once" EXPR                               true after some step
//	| "at most" N MEASURE                       see Measures
//	| "shows" DIRECTIVE " => " TEXT             what the directive prints at the end has TEXT
type Goal struct {
	Verb    string
	Text    string // property, expression or directive
	At      int    // where Text begins in what was parsed, in bytes
	N       uint64 // at most
	Measure string
	Prints  string // shows
}

// Measures are what "at most" counts: the steps and switches of a schedule that
// was given, else the steps of the run; the traps of the run.
var Measures = []string{"steps", "switches", "traps"}

// goals are the verbs, for messages.
const goals = `"violates" or "holds" and a property, "never", "always", "once" or "finally" and an expression, "at most" N "steps", "switches" or "traps", ` +
	`"shows" DIRECTIVE " => " and what it prints`

// A Flaw is what is wrong in a line of a task.
type Flaw struct {
	At        int    // offset in the text that was parsed, in bytes
	Msg, Want string // Want may be ""
}

func (f *Flaw) Error() string {
	if f.Want == "" {
		return f.Msg
	}
	return f.Msg + "; expected " + f.Want
}

// ParseGoal reads a goal. Its errors are *Flaw.
func ParseGoal(text string) (Goal, error) {
	verb, rest, _ := strings.Cut(text, " ")
	g := Goal{Verb: verb, Text: strings.TrimSpace(rest), At: len(text) - len(strings.TrimLeft(rest, " "))}
	switch verb {
	case "violates", "holds":
		if g.Text == "" || strings.Contains(g.Text, " ") {
			return g, &Flaw{g.At, fmt.Sprintf("%q", g.Text), "the name of a property"}
		}
	case "never", "always", "once", "finally":
		if g.Text == "" {
			return g, &Flaw{g.At, "no expression", "one, such as hits(mine) == 2"}
		}
	case "at":
		return g, g.parseBound(rest)
	case "shows":
		var ok bool
		if g.Text, g.Prints, ok = strings.Cut(g.Text, " => "); !ok || g.Prints == "" {
			return g, &Flaw{g.At, fmt.Sprintf("%q", g.Text), `a directive, " => " and what it prints`}
		}
	default:
		return g, &Flaw{0, fmt.Sprintf("goal %q", verb), goals}
	}
	return g, nil
}

func (g *Goal) parseBound(rest string) error {
	words := strings.Fields(rest)
	if len(words) != 3 || words[0] != "most" {
		return &Flaw{0, fmt.Sprintf("goal %q", "at "+rest), `"at most" N "steps", "switches" or "traps"`}
	}
	n, err := strconv.ParseUint(words[1], 10, 32)
	if err != nil {
		return &Flaw{g.At, fmt.Sprintf("bound %q", words[1]), "a number"}
	}
	g.N, g.Measure = n, words[2]
	for _, m := range Measures {
		if strings.TrimSuffix(strings.TrimSuffix(m, "s"), "e") == strings.TrimSuffix(strings.TrimSuffix(g.Measure, "s"), "e") {
			g.Measure = m
			return nil
		}
	}
	return &Flaw{g.At, fmt.Sprintf("measure %q", g.Measure), "one of " + strings.Join(Measures, ", ")}
}

// checkLine is the goal as a line of the member check, "" if it is none. own
// are the lines of the file's own check, by property.
func (g *Goal) checkLine(i int, own map[string]string) string {
	switch g.Verb {
	case "violates", "holds":
		if line, ok := own[g.Text]; ok {
			return line
		}
		return g.Text
	case "never", "always":
		return fmt.Sprintf("%s %s: %s", g.Verb, goalName(i), g.Text)
	case "once": // violated is reached
		return fmt.Sprintf("never %s: %s", goalName(i), g.Text)
	}
	return ""
}

// goalName is the name of a condition's property.
func goalName(i int) string { return fmt.Sprintf("goal-%d", i+1) }

// step is the directive that shows at the end whether the goal is reached, "" if none does.
func (g *Goal) step() string {
	switch g.Verb {
	case "never", "always", "once", "finally":
		return "print " + g.Text
	case "shows":
		return g.Text
	}
	return ""
}

// searched reports whether a search can look for a schedule that reaches the goal.
func (g *Goal) searched() bool {
	return g.Verb == "violates" || g.Verb == "once" || g.Verb == "finally"
}
