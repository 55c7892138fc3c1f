package sweep

import (
	"encoding/xml"
	"fmt"

	"trapline/internal/printable"
)

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
// each violation that no file expects, and one for all searches that are missing; searches that decided
// nothing, or that an engine cannot make, are skipped. XML cannot hold every character, so texts are
// printable ones (package printable).
func (m *Merged) JUnit() []byte {
	var all junitSuites
	for _, e := range m.Engines() {
		s := junitSuite{Name: printable.Name("trapline " + e)}
		for _, r := range m.Results {
			if r.Engine != e {
				continue
			}
			c := junitCase{Class: printable.Name(e), Name: printable.Name(r.Key.String()), Out: printable.Text(r.Verdict)}
			switch {
			case r.Outcome == Violated && !r.Expected:
				c.Failure = note(r.Property+": "+r.Text, r.Command())
				s.Failures++
			case r.Outcome == Failed:
				c.Failure = note(r.Text, "")
				s.Failures++
			case r.Outcome == Undecided:
				c.Skipped = note(r.Verdict, "")
				s.Skipped++
			case r.Outcome == Impossible:
				c.Skipped = note(r.Text, "")
				s.Skipped++
			}
			s.Tests++
			s.Cases = append(s.Cases, c)
		}
		all.Suites = append(all.Suites, s)
	}
	if n := m.Missing(); n > 0 {
		text := fmt.Sprintf("%d of %d searches are missing", n, m.Head.Searches)
		all.Suites = append(all.Suites, junitSuite{
			Name: "trapline", Tests: 1, Failures: 1, Cases: []junitCase{{Class: "trapline", Name: "every search is there", Failure: note(text, "")}},
		})
	}
	b, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}

func note(message, text string) *junitNote {
	return &junitNote{printable.Text(message), printable.Text(text)}
}
