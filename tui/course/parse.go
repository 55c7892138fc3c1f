package course

import (
	"fmt"
	"strconv"
	"strings"

	"trapline/tui"
)

// A lesson's file:
//
//	"# " TITLE
//	"scenario: " NAME          and "engine: " NAME, "part: " TITLE, "minutes: " N
//	text, in paragraphs
//	{ question }
//	question = "? " TEXT, then lines
//	    "look: " TEXT                          where to look
//	    "shown: " [ "in " SCENARIO ": " ] DIRECTIVE { "; " DIRECTIVE } " => " TEXT
//	                                           a proof; any number of them
//	    "answer: " TEXT { " | " TEXT }         any of them
//	    "wrong: " TEXT " => " TEXT             an answer that is wrong, and what it would mean
//	    "because: " TEXT
//
// A line that begins with two blanks goes on with the one before.

// line is a logical line of a lesson, its continuations joined.
type line struct {
	num  int // of its first line, from 1
	text string
}

// flaw is what is wrong with a lesson, and where.
type flaw struct {
	line
	msg, want string
}

func (f *flaw) Error() string {
	return fmt.Sprintf("line %d: %s; expected %s", f.num, f.msg, f.want)
}

func lines(data string) []line {
	var list []line
	for i, l := range strings.Split(data, "\n") {
		if rest, more := strings.CutPrefix(l, "  "); more && len(list) > 0 {
			list[len(list)-1].text += " " + strings.TrimLeft(rest, " ")
			continue
		}
		list = append(list, line{i + 1, l})
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
		case key == "?" || len(l.Questions) > 0:
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
		return 0, &flaw{x, fmt.Sprintf("minutes %q", text), fmt.Sprintf("a number from 1 to %d", maxMinutes)}
	}
	return n, nil
}

const maxMinutes = 24 * 60

// question reads a line of a question, or of a new one.
func (l *Lesson) question(x line) error {
	key, value, _ := strings.Cut(x.text, " ")
	if value = strings.TrimSpace(value); key == "?" {
		l.Questions = append(l.Questions, Question{})
		l.Questions[len(l.Questions)-1].Text = value
		return nil
	}
	if strings.TrimSpace(x.text) == "" {
		return nil
	}
	if len(l.Questions) == 0 {
		return &flaw{x, fmt.Sprintf("unexpected %q", key), "a question first: ? and its text"}
	}
	q := &l.Questions[len(l.Questions)-1]
	switch key {
	case "look:":
		q.Hint = value
	case "because:":
		q.Because = value
	case "answer:":
		q.Answers = strings.Split(value, " | ")
	case "wrong:":
		answer, means, ok := strings.Cut(value, " => ")
		if !ok {
			return &flaw{x, fmt.Sprintf("%q", value), `a wrong answer, " => " and what it would mean`}
		}
		q.Wrong = append(q.Wrong, tui.Mistake{Answer: answer, Means: means})
	case "shown:":
		directives, prints, ok := strings.Cut(value, " => ")
		if !ok {
			return &flaw{x, fmt.Sprintf("%q", value), `directives, " => " and what the last one prints`}
		}
		p := Proof{Prints: prints}
		if rest, other := strings.CutPrefix(directives, "in "); other {
			p.Scenario, directives, _ = strings.Cut(rest, ": ")
		}
		p.Directives = strings.Split(directives, "; ")
		q.Proofs = append(q.Proofs, p)
	default:
		return &flaw{x, fmt.Sprintf("unexpected %q", key), "one of ?, look:, shown:, answer:, wrong:, because:"}
	}
	return nil
}
