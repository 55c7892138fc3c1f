package sweep

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
)

// ErrDiffer is returned when two files have one search with different results.
var ErrDiffer = errors.New("one search has two results")

// Merged are the results of several files of one sweep, in order and each once.
type Merged struct {
	Head    Head // without a shard
	Results []Result
}

// Missing is how many searches no file has.
func (m *Merged) Missing() int { return m.Head.Searches - len(m.Results) }

// Merge puts files of one sweep together. How long searches took is left out,
// so that what comes out is the same however the sweep was cut and resumed.
func Merge(heads []Head, results [][]Result) (*Merged, error) {
	m := &Merged{}
	seen := map[Key]Result{}
	for i, h := range heads {
		h.Shard, h.Shards = 0, 0
		if i > 0 && h != m.Head {
			return nil, fmt.Errorf("the files are of two sweeps: one of %d searches (%s) and one of %d (%s)", m.Head.Searches, m.Head.Plan, h.Searches, h.Plan)
		}
		m.Head = h
		for _, r := range results[i] {
			r.Seconds = 0
			if old, again := seen[r.Key]; again {
				if old != r {
					return nil, fmt.Errorf("%w: %v: %s and %s", ErrDiffer, r.Key, old.Verdict, r.Verdict)
				}
				continue
			}
			seen[r.Key] = r
			m.Results = append(m.Results, r)
		}
	}
	slices.SortFunc(m.Results, func(a, b Result) int { return compare(a.Key, b.Key) })
	return m, nil
}

// Bytes is the merged file.
func (m *Merged) Bytes() []byte {
	b := Line(m.Head)
	for _, r := range m.Results {
		b = append(b, Line(r)...)
	}
	return b
}

// Count is how many results an engine, or with "" all of them, have of an
// outcome.
func (m *Merged) Count(engine, outcome string) int {
	n := 0
	for _, r := range m.Results {
		if r.Outcome == outcome && (engine == "" || r.Engine == engine) {
			n++
		}
	}
	return n
}

// Engines lists the engines, ascending.
func (m *Merged) Engines() []string {
	var list []string
	for _, r := range m.Results {
		if !slices.Contains(list, r.Engine) {
			list = append(list, r.Engine)
		}
	}
	slices.Sort(list)
	return list
}

// The elements of JUnit's XML that CI systems read.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Failure *junitNote `xml:"failure"`
		Skipped *junitNote `xml:"skipped"`
		Out     string     `xml:"system-out,omitempty"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit is the results as JUnit's XML: a suite for each engine, a failure for
// each violation that no file expects; searches that decided nothing, or could not be made, are
// skipped.
func (m *Merged) JUnit() []byte {
	var all junitSuites
	for _, e := range m.Engines() {
		s := junitSuite{Name: "trapline " + e}
		for _, r := range m.Results {
			if r.Engine != e {
				continue
			}
			c := junitCase{Class: e, Name: r.Key.String(), Out: r.Verdict}
			switch {
			case r.Outcome == Violated && !r.Expected:
				c.Failure = &junitNote{r.Property + ": " + r.Text, "trapline run " + r.Scenario + " --engine " + e + " --schedule " + r.Schedule}
				s.Failures++
			case r.Outcome == Failed:
				c.Failure = &junitNote{Message: r.Text}
				s.Failures++
			case r.Outcome == Undecided:
				c.Skipped = &junitNote{Message: r.Verdict}
				s.Skipped++
			case r.Outcome == Impossible:
				c.Skipped = &junitNote{Message: r.Text}
				s.Skipped++
			}
			s.Tests++
			s.Cases = append(s.Cases, c)
		}
		all.Suites = append(all.Suites, s)
	}
	b, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}
