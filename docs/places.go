package docs

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	mapRow = regexp.MustCompile(`^\| ([A-Z][0-9]+) \|`)
	place  = regexp.MustCompile("`([^`:]+): ([^`]+)`")
)

// placeRows adds to the rows what the tables of patch-map.md say of them: ID,
// summary, origin, code, scenarios, tests.
func placeRows(groups []Group, page string) error {
	rows := map[string]*Row{}
	for g := range groups {
		for r := range groups[g].Rows {
			row := &groups[g].Rows[r]
			rows[row.ID] = row
		}
	}
	n := 0
	for line := range strings.Lines(page) {
		n++
		m := mapRow.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		row := rows[m[1]]
		cells := strings.Split(strings.Trim(line, "|\n "), "|")
		switch {
		case row == nil:
			return fmt.Errorf("patch-map.md:%d: %s is no row of semantics.md", n, m[1])
		case len(cells) != 6:
			return fmt.Errorf("patch-map.md:%d: expected 6 cells, not %d", n, len(cells))
		case len(row.Code) > 0:
			return fmt.Errorf("patch-map.md:%d: %s stands here twice", n, m[1])
		}
		row.Origin = strings.TrimSpace(cells[2])
		row.Code = places(cells[3])
		row.Scenarios = list(cells[4])
		row.Tests = places(cells[5])
		if len(row.Code) == 0 || len(row.Tests) == 0 {
			return fmt.Errorf("patch-map.md:%d: expected code and a test of %s", n, m[1])
		}
	}
	return nil
}

func places(cell string) []Place {
	var l []Place
	for _, m := range place.FindAllStringSubmatch(cell, -1) {
		l = append(l, Place{m[1], list(m[2])})
	}
	return l
}

func list(s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return []string{}
	}
	return strings.Split(s, ", ")
}
