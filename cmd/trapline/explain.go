package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/urfave/cli/v3"

	"trapline/docs"
	"trapline/internal/nearest"
	"trapline/internal/story"
)

func explainCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "print what a row of the checklist says: K4, P6, V4",
		ArgsUsage: "[ID…]",
		Description: `The rows are the behaviours that must be true; stories, code and tests cite them. Printed are what the row says, the
source it is known from, whether it is implemented, and where it is shown. Without an ID the rows are listed. The same in one
page: docs/semantics.md.

EXAMPLES:
   trapline explain K4
   trapline explain k7 k11 m4
   trapline explain --json P6 | jq -r .scenarios[]
   trapline explain`,
		Flags:         []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"}},
		ShellComplete: completing(out, rowNames, nil),
		Action:        func(_ context.Context, c *cli.Command) error { return doExplain(c, out) },
	}
}

func doExplain(c *cli.Command, out *output) error {
	groups, err := docs.Groups()
	if err != nil {
		return err
	}
	if !c.Args().Present() && !c.Bool("json") {
		listRows(out, groups)
		return nil
	}
	rows, err := rowsOf(c, groups)
	if err != nil {
		return err
	}
	for i, r := range rows {
		if c.Bool("json") {
			out.object(rowJSON{"row", story.Version, r.group, *r.row})
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		explainRow(out, r)
	}
	return nil
}

// rowJSON is a row for a program.
type rowJSON struct {
	Type  string `json:"type"`
	V     int    `json:"v"`
	Group string `json:"group"`
	docs.Row
}

// groupedRow is a row with the group that it is of.
type groupedRow struct {
	group string
	row   *docs.Row
}

// rowsOf are the rows that the arguments name; without any, all.
func rowsOf(c *cli.Command, groups []docs.Group) ([]groupedRow, error) {
	var all []groupedRow
	byID := map[string]groupedRow{}
	for _, g := range groups {
		for i := range g.Rows {
			r := groupedRow{g.Title, &g.Rows[i]}
			all = append(all, r)
			byID[r.row.ID] = r
		}
	}
	if !c.Args().Present() {
		return all, nil
	}
	var rows []groupedRow
	for _, arg := range c.Args().Slice() {
		r, ok := byID[strings.ToUpper(arg)]
		if !ok {
			msg := fmt.Sprintf("no row %q", arg)
			if near := nearestRows(arg, groups); len(near) > 0 {
				msg += "; did you mean " + strings.Join(near, " or ") + "?"
			} else {
				msg += `; "trapline explain" lists them`
			}
			return nil, usageError(c, fmt.Errorf("%s", msg))
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func rowIDs(groups []docs.Group) []string {
	var l []string
	for _, g := range groups {
		for _, r := range g.Rows {
			l = append(l, r.ID)
		}
	}
	return l
}

var numbered = regexp.MustCompile(`^([A-Z])([0-9]+)$`)

// nearestRows are the rows that a word without a row may have meant: of the same letter those with the nearest
// numbers, else the rows that have the word, in the title first, else what is spelt most alike.
func nearestRows(word string, groups []docs.Group) []string {
	const most = 3
	var titled, told []string
	m := numbered.FindStringSubmatch(strings.ToUpper(word))
	for _, g := range groups {
		if m != nil && m[1] == g.Letter {
			return nearestNumbers(m[2], g, most-1)
		}
		for _, r := range g.Rows {
			switch {
			case len(word) < 3:
			case has(r.Title, word):
				titled = append(titled, r.ID)
			case has(r.Text, word):
				told = append(told, r.ID)
			}
		}
	}
	if found := append(titled, told...); len(found) > 0 {
		return found[:min(len(found), most)]
	}
	var near []string
	if w := nearest.Word(word, lower(rowIDs(groups))); w != "" {
		near = append(near, strings.ToUpper(w))
	}
	return near
}

// has reports whether a text has a word or a part of one, whatever the case.
func has(text, word string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(word))
}

// nearestNumbers are the n rows of a group that are nearest to a number that no row of it has. Rows stand in the
// group by number, but for a few.
func nearestNumbers(number string, g docs.Group, n int) []string {
	want, err := strconv.Atoi(number)
	if err != nil {
		want = 1000 // too large for an int: the last rows
	}
	var near []string
	for distance := 1; len(near) < n && distance <= want+len(g.Rows); distance++ {
		for _, r := range g.Rows {
			if k, err := strconv.Atoi(r.ID[1:]); err == nil && max(k-want, want-k) == distance && len(near) < n {
				near = append(near, r.ID)
			}
		}
	}
	return near
}

func lower(l []string) []string {
	out := make([]string, len(l))
	for i, s := range l {
		out[i] = strings.ToLower(s)
	}
	return out
}

func listRows(out *output, groups []docs.Group) {
	for i, g := range groups {
		if i > 0 {
			fmt.Fprintln(out)
		}
		out.styled(story.Code, g.Title+"\n")
		for _, r := range g.Rows {
			out.styled(story.Row, fmt.Sprintf("  %-4s", r.ID))
			title := r.Title
			if !r.Implemented() {
				title += " (not implemented)"
			}
			fmt.Fprintln(out, indented(title, 6, out.columns))
		}
	}
	fmt.Fprintln(out, "\nOne of them: trapline explain K4")
}

// explainRow prints a row at the width of the output.
func explainRow(out *output, r groupedRow) {
	out.styled(story.Row, r.row.ID+"  ")
	out.styled(story.Code, r.row.Title+"\n")
	out.styled(story.Dim, r.group+"\n")
	for paragraph := range strings.SplitSeq(docs.Plain(r.row.Text), "\n\n") {
		fmt.Fprintf(out, "\n%s\n", indented(paragraph, 0, out.columns))
	}
	fmt.Fprintln(out)
	field := func(name, text string) {
		if text != "" {
			out.styled(story.Place, fmt.Sprintf("%-10s", name))
			fmt.Fprintln(out, indented(text, 10, out.columns))
		}
	}
	field("source", docs.Plain(r.row.Source))
	told := map[string]bool{}
	for _, name := range r.row.SourceNames() {
		if text := docs.Sources()[name]; !told[text] {
			told[text] = true
			field("", name+": "+docs.Plain(text))
		}
	}
	field("where", r.row.Origin)
	field("today", r.row.Today)
	field("shown by", strings.Join(r.row.Scenarios, ", "))
	field("code", placesText(r.row.Code))
	field("tests", placesText(r.row.Tests))
	if len(r.row.Scenarios) > 0 {
		fmt.Fprintf(out, "\nSee it: trapline run %s\n", r.row.Scenarios[0])
	}
}

func placesText(l []docs.Place) string {
	var parts []string
	for _, p := range l {
		parts = append(parts, p.Path+": "+strings.Join(p.Names, ", "))
	}
	return strings.Join(parts, "; ")
}

// indented is text broken at blanks into lines of at most width cells. All but the first begin with blanks; the
// caller has printed as many cells in front of the first.
func indented(s string, indent, width int) string {
	const unbreakable = "\u2011" // a hyphen too; names are copied, so they stay whole
	s = ansi.Wrap(strings.ReplaceAll(s, "-", unbreakable), max(width-indent, 1), "")
	return strings.NewReplacer("\n", "\n"+strings.Repeat(" ", indent), unbreakable, "-").Replace(s)
}
