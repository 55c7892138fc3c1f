package main

import (
	"trapline/emu/explore"
	"trapline/scenarios"
	"trapline/scenarios/story"
)

// searchObject is the first line of explore --json.
type searchObject struct {
	Type     string `json:"type"` // "search"
	V        int    `json:"v"`
	Scenario string `json:"scenario"`
	Engine   string `json:"engine"`
	Strategy string `json:"strategy"`
	Bound    int    `json:"bound"` // preemptions, or pct's depth; -1: none
	*verdict
	Cut         string  `json:"cut,omitempty"`
	Preemptions int     `json:"preemptions"` // complete up to this many; -1: none
	Schedules   uint64  `json:"schedules"`
	Executions  uint64  `json:"executions"`
	States      int     `json:"states"`
	Steps       uint64  `json:"steps"`
	Seconds     float64 `json:"seconds"`
	Found       bool    `json:"found"`
}

// verdict is what a search has shown, in an object of its command.
type verdict struct {
	Exhausted   bool   `json:"exhausted"`
	Verdict     string `json:"verdict"` // the line
	MemoryModel string `json:"memory_model"`
	Grain       string `json:"grain"`
}

func verdictOf(r *explore.Report) *verdict {
	v := r.Verdict()
	return &verdict{v.Exhausted, v.String(), v.Memory.Name(), v.Grain.Name()}
}

// foundObject is the second line, if a violation was found. The story of its
// schedule follows, as run --json tells it.
type foundObject struct {
	Type     string `json:"type"` // "found"
	V        int    `json:"v"`
	Property string `json:"property"`
	Row      string `json:"row,omitempty"`
	Text     string `json:"text"`
	Schedule string `json:"schedule"`
	Switches int    `json:"switches"`
	Steps    uint64 `json:"steps"`
	Turn     uint64 `json:"turn,omitempty"` // steps that are repeated for ever behind them
	Command  string `json:"command"`
}

func (s *searching) searchJSON(r *explore.Report) {
	s.out.object(&searchObject{
		Type: "search", V: story.Version, Scenario: s.name, Engine: s.systems.Options().Engine, Strategy: s.strategy, Bound: s.bound,
		verdict: verdictOf(r), Cut: string(r.Cut), Preemptions: r.Preemptions, Schedules: r.Schedules, Executions: r.Executions,
		States: r.States, Steps: r.Steps, Seconds: r.Elapsed.Seconds(), Found: r.Found != nil,
	})
}

func (s *searching) foundJSON(f *explore.Found, v scenarios.Violation, schedule string) {
	s.out.object(s.foundOf(f, v, schedule))
}

func (s *searching) foundOf(f *explore.Found, v scenarios.Violation, schedule string) *foundObject {
	return &foundObject{
		Type: "found", V: story.Version, Property: v.Property, Row: v.Row, Text: v.Text,
		Schedule: schedule, Switches: f.Schedule.Switches(), Steps: f.Schedule.Steps(), Turn: f.Schedule.Turn().Steps(), Command: s.command(schedule),
	}
}
