package sweep_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

const race = "A load.\n-- text.S --\nmain:\ttarget:\tmovl $1, %eax\n\tret\n-- tasks --\ncpu 0 at main\n"

// file is a scenario with one file that it names.
func file(t *testing.T, text, named string) *scenario.File {
	t.Helper()
	f, err := format.Parse("x.txtar", []byte(text))
	require.NoError(t, err)
	return &scenario.File{File: f, ReadFile: func(string) ([]byte, error) { return []byte(named), nil }}
}

func plan(t *testing.T, names ...string) ([]sweep.Job, sweep.Head) {
	t.Helper()
	var list []sweep.Scenario
	for _, n := range names {
		list = append(list, sweep.Scenario{Name: n, File: file(t, race, "")})
	}
	jobs, err := sweep.Plan(list, sweep.Axes{Strategies: []scenario.Strategy{scenario.DFS}, Bounds: []int{scenario.NoBound}})
	require.NoError(t, err)
	return jobs, sweep.HeadOf(jobs, sweep.Shard{})
}

// result is one of a search that found something.
func result(k sweep.Key) sweep.Result {
	return sweep.Result{
		Type: "search", V: sweep.Version, Key: k, Outcome: sweep.Violated, Verdict: "not exhausted", Property: "no-missed-probe", Text: "seen",
		Schedule: "t2.5def6c.0x11,1",
	}
}

// Of a file that is damaged nothing is taken for a result.
func TestDamagedLinesAreNoResults(t *testing.T) {
	jobs, head := plan(t, "a.txtar")
	whole := string(sweep.Line(result(jobs[0].Key)))
	for name, c := range map[string]struct{ old, now string }{
		"two in a line":         {"}\n", "}" + whole},
		"something behind":      {"}\n", "}x\n"},
		"another version":       {fmt.Sprintf(`"v":%d`, sweep.Version), `"v":99`},
		"no such outcome":       {`"violated"`, `"bogus"`},
		"no outcome":            {`"outcome":"violated",`, ""},
		"a name twice":          {`"outcome":"violated"`, `"outcome":"holds","outcome":"violated"`},
		"a name in two cases":   {`"text":"seen"`, `"text":"seen","Text":"unseen"`},
		"holds, and a schedule": {`"violated"`, `"holds"`},
		"nothing was violated":  {`"property":"no-missed-probe",`, ""},
		"no engine":             {`"engine":"2002"`, `"engine":""`},
		"a text for a number":   {`"states":0`, `"states":"0"`},
		"an unknown name":       {`"states":0`, `"states":0,"stats":0`},
		"a list":                {`"text":"seen"`, `"text":["seen"]`},
		"nothing":               {whole, "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			line := strings.Replace(whole, c.old, c.now, 1)
			require.NotEqual(t, whole, line)
			_, _, _, err := sweep.Read(append(sweep.Line(head), line...))
			require.ErrorIs(t, err, sweep.ErrForeign)
			require.ErrorContains(t, err, "line 2 is no result: ")
		})
	}
	_, list, n, err := sweep.Read([]byte(string(sweep.Line(head)) + whole + whole[:20]))
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, len(sweep.Line(head))+len(whole), n)
}

// What is merged are the searches of the plan, each once.
func TestMergedAreThePlansSearches(t *testing.T) {
	jobs, head := plan(t, "a.txtar", "b.txtar")
	a, b := result(jobs[0].Key), result(jobs[1].Key)
	other := b
	other.Seed = 7
	for _, list := range [][]sweep.Result{{a, other}, {a, b, other}} {
		_, err := sweep.Merge([]sweep.Head{head}, [][]sweep.Result{list})
		require.ErrorIs(t, err, sweep.ErrNotPlanned)
		_, err = sweep.Resume(jobs, list)
		require.ErrorIs(t, err, sweep.ErrNotPlanned)
	}
	again := a
	again.Seconds = 3
	m, err := sweep.Merge([]sweep.Head{head, head}, [][]sweep.Result{{b, a}, {again}})
	require.NoError(t, err)
	require.Equal(t, []sweep.Result{a, b}, m.Results)
	done, err := sweep.Resume(jobs, []sweep.Result{b, a, again})
	require.NoError(t, err)
	require.Equal(t, []sweep.Result{b, a}, done)
	again.Schedule = "t2.5def6c.0x12,1"
	_, err = sweep.Resume(jobs, []sweep.Result{b, a, again})
	require.ErrorIs(t, err, sweep.ErrDiffer)
}

// What was found with another text of a scenario, or with other executions, is of another sweep.
func TestAPlanIsOfWhatIsSearched(t *testing.T) {
	seen := map[string]bool{}
	for _, text := range []string{race, strings.Replace(race, "$1", "$2", 1)} {
		for _, n := range []int{10, 20} {
			jobs, err := sweep.Plan([]sweep.Scenario{{Name: "a.txtar", File: file(t, text, "")}},
				sweep.Axes{Strategies: []scenario.Strategy{scenario.Random}, Seeds: []uint64{1}, Executions: n})
			require.NoError(t, err)
			seen[sweep.HeadOf(jobs, sweep.Shard{}).Plan] = true
		}
	}
	require.Len(t, seen, 4)
}

// A file that a scenario names is a part of it.
func TestAPlanIsOfTheNamedFilesToo(t *testing.T) {
	text := "A program.\n-- machine --\narch x86_64\nengine uprobes\n-- program --\npath \"p.elf\"\n-- linux --\npath \"/p\"\n"
	var heads []sweep.Head
	for _, named := range []string{"one", "two"} {
		jobs, err := sweep.Plan([]sweep.Scenario{{Name: "p.txtar", File: file(t, text, named)}},
			sweep.Axes{Strategies: []scenario.Strategy{scenario.DFS}, Bounds: []int{scenario.NoBound}})
		require.NoError(t, err)
		require.Len(t, jobs, 1)
		heads = append(heads, sweep.HeadOf(jobs, sweep.Shard{}))
	}
	require.NotEqual(t, heads[0], heads[1])
}

// JSON would have two such names for one.
func TestANameThatIsNotUTF8IsRefused(t *testing.T) {
	_, err := sweep.Plan([]sweep.Scenario{{Name: "a\xff.txtar", File: file(t, race, "")}}, sweep.Axes{})
	require.ErrorIs(t, err, sweep.ErrName)
	require.ErrorContains(t, err, `a\xff.txtar: `)
}

// The XML says the same of each search as the lines, whatever it is called, and that one is missing.
func TestJUnitSaysWhatTheLinesSay(t *testing.T) {
	hostile := "x]]>&<'\"\x01\x1b[2J\u202e\ufffe\ne.txtar"
	jobs, head := plan(t, hostile, "b.txtar", "c.txtar")
	var found, missing sweep.Result
	for _, j := range jobs {
		if j.Scenario == hostile {
			found = result(j.Key)
		} else if j.Scenario == "b.txtar" {
			missing = result(j.Key)
			missing.Outcome, missing.Property, missing.Schedule = sweep.Holds, "", ""
		}
	}
	m, err := sweep.Merge([]sweep.Head{head}, [][]sweep.Result{{found, missing}})
	require.NoError(t, err)
	var suites struct {
		Suites []struct {
			Name            string `xml:"name,attr"`
			Tests, Failures int    `xml:",attr"`
			Cases           []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	data := strings.NewReplacer("tests=", "Tests=", "failures=", "Failures=").Replace(string(m.JUnit()))
	require.NoError(t, xml.Unmarshal([]byte(data), &suites))
	require.Len(t, suites.Suites, 2)
	s := suites.Suites[0]
	require.Equal(t, "2 1 2", fmt.Sprint(s.Tests, s.Failures, len(s.Cases)))
	require.Nil(t, s.Cases[0].Failure)
	f := s.Cases[1]
	require.Equal(t, `x]]>&<'"\x01\x1b[2J\u202e\ufffe\ne.txtar, engine 2002, dfs`, f.Name)
	require.Equal(t, "no-missed-probe: seen", f.Failure.Message)
	require.Equal(t, `trapline run $'x]]>&<\'"\x01\x1b[2J\u202e\ufffe\ne.txtar' --engine 2002 --schedule t2.5def6c.0x11,1`, f.Failure.Text)
	s = suites.Suites[1]
	require.Equal(t, "1 1 1", fmt.Sprint(s.Tests, s.Failures, len(s.Cases)))
	require.Equal(t, "1 of 3 searches are missing", s.Cases[0].Failure.Message)
}
