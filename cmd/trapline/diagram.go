package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/picture"
	"trapline/internal/printable"
	"trapline/internal/scenario"
)

// diagramFlag asks for diagrams in the place of a story.
func diagramFlag() cli.Flag {
	return &cli.StringFlag{Name: "diagram", Usage: "instead of the story, Markdown with a diagram in `LANGUAGE`: " + languages()}
}

func languages() string {
	var list []string
	for _, l := range picture.Languages() {
		list = append(list, string(l))
	}
	return strings.Join(list, " or ")
}

// diagramOf is the language that was asked for, or "".
func diagramOf(c *cli.Command) (picture.Language, error) {
	l := picture.Language(c.String("diagram"))
	switch {
	case l == "":
		return "", nil
	case !slices.Contains(picture.Languages(), l):
		return "", usagef(c, "unknown language %q of a diagram: expected %s", l, languages())
	case c.Bool("json"):
		return "", usagef(c, "--json and --diagram exclude each other")
	}
	return l, nil
}

// fence prints a diagram as a block of Markdown, which issue trackers draw.
func (o *output) fence(l picture.Language, text string) {
	o.raw(printable.Text(fmt.Sprintf("```%s\n%s```\n", l, text)))
}

// draw runs to the end and prints what happened between the vCPUs.
func (t *telling) draw(ctx context.Context, l picture.Language) error {
	d := t.run.Draw()
	if err := t.follow(ctx, d.See); err != nil {
		return err
	}
	t.out.fence(l, d.Sequence(t.run.File.Title()).Print(l))
	if len(t.run.Violations()) > 0 {
		return errViolated
	}
	return nil
}

// draw prints what was found: the line that shows it again, the run, and the
// choices that lead there.
func (s *searching) draw(ctx context.Context, x *scenario.Searched, l picture.Language) error {
	fmt.Fprintf(s.out, "**%s** violates %s\n\n%v\n\n    %s\n\n", s.file.Title(), x.Violation, x.Verdict(), s.command(x.Schedule()))
	if places := x.Places.String(); places != "" {
		fmt.Fprintf(s.out, "%s%s\n\n", placesWord, places)
	}
	ctx, cancel := context.WithTimeout(ctx, s.file.Machine.Time)
	defer cancel()
	r, replay, err := x.Again(ctx, s.file)
	if err != nil {
		return err
	}
	defer r.Close()
	d := r.Draw()
	if err := r.Follow(ctx, replay, d.See); err != nil {
		return err
	}
	s.out.fence(l, d.Sequence(s.file.Title()).Print(l))
	tree, err := scenario.Choices(ctx, s.file, x.Options, x.Found.Schedule)
	if err != nil {
		return err
	}
	fmt.Fprint(s.out, "\nThe choices, and what one run in turns comes to behind each other one:\n\n")
	s.out.fence(l, tree.Print(l))
	return nil
}
