package docs

import (
	"fmt"
	"regexp"
	"strings"
)

// The grammar of semantics.md, by lines:
//
//	## LETTER. TITLE        a group
//	### ID: TITLE           a row; its letter is the group's
//	…                       its text: paragraphs
//	Source: …               one line
//	Today: …                one line: yes, no or partly, then "; …"
var (
	groupLine = regexp.MustCompile(`^## ([A-Z])\. (.+)$`)
	rowLine   = regexp.MustCompile(`^### ([A-Z])([0-9]+): (.+)$`)
	todayLine = regexp.MustCompile(`^Today: ((yes|no|partly)(; .+)?)$`)

	sourceItem = regexp.MustCompile(`(?s)^- ((?:\*\*[^*]+\*\*(?:, )?)+): (.+)$`)
	bold       = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

func parseRows(page string) ([]Group, error) {
	var groups []Group
	var row *Row // of the lines that follow
	n := 0
	for line := range strings.Lines(page) {
		n++
		line = strings.TrimRight(line, "\n")
		flaw := func(what string) error { return fmt.Errorf("semantics.md:%d: %s: %q", n, what, line) }
		if m := groupLine.FindStringSubmatch(line); m != nil {
			groups, row = append(groups, Group{Letter: m[1], Title: m[2]}), nil
			continue
		}
		if m := rowLine.FindStringSubmatch(line); m != nil {
			if len(groups) == 0 || groups[len(groups)-1].Letter != m[1] {
				return nil, flaw("expected a row of the group above")
			}
			g := &groups[len(groups)-1]
			g.Rows = append(g.Rows, Row{ID: m[1] + m[2], Title: m[3], Code: []Place{}, Scenarios: []string{}, Tests: []Place{}})
			row = &g.Rows[len(g.Rows)-1]
			continue
		}
		if strings.HasPrefix(line, "#") {
			row = nil
		}
		if row == nil {
			continue
		}
		switch source, isSource := strings.CutPrefix(line, "Source: "); {
		case isSource && row.Source == "":
			row.Source, row.Text = source, strings.TrimSpace(row.Text)
		case strings.HasPrefix(line, "Today: "):
			m := todayLine.FindStringSubmatch(line)
			if m == nil || row.Today != "" {
				return nil, flaw(`expected one "Today: " with yes, no or partly`)
			}
			row.Today = m[1]
		case isSource || row.Source != "" && line != "":
			return nil, flaw("expected a row's text, one source, then today")
		case row.Source == "":
			row.addText(line)
		}
	}
	for _, g := range groups {
		for _, r := range g.Rows {
			if r.Text == "" || r.Source == "" || r.Today == "" {
				return nil, fmt.Errorf("semantics.md: row %s: expected text, Source and Today", r.ID)
			}
		}
	}
	return groups, nil
}

// addText joins the lines of a paragraph.
func (r *Row) addText(line string) {
	switch {
	case line == "":
		r.Text += "\n\n"
	case r.Text == "" || strings.HasSuffix(r.Text, "\n"):
		r.Text += line
	default:
		r.Text += " " + line
	}
}

// parseSources reads the list items that begin with names in bold.
func parseSources(page string) map[string]string {
	sources := map[string]string{}
	for _, item := range strings.Split(strings.ReplaceAll(page, "\n- ", "\n\n- "), "\n\n") {
		m := sourceItem.FindStringSubmatch(strings.TrimSpace(item))
		if m == nil {
			continue
		}
		for _, name := range bold.FindAllStringSubmatch(m[1], -1) {
			sources[name[1]] = strings.Join(strings.Fields(m[2]), " ")
		}
	}
	return sources
}

// isWord reports whether s is a word, or one with more behind it.
func isWord(s, word string) bool { return s == word || strings.HasPrefix(s, word+"; ") }

// SourceNames are the names of Sources that the parts of a row's Source begin
// with. Parts are separated by semicolons.
func (r *Row) SourceNames() []string {
	var names []string
	for part := range strings.SplitSeq(r.Source, "; ") {
		name := ""
		for n := range Sources() {
			if rest, ok := strings.CutPrefix(part, n); ok && len(n) > len(name) && (rest == "" || strings.ContainsAny(rest[:1], ", :")) {
				name = n
			}
		}
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}
