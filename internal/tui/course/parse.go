package course

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/internal/tui/quiz"
)

// A lesson's file:
//
//	"# " TITLE
//	"scenario: " NAME          and "engine: " NAME, "part: " TITLE, "minutes: " N
//	text, in paragraphs
//	{ question | task }        a task: see task.go
//	question = "? " TEXT, then lines
//	    "look: " TEXT                          where to look
//	    "shown: " [ where ": " ] DIRECTIVE { "; " DIRECTIVE } " => " TEXT
//	    | "shown: " [ where ": " ] "explore" [ BOUNDS ] " => " OUTCOME
//	                                           a proof; any number of them
//	    "answer: " TEXT { " | " TEXT }         any of them
//	    "wrong: " TEXT " => " TEXT             an answer that is wrong, and what it would mean
//	    "seen: " as of "shown: "               a proof of that
//	    "because: " TEXT
//	where = "in " SCENARIO [ " engine " ENGINE ] | "engine " ENGINE
//	BOUNDS and OUTCOME as in a line of the member explore of a scenario
//
// A line that begins with two blanks goes on with the one before.

// line is a logical line of a lesson, its continuations joined.
type line struct {
	text  string
	parts []part
}

// part is a line of the file, as far as it is in a logical line.
type part struct {
	num  int    // from 1
	text string // the whole of it
	at   int    // where it begins in the logical line, in bytes
	col  int    // where that is in the line, in bytes
}

// place gives a column of the logical line, from 0, its line and column in the file, from 1.
func (l *line) place(at int) (num, col int, text string) {
	p := l.parts[0]
	for _, next := range l.parts[1:] {
		if next.at <= at {
			p = next
		}
	}
	return p.num, p.col + at - p.at + 1, p.text
}

// flaw is what is wrong with a lesson, and where.
type flaw struct {
	line
	at        int // in the line, in bytes
	msg, want string
}

func (f *flaw) Error() string {
	num, col, _ := f.place(f.at)
	if f.want == "" {
		return fmt.Sprintf("line %d, column %d: %s", num, col, f.msg)
	}
	return fmt.Sprintf("line %d, column %d: %s; expected %s", num, col, f.msg, f.want)
}

func lines(data string) []line {
	var list []line
	for i, l := range strings.Split(data, "\n") {
		if rest, more := strings.CutPrefix(l, "  "); more && len(list) > 0 {
			rest = strings.TrimLeft(rest, " ")
			x := &list[len(list)-1]
			x.text += " "
			x.parts = append(x.parts, part{i + 1, l, len(x.text), len(l) - len(rest)})
			x.text += rest
			continue
		}
		list = append(list, line{l, []part{{i + 1, l, 0, 0}}})
	}
	return list
}

// parse reads a lesson of the course.
func parse(name, data string) (Lesson, error) {
	l := Lesson{Name: name}
	var text []string
	for _, x := range lines(data) {
		key, value, _ := strings.Cut(x.text, " ")
		var err error
		switch {
		case key == "#":
			l.Title = value
		case key == "scenario:" && len(l.Questions) == 0:
			l.Scenario = value
		case key == "engine:" && len(l.Questions) == 0:
			l.Engine = value
		case key == "part:" && len(l.Questions) == 0:
			l.Part = value
		case key == "minutes:" && len(l.Questions) == 0:
			l.Minutes, err = minutes(x, value)
		case key == "?" || key == "!" || len(l.Questions) > 0:
			err = l.question(x)
		default:
			text = append(text, x.text)
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", name, err)
		}
	}
	l.Text = strings.TrimSpace(strings.Join(text, "\n"))
	if l.Title == "" || l.Part == "" || l.Scenario == "" || l.Minutes == 0 || len(l.Questions) < 2 {
		return l, fmt.Errorf("%s: expected a title, a part, a scenario, minutes and two questions or more", name)
	}
	return l, nil
}

func minutes(x line, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxMinutes {
		return 0, &flaw{x, len(x.text) - len(text), fmt.Sprintf("minutes %q", text), fmt.Sprintf("a number from 1 to %d", maxMinutes)}
	}
	return n, nil
}

const maxMinutes = 24 * 60

// question reads a line of a question or task, or of a new one.
func (l *Lesson) question(x line) error {
	key, value, _ := strings.Cut(x.text, " ")
	at := len(key) + 1
	if rest := strings.TrimLeft(value, " "); rest != value {
		at += len(value) - len(rest)
	}
	value = strings.TrimSpace(value)
	switch {
	case key == "?" || key == "!":
		l.Questions = append(l.Questions, Question{asked: x})
		q := &l.Questions[len(l.Questions)-1]
		if q.Text = value; key == "!" {
			q.Task = &Task{Scenario: l.Scenario, Engine: l.Engine, file: l.file, asked: x}
		}
		return nil
	case strings.TrimSpace(x.text) == "":
		return nil
	case len(l.Questions) == 0:
		return &flaw{x, 0, fmt.Sprintf("unexpected %q", key), "a question or a task first: ? or ! and its text"}
	}
	q := &l.Questions[len(l.Questions)-1]
	switch key {
	case "look:":
		q.Hint = value
		return nil
	case "because:":
		q.Because = value
		return nil
	case "wrong:":
		answer, means, ok := strings.Cut(value, " => ")
		if !ok {
			return &flaw{x, at, fmt.Sprintf("%q", value), `a wrong answer, " => " and what it would mean`}
		}
		q.Wrong = append(q.Wrong, quiz.Mistake{Answer: answer, Means: means})
		return nil
	case "seen:":
		p, err := proof(x, value, at)
		if len(q.Wrong) == 0 {
			err = &flaw{x, 0, "a proof of no wrong answer", "a line wrong: before it"}
		}
		q.Seen = append(q.Seen, p)
		return err
	}
	if q.Task != nil {
		return q.Task.line(x, key, value, at)
	}
	switch key {
	case "answer:":
		q.Answers = nil
		for a := range strings.SplitSeq(" "+value+" ", " | ") {
			if a = strings.TrimSpace(a); a == "" {
				return &flaw{x, at, "an empty answer", `what is right, or several with " | " between`}
			}
			q.Answers = append(q.Answers, a)
		}
	case "shown:":
		p, err := proof(x, value, at)
		if err != nil {
			return err
		}
		q.Proofs = append(q.Proofs, p)
	default:
		return &flaw{x, 0, fmt.Sprintf("unexpected %q", key), "one of ?, !, look:, shown:, answer:, wrong:, seen:, because:"}
	}
	return nil
}

// proof reads what follows "shown: ".
func proof(x line, value string, at int) (Proof, error) {
	directives, prints, ok := strings.Cut(value, " => ")
	if !ok {
		return Proof{}, &flaw{x, at, fmt.Sprintf("%q", value), `directives, " => " and what the last one prints`}
	}
	p := Proof{Prints: prints, from: x, at: at}
	for _, where := range []struct {
		word string
		into *string
	}{{"in ", &p.Scenario}, {"engine ", &p.Engine}} {
		rest, there := strings.CutPrefix(directives, where.word)
		if !there {
			continue
		}
		end := strings.IndexAny(rest, " :")
		if end < 0 {
			return p, &flaw{x, at, fmt.Sprintf("%q", directives), `a name, ": " and directives behind ` + where.word}
		}
		*where.into = rest[:end]
		directives = strings.TrimLeft(strings.TrimPrefix(rest[end:], ":"), " ")
	}
	if rest, search := strings.CutPrefix(directives, "explore"); search {
		p.Search, p.Explore = true, strings.TrimSpace(rest)
		return p, nil
	}
	p.Directives = strings.Split(directives, "; ")
	return p, nil
}
