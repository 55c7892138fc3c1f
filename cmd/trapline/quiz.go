package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/story"
	"trapline/internal/tui"
	"trapline/internal/tui/course"
	"trapline/internal/tui/quiz"
)

func resultsFlag() cli.Flag {
	return &cli.StringFlag{Name: "results", Usage: "add what was answered to `FILE`, a line of JSON for each question"}
}

func quizCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "quiz",
		Usage:     "ask the questions of a lesson",
		ArgsUsage: "NAME|FILE",
		Description: `NAME is a lesson of docs/walkthroughs, FILE a scenario with a member lesson of its own; without either the lessons are
listed. Answers are read line by line. A task's answer is run on the machine. A wrong one gets a hint, a third one the answer. The exit status is 0 if every answer was right at
the first go, else 1. With --tui the terminal UI opens, and y asks.

EXAMPLES:
   trapline quiz
   trapline quiz what-int3-does
   trapline quiz my-lesson.txtar --results answers.jsonl
   trapline quiz --tui why-out-of-line`,
		ShellComplete: completing(out, lessonNames, scenarioFiles),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "tui", Usage: "in the terminal UI, stepping for the answers"},
			resultsFlag(),
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			switch c.Args().Len() {
			case 0:
				list, err := course.Lessons()
				if err == nil {
					listLessons(out, list)
				}
				return err
			case 1:
				return doQuiz(ctx, c, out)
			}
			return usagef(c, "quiz takes one NAME or FILE, not %d", c.Args().Len())
		},
	}
}

func courseCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "course",
		Usage:     "ask the questions of a whole course, lesson by lesson",
		ArgsUsage: "[DIR]",
		Description: `Asks the lessons of the built-in course, or of DIR: every *.txtar in it that has a member lesson, by name. With
--results a lesson whose questions FILE has all answered is left out, so that a course can be gone through in several goes.

EXAMPLES:
   trapline course --list
   trapline course my-course --results answers.jsonl`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "list", Usage: "only list the lessons"},
			resultsFlag(),
		},
		ShellComplete: completeFiles(out, nil),
		Action:        func(ctx context.Context, c *cli.Command) error { return doCourse(ctx, c, out) },
	}
}

func listLessons(out *output, list []course.Lesson) {
	part := ""
	for _, l := range list {
		if l.Part != part {
			part = l.Part
			fmt.Fprintf(out, "%s\n", part)
		}
		out.styled(story.Place, fmt.Sprintf("  %-32s", l.Short()))
		questions, tasks := l.Count()
		fmt.Fprintf(out, " %s (%s, %s, scenario %s)\n", l.Title, several(questions, "question"), several(tasks, "task"), l.Scenario)
	}
}

// several is a number of things, such as "1 task".
func several(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// lessonOf finds a lesson by its name, or in a scenario's file.
func lessonOf(c *cli.Command, name string) (*course.Lesson, error) {
	if filepath.Ext(name) != scenario.Ext {
		l, err := course.Find(name)
		if err != nil {
			return nil, usageError(c, err)
		}
		return l, nil
	}
	l, err := ownLesson(name)
	if err == nil && l == nil {
		err = fmt.Errorf("%s has no lesson; expected a member lesson with questions: docs/scenario-format.md", printable.Name(name))
	}
	return l, err
}

// ownLesson is the lesson of a scenario's file, nil if it has none.
func ownLesson(name string) (*course.Lesson, error) {
	f, err := load(name)
	if err != nil {
		return nil, err
	}
	return course.Own(f)
}

func doQuiz(ctx context.Context, c *cli.Command, out *output) error {
	l, err := lessonOf(c, c.Args().First())
	if err != nil {
		return err
	}
	if c.Bool("tui") {
		if err := needTerminal(c); err != nil {
			return err
		}
		results, err := openResults(c)
		if err != nil {
			return err
		}
		if results != nil {
			defer results.Close()
		}
		w, err := openLesson(ctx, l)
		if err != nil {
			return err
		}
		asked := &quiz.Quiz{Lesson: l.Name, Questions: l.Asked()}
		return errors.Join(showTUI(ctx, w, tui.Options{Quiz: asked, Lesson: l.Page(w.Run.File), Opening: recordingAhead(w)}), keepAnswers(results, asked.Done))
	}
	return askLessons(ctx, c, out, []course.Lesson{*l}, nil)
}

func doCourse(ctx context.Context, c *cli.Command, out *output) error {
	list, err := courseOf(c)
	if err != nil {
		return err
	}
	if c.Bool("list") {
		listLessons(out, list)
		return nil
	}
	done, err := readAnswers(c.String("results"))
	if err != nil {
		return err
	}
	return askLessons(ctx, c, out, list, done)
}

// courseOf lists the lessons of a folder, or the built-in ones.
func courseOf(c *cli.Command) ([]course.Lesson, error) {
	switch c.Args().Len() {
	case 0:
		return course.Lessons()
	case 1:
	default:
		return nil, usagef(c, "course takes one DIR, not %d", c.Args().Len())
	}
	dir := c.Args().First()
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder; trapline quiz takes one file", printable.Name(dir))
	}
	names, err := fs.Glob(os.DirFS(dir), "*"+scenario.Ext)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []course.Lesson
	for _, n := range names {
		l, err := ownLesson(filepath.Join(dir, n))
		if err != nil {
			return nil, err
		}
		if l != nil {
			list = append(list, *l)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no lessons; expected files *%s with a member lesson", printable.Name(dir), scenario.Ext)
	}
	return list, nil
}

// askLessons asks the questions of each lesson that is not in done.
func askLessons(ctx context.Context, c *cli.Command, out *output, list []course.Lesson, done map[string]int) error {
	results, err := openResults(c)
	if err != nil {
		return err
	}
	if results != nil {
		defer results.Close()
	}
	q := &asking{out: out, in: bufio.NewScanner(&stoppableReader{ctx, os.Stdin}), results: results}
	all := true
	for i := range list {
		l := &list[i]
		if done[l.Name] >= len(l.Questions) {
			continue
		}
		out.styled(story.Code, l.Title)
		engine := ""
		if l.Engine != "" {
			engine = " --engine " + l.Engine
		}
		fmt.Fprintf(out, "\n\n%s\n\nStep through it beside this: trapline tui %s%s\n", l.Text, printable.ShellWord(l.Scenario), engine)
		right, err := q.lesson(ctx, l)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%d of %d right at the first go.\n\n", right, len(l.Questions))
		all = all && right == len(l.Questions)
	}
	if !all {
		return errViolated
	}
	return nil
}

// errNoAnswer ends a quiz whose input ends before its questions.
var errNoAnswer = errors.New("no more answers: the input ended")

// asking reads answers and judges them.
type asking struct {
	out     *output
	in      *bufio.Scanner
	results *os.File // or nil
}

// lesson asks each question of a lesson.
func (a *asking) lesson(ctx context.Context, l *course.Lesson) (right int, err error) {
	asked := l.Asked()
	for i := range asked {
		q := &asked[i]
		fmt.Fprintf(a.out, "\n%d. %s\n", i+1, q.Text)
		if q.Task != nil {
			fmt.Fprintf(a.out, "   Give %s.\n", q.Task.Form())
		}
		given, ok, err := a.question(ctx, &asked[i])
		if err != nil {
			if e := emu.Ended(ctx); e != nil {
				err = fmt.Errorf("%w at question %d of %d; %d answers were right", e, i+1, len(l.Questions), right)
			}
			return right, err
		}
		if ok && len(given) == 1 {
			right++
		}
		if err := keepAnswers(a.results, []quiz.Answered{quiz.NewAnswered(l.Name, i, q, given, ok)}); err != nil {
			return right, err
		}
	}
	return right, nil
}

// question asks until the answer is right, at most quiz.MaxTries times, and
// gives what was answered.
func (a *asking) question(ctx context.Context, q *quiz.Question) (given []string, right bool, err error) {
	for {
		fmt.Fprint(a.out, "> ")
		if err := a.out.Flush(); err != nil {
			return given, false, &failure{outputFailure(err), exitUsage}
		}
		if !a.in.Scan() {
			return given, false, errors.Join(errNoAnswer, a.in.Err())
		}
		answer := strings.TrimSpace(a.in.Text())
		j := q.Judge(ctx, answer)
		if err := emu.Ended(ctx); err != nil {
			return given, false, err
		}
		if j.Unread {
			a.out.styled(story.Alarm, quiz.NotCounted(answer, j)+"\n")
			continue
		}
		given = append(given, answer)
		if j.Right {
			a.out.styled(story.Changed, "Right. ")
			fmt.Fprintln(a.out, q.Because)
			return given, true, nil
		}
		a.out.styled(story.Alarm, "Not that. ")
		fmt.Fprintln(a.out, j.Says)
		if len(given) == quiz.MaxTries {
			a.out.styled(story.Alarm, q.Told(ctx)+" ")
			fmt.Fprintln(a.out, q.Because)
			return given, false, nil
		}
		if q.Hint != "" {
			fmt.Fprintf(a.out, "   Look: %s\n", q.Hint)
		}
	}
}
