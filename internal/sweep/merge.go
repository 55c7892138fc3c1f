package sweep

import (
	"errors"
	"fmt"
	"slices"
)

// ErrDiffer is returned when one search is there with different results.
var ErrDiffer = errors.New("one search has two results")

// ErrNotPlanned is returned for results of searches that the sweep does not consist of.
var ErrNotPlanned = errors.New("the results are not those of the sweep's searches")

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
	return m, m.planned()
}

// planned compares the searches with the sweep's plan, which can be told when none is missing.
func (m *Merged) planned() error {
	if m.Missing() > 0 {
		return nil
	}
	keys := make([]Key, len(m.Results))
	for i := range m.Results {
		keys[i] = m.Results[i].Key
	}
	if sum := planSum(keys); sum != m.Head.Plan || m.Missing() < 0 {
		return fmt.Errorf("%w: %d searches (plan %s), expected %d (%s)", ErrNotPlanned, len(keys), sum, m.Head.Searches, m.Head.Plan)
	}
	return nil
}

// Resume takes the results of a file for jobs, each once.
func Resume(jobs []Job, results []Result) ([]Result, error) {
	planned := make(map[Key]bool, len(jobs))
	for _, j := range jobs {
		planned[j.Key] = true
	}
	seen := make(map[Key]Result, len(results))
	var done []Result
	for _, r := range results {
		if !planned[r.Key] {
			return nil, fmt.Errorf("%w: %v", ErrNotPlanned, r.Key)
		}
		old, again := seen[r.Key]
		if !again {
			seen[r.Key] = r
			done = append(done, r)
			continue
		}
		if r.Seconds = old.Seconds; old != r {
			return nil, fmt.Errorf("%w: %v: %s and %s", ErrDiffer, r.Key, old.Verdict, r.Verdict)
		}
	}
	return done, nil
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
