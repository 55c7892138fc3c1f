package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"unicode/utf8"

	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// Key names a search: two with the same key have the same result.
type Key struct {
	Scenario   string `json:"scenario"` // as it was named
	Sum        string `json:"sum"`      // checksum of what the file, and the files that it names, say
	Engine     string `json:"engine"`
	Strategy   string `json:"strategy"`
	Bound      int    `json:"bound"` // preemptions, or pct's depth; scenario.NoBound: none
	Seed       uint64 `json:"seed"`  // of pct and random; dfs: 0
	Executions int    `json:"executions,omitempty"`
	KernelText bool   `json:"kernel_text,omitempty"`
}

// ID is all of the key as text, for checksums and sets; String, for people, leaves out what they know.
func (k Key) ID() []byte { return Line(k) }

func (k Key) String() string {
	s := fmt.Sprintf("%s, engine %s, %s", k.Scenario, k.Engine, k.Strategy)
	if k.Bound != scenario.NoBound {
		s += fmt.Sprintf(" %d", k.Bound)
	}
	if k.Strategy != string(scenario.DFS) {
		s += fmt.Sprintf(", seed %d", k.Seed)
	}
	if k.KernelText {
		s += ", kernel text"
	}
	return s
}

// compare orders keys as a table has them.
func compare(a, b Key) int {
	text := 0
	if a.KernelText != b.KernelText {
		text = 1
		if b.KernelText {
			text = -1
		}
	}
	return cmp.Or(strings.Compare(a.Scenario, b.Scenario), strings.Compare(a.Engine, b.Engine), strings.Compare(a.Strategy, b.Strategy),
		cmp.Compare(a.Bound, b.Bound), cmp.Compare(a.Seed, b.Seed), cmp.Compare(a.Executions, b.Executions), text, strings.Compare(a.Sum, b.Sum))
}

// Job is one search to make.
type Job struct {
	Key
	File *scenario.File
}

// Scenario is a file with the name by which it was found.
type Scenario struct {
	Name string
	File *scenario.File
}

// Axes are what a sweep goes over.
type Axes struct {
	Engines    []string // none: each file's own
	Strategies []scenario.Strategy
	Bounds     []int    // preemptions of dfs, depths of pct; scenario.NoBound
	Seeds      []uint64 // of pct and random
	Executions int      // of pct and random
	KernelText bool
}

// MaxJobs bounds the searches of a sweep.
const MaxJobs = 1 << 20

// ErrName is returned for a scenario whose name cannot stand in a line of JSON.
var ErrName = errors.New("the name is not UTF-8, which the lines of a sweep are; expected another name")

// ErrTooMany is returned when a sweep would have more than MaxJobs searches.
var ErrTooMany = errors.New("too many searches")

// Plan lists the searches of a sweep, in order and each once. An engine that
// cannot run a file, as one of uprobes cannot run kernel code, is left out for it.
func Plan(list []Scenario, a Axes) ([]Job, error) {
	var jobs []Job
	seen := map[Key]bool{}
	for _, s := range list {
		engines := a.Engines
		if len(engines) == 0 {
			engines = []string{s.File.Machine.Engine}
		}
		if !utf8.ValidString(s.Name) {
			return nil, fmt.Errorf("%s: %w", printable.Name(s.Name), ErrName)
		}
		sum, err := s.sum()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", printable.Name(s.Name), err)
		}
		for _, e := range engines {
			if s.File.CheckEngine(e) != nil {
				continue
			}
			for _, k := range a.keys() {
				k.Scenario, k.Sum, k.Engine = s.Name, sum, e
				if seen[k] {
					continue
				}
				seen[k] = true
				if jobs = append(jobs, Job{k, s.File}); len(jobs) > MaxJobs {
					return nil, fmt.Errorf("%w: expected at most %d", ErrTooMany, MaxJobs)
				}
			}
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int { return compare(a.Key, b.Key) })
	return jobs, nil
}

// sum is the checksum of what decides the scenario's runs.
func (s *Scenario) sum() (string, error) {
	parts := [][]byte{s.File.Bytes()}
	for _, name := range s.File.Named() {
		data, err := s.File.ReadFile(name)
		if err != nil {
			return "", err
		}
		parts = append(parts, data)
	}
	return sched.ChecksumOf(parts...).String(), nil
}

// keys are the searches of one scenario under one engine.
func (a Axes) keys() []Key {
	var list []Key
	for _, strategy := range a.Strategies {
		k := Key{Strategy: string(strategy), Bound: scenario.NoBound, KernelText: a.KernelText}
		if strategy == scenario.DFS {
			for _, k.Bound = range a.Bounds {
				list = append(list, k)
			}
			continue
		}
		k.Executions = a.Executions
		for _, k.Seed = range a.Seeds {
			if strategy == scenario.Random {
				list = append(list, k)
				continue
			}
			for _, b := range a.Bounds {
				if k.Bound = b; b < 1 {
					k.Bound = scenario.DefaultPCTDepth
				}
				list = append(list, k)
			}
		}
	}
	return list
}

// search is how the job's search is made.
func (j *Job) search() (scenario.Search, error) {
	s := scenario.Search{
		Engine: j.Engine, KernelText: j.KernelText, Strategy: scenario.Strategy(j.Strategy), Seed: j.Seed, Executions: j.Executions,
	}
	return s, s.Bound(j.Bound)
}

// Shard is one of several parts of a sweep, from 1. The zero value is all of it.
type Shard struct{ K, N int }

// Of keeps the jobs of the part. A job's part follows from its key alone.
func (s Shard) Of(jobs []Job) []Job {
	if s.N <= 1 {
		return jobs
	}
	var part []Job
	for _, j := range jobs {
		h := fnv.New64a()
		h.Write(j.ID())
		if int(h.Sum64()%uint64(s.N)) == s.K-1 {
			part = append(part, j)
		}
	}
	return part
}
