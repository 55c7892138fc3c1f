package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"trapline/emu"
	"trapline/scenarios/story"
	"trapline/tui/course"
)

func quizCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "quiz",
		Usage:     "ask the questions of a walk-through",
		ArgsUsage: "NAME",
		Description: `NAME is a lesson of docs/walkthroughs; without it they are listed. Answers are read line by line. The exit status
is 0 if every answer was right at the first go, else 1. With --tui the terminal UI opens, and y asks.

EXAMPLES:
   trapline quiz
   trapline quiz what-int3-does
   trapline quiz --tui why-out-of-line`,
		Flags: []cli.Flag{&cli.BoolFlag{Name: "tui", Usage: "in the terminal UI, stepping for the answers"}},
		Action: func(ctx context.Context, c *cli.Command) error {
			switch c.Args().Len() {
			case 0:
				return listQuizzes(out)
			case 1:
				return doQuiz(ctx, c, out)
			}
			return usagef(c, "quiz takes one NAME, not %d", c.Args().Len())
		},
	}
}

func listQuizzes(out *output) error {
	list, err := course.Lessons()
	if err != nil {
		return err
	}
	for _, l := range list {
		out.styled(story.Place, fmt.Sprintf("  %-24s", l.Short()))
		fmt.Fprintf(out, " %s (%d questions, scenario %s)\n", l.Title, len(l.Questions), l.Scenario)
	}
	return nil
}

func doQuiz(ctx context.Context, c *cli.Command, out *output) error {
	l, err := course.Find(c.Args().First())
	if err != nil {
		return usageError(c, err)
	}
	if c.Bool("tui") {
		if err := needTerminal(c); err != nil {
			return err
		}
		w, err := openLesson(ctx, l)
		if err != nil {
			return err
		}
		return showTUI(ctx, w, 0, l.Asked())
	}
	out.styled(story.Code, l.Title)
	engine := ""
	if l.Engine != "" {
		engine = " --engine " + l.Engine
	}
	fmt.Fprintf(out, "\n\n%s\n\nStep through it beside this: trapline tui %s%s\n", l.Text, l.Scenario, engine)
	right, err := askAll(ctx, l, out)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d of %d right.\n", right, len(l.Questions))
	if right < len(l.Questions) {
		return errViolated
	}
	return nil
}

// errNoAnswer ends a quiz whose input ends before its questions.
var errNoAnswer = errors.New("no more answers: the input ended")

// askAll asks each question once.
func askAll(ctx context.Context, l *course.Lesson, out *output) (right int, err error) {
	in := bufio.NewScanner(&stoppableReader{ctx, os.Stdin})
	for i := range l.Questions {
		q := &l.Questions[i]
		fmt.Fprintf(out, "\n%d. %s\n   Look: %s\n> ", i+1, q.Text, q.Hint)
		if err := out.Flush(); err != nil {
			return right, &failure{outputFailure(err), exitUsage}
		}
		if !in.Scan() {
			if err := emu.Ended(ctx); err != nil {
				return right, fmt.Errorf("%w at question %d of %d; %d answers were right", err, i+1, len(l.Questions), right)
			}
			return right, errors.Join(errNoAnswer, in.Err())
		}
		if q.Right(in.Text()) {
			right++
			out.styled(story.Changed, "Right. ")
		} else {
			out.styled(story.Alarm, "It is "+q.Answers[0]+". ")
		}
		fmt.Fprintln(out, q.Because)
	}
	return right, nil
}
