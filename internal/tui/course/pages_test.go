package course

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed teacher.txt
var teacher string

// documents makes docs/walkthroughs, by file name: a page for each lesson with its
// questions, an index, and the teacher's page with the answers.
func documents() (map[string]string, error) {
	list, err := Lessons()
	if err != nil {
		return nil, err
	}
	pages := map[string]string{}
	var index, answers strings.Builder
	index.WriteString("# Walk-throughs\n\nA course in kprobes, in teaching order. Each lesson is a scenario and a few questions that are answered by\nstepping: `trapline quiz NAME` asks them in the terminal UI's company or without it. [For teachers](TEACHING.md); [all keys of the UI](KEYS.md).\n")
	answers.WriteString(teacher)
	part := ""
	for i, l := range list {
		if l.Part != part {
			part = l.Part
			fmt.Fprintf(&index, "\n## %s\n\n| | lesson | scenario | minutes |\n|---|---|---|---|\n", part)
		}
		pages[l.Name+".md"] = l.page()
		fmt.Fprintf(&index, "| %d | [%s](%s.md) | `%s` | %d |\n", i+1, l.Title, l.Name, l.command(), l.Minutes)
		fmt.Fprintf(&answers, "\n### %d. %s\n\n`trapline tui %s`, about %d minutes.\n\n", i+1, l.Title, l.command(), l.Minutes)
		for _, q := range l.Questions {
			fmt.Fprintf(&answers, "- %s **%s.** %s\n", q.Text, q.answer(), q.Because)
		}
	}
	pages["README.md"], pages["TEACHING.md"] = index.String(), answers.String()
	return pages, nil
}

// command is what follows trapline tui.
func (l *Lesson) command() string {
	if l.Engine != "" {
		return l.Scenario + " --engine " + l.Engine
	}
	return l.Scenario
}

func (l *Lesson) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n```\ntrapline tui %s\ntrapline quiz %s\n```\n\n## Questions\n\n", l.Title, l.Text, l.command(), l.Short())
	for i, q := range l.Questions {
		if q.Task != nil {
			fmt.Fprintf(&b, "%d. Task: %s", i+1, q.Text)
			if q.Task.place() != l.command() {
				fmt.Fprintf(&b, " (In `trapline tui %s`.)", q.Task.place())
			}
			fmt.Fprintf(&b, " Give %s.", q.Task.Form())
		} else {
			fmt.Fprintf(&b, "%d. %s", i+1, q.Text)
		}
		if q.Hint != "" {
			fmt.Fprintf(&b, " *(Look: %s)*", sentence(q.Hint))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// sentence is a text with a full stop, unless it is a question.
func sentence(s string) string {
	if strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// answer is what the teacher's page says.
func (q *Question) answer() string {
	switch {
	case q.Task == nil:
		return q.Answers[0]
	case q.Task.Solution != "":
		return "`" + q.Task.Solution + "`"
	}
	return "a schedule that a search finds: the third wrong answer to the quiz prints one"
}

// place says where the task is done, for somebody who types: trapline tui follows it.
func (t *Task) place() string {
	if t.Engine != "" {
		return t.Scenario + " --engine " + t.Engine
	}
	return t.Scenario
}
