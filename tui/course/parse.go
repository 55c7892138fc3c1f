package course

import (
	"fmt"
	"strconv"
	"strings"
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
//	    "because: " TEXT
//
// A line that begins with two blanks goes on with the one before.

func parse(name, data string) (Lesson, error) {
	l := Lesson{Name: name}
	var text []string
	for i, line := range strings.Split(strings.ReplaceAll(data, "\n  ", " "), "\n") {
		key, value, _ := strings.Cut(line, " ")
		var err error
		switch {
		case key == "#":
			l.Title = value
		case key == "?":
			l.Questions = append(l.Questions, Question{})
			l.last().Text = value
		case len(l.Questions) > 0:
			err = l.last().set(key, value)
		case key == "scenario:":
			l.Scenario = value
		case key == "engine:":
			l.Engine = value
		case key == "part:":
			l.Part = value
		case key == "minutes:":
			l.Minutes, err = strconv.Atoi(value)
		default:
			text = append(text, line)
		}
		if err != nil {
			return l, fmt.Errorf("%s: part %d: %w", name, i+1, err)
		}
	}
	l.Text = strings.TrimSpace(strings.Join(text, "\n"))
	if l.Title == "" || l.Part == "" || l.Scenario == "" || l.Minutes == 0 || len(l.Questions) < 2 {
		return l, fmt.Errorf("%s: expected a title, a part, a scenario, minutes and two questions or more", name)
	}
	return l, nil
}

func (l *Lesson) last() *Question { return &l.Questions[len(l.Questions)-1] }

func (q *Question) set(key, value string) error {
	switch key {
	case "":
	case "look:":
		q.Hint = value
	case "because:":
		q.Because = value
	case "answer:":
		q.Answers = strings.Split(value, " | ")
	case "shown:":
		directives, prints, ok := strings.Cut(value, " => ")
		if !ok {
			return fmt.Errorf("%q; expected directives, \" => \" and what the last one prints", value)
		}
		p := Proof{Prints: prints}
		if rest, other := strings.CutPrefix(directives, "in "); other {
			p.Scenario, directives, _ = strings.Cut(rest, ": ")
		}
		p.Directives = strings.Split(directives, "; ")
		q.Proofs = append(q.Proofs, p)
	default:
		return fmt.Errorf("%q; expected one of look:, shown:, answer:, because: in front", key)
	}
	return nil
}
