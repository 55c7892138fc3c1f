// Package docs is the documentation that the program itself can print: the
// rows of semantics.md, with the places that patch-map.md names for each.
package docs

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed semantics.md
var semantics string

//go:embed patch-map.md
var patchMap string

// Group is the rows of one letter.
type Group struct {
	Letter string // "K"
	Title  string // "The kprobes patch of 2002"
	Rows   []Row
}

// Row is one behaviour that must be true.
type Row struct {
	ID     string `json:"id"`     // "K4"
	Title  string `json:"title"`  // a phrase, without a full stop
	Text   string `json:"text"`   // Markdown: paragraphs, each on one line, with a blank line between two
	Source string `json:"source"` // what it is known from: parts that begin with a name of Sources
	Today  string `json:"today"`  // whether it is implemented: "yes", "no" or "partly", then what is missing

	Code      []Place  `json:"code"`      // the functions that do it
	Scenarios []string `json:"scenarios"` // built-in scenarios that show it
	Tests     []Place  `json:"tests"`     // the tests that enforce it
	Origin    string   `json:"origin"`    // the place inside the source
}

// Place is names in a file, or tests in a folder.
type Place struct {
	Path  string   `json:"path"` // relative to the repository
	Names []string `json:"names"`
}

// Implemented reports whether the row is a promise: wholly or in part.
func (r *Row) Implemented() bool { return !isWord(r.Today, "no") }

// Groups is every row, in the order of semantics.md. The error is that of a
// page that does not parse, with its line.
var Groups = sync.OnceValues(func() ([]Group, error) {
	groups, err := parseRows(semantics)
	if err != nil {
		return nil, err
	}
	return groups, placeRows(groups, patchMap)
})

// Sources is what each name of a source stands for, by name.
var Sources = sync.OnceValue(func() map[string]string { return parseSources(semantics) })

// Find is the row of an ID, in either case; nil if there is none.
func Find(id string) *Row {
	groups, _ := Groups()
	for _, g := range groups {
		for i := range g.Rows {
			if strings.EqualFold(g.Rows[i].ID, id) {
				return &g.Rows[i]
			}
		}
	}
	return nil
}

var (
	emphasis = regexp.MustCompile("[*`]")
	link     = regexp.MustCompile(`\[([^\]]+)\]\(([^)]+)\)`)
)

// Plain is Markdown's text without its marks; a link is the page that it leads to.
func Plain(markdown string) string {
	return emphasis.ReplaceAllString(link.ReplaceAllString(markdown, "docs/$2"), "")
}
