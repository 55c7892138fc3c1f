package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/story"
)

// progressAfter is how long a search is silent.
const progressAfter = 2 * time.Second

// progress prints a line every progressAfter, on standard error.
func (s *searching) progress() func(explore.Progress) {
	last := time.Duration(0)
	return func(p explore.Progress) {
		if p.Elapsed-last < progressAfter {
			return
		}
		last = p.Elapsed
		fmt.Fprintf(s.stderr, "explore: %v, %v, %d preemptions, %d schedules, %d states, about %d%% of what is known to be left to do\n",
			p.Elapsed.Round(time.Second), p.Part, p.Preemptions, p.Schedules, p.States, int(100*p.Done))
	}
}

// summary tells what was searched.
func (s *searching) summary(x *scenario.Searched) {
	if s.json {
		s.searchJSON(x)
		return
	}
	o := s.out
	text := ""
	if x.Options.KernelText {
		text = ", kernel text"
	}
	if x.KernelText != "" {
		text += ", because " + x.KernelText
	}
	fmt.Fprintf(o, "%s: engine %s, strategy %s, %s%s\n", s.name, x.Options.Engine, s.Strategy, s.boundText(), text)
	fmt.Fprintf(o, "%v\n", x.Verdict())
	fmt.Fprintf(o, "%d schedules, %d executions ended, %d states, %d steps, %v\n",
		x.Schedules, x.Executions, x.States, x.Steps, x.Elapsed.Round(time.Millisecond))
	if x.Luck != "" {
		fmt.Fprintf(o, "found by a random execution before the search of every schedule: %s\n", x.Luck)
	}
	if x.TSO != "" {
		fmt.Fprintln(o, x.TSO)
	}
	if x.Found == nil {
		o.styled(story.Changed, "No violation was found.\n")
	}
}

func (s *searching) boundText() string {
	switch {
	case s.Strategy == scenario.PCT:
		return fmt.Sprintf("depth %d, seed %d, at most %d executions", s.bound, s.Seed, s.Executions)
	case s.Strategy == scenario.Random:
		return fmt.Sprintf("seed %d, at most %d executions", s.Seed, s.Executions)
	case s.bound == scenario.NoBound:
		return "no bound on preemptions"
	}
	return fmt.Sprintf("bound %d preemptions", s.bound)
}

// command is the line that shows a schedule again.
func (s *searching) command(schedule string) string {
	line := "trapline run " + printable.ShellWord(s.name)
	if s.Engine != "" {
		line += " --engine " + s.Engine
	}
	return line + s.model + " --schedule " + schedule
}

// show tells the story of what was found, as run --schedule does. When it is
// interrupted it names at least the schedule.
func (s *searching) show(ctx context.Context, x *scenario.Searched) error {
	if !s.json {
		s.out.styled(story.Alarm, "found")
		fmt.Fprintf(s.out, " %s\nschedule %s (%s)\n", x.Violation, x.Schedule(), lengthText(x.Found.Schedule))
		if places := x.Places.String(); places != "" {
			fmt.Fprintf(s.out, "%s%s\n", placesWord, places)
		}
		fmt.Fprintf(s.out, "again: %s\n\n", s.command(x.Schedule()))
	} else {
		s.foundJSON(x)
	}
	if x.Untold() { // its story has no end
		return emu.Ended(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, s.file.Machine.Time)
	defer cancel()
	r, replay, err := x.Again(ctx, s.file)
	if err != nil {
		return err
	}
	defer r.Close()
	t := &telling{out: s.out, run: r, teller: story.Teller{Level: s.level}, json: s.json, name: s.name, schedule: replay}
	if err := t.tell(ctx, false); !errors.Is(err, errViolated) {
		return err
	}
	return nil
}

// lengthText tells how long a schedule is.
func lengthText(s sched.Schedule) string {
	text := fmt.Sprintf("%d switches, %d steps", s.Switches(), s.Steps())
	if n := s.Turn().Steps(); n > 0 {
		text += fmt.Sprintf(", then %d steps over and over", n)
	}
	return text
}
