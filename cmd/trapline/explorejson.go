package main

import (
	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/internal/story"
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
	Luck        string  `json:"luck,omitempty"` // the random execution that found it
	TSO         string  `json:"tso,omitempty"`

	KernelText bool   `json:"kernel_text,omitempty"`
	Because    string `json:"kernel_text_because,omitempty"`
}

// verdict is what a search has shown, in an object of its command.
type verdict struct {
	Exhausted   bool   `json:"exhausted"`
	Verdict     string `json:"verdict"` // the line
	MemoryModel string `json:"memory_model"`
	Grain       string `json:"grain"`
	// EqualCPUs is how many vCPUs were taken for one another, for each group.
	EqualCPUs []int `json:"equal_cpus,omitempty"`
}

func verdictOf(r *explore.Report) *verdict {
	v := r.Verdict()
	return &verdict{v.Exhausted, v.String(), v.Memory.Name(), v.Grain.Name(), v.Equal}
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
	// Places are where the schedule leaves each actor, through kernel text.
	Places []scenario.Left `json:"places,omitempty"`
}

func (s *searching) searchJSON(x *scenario.Searched) {
	s.out.object(&searchObject{
		Type: "search", V: story.Version, Scenario: s.name, Engine: x.Options.Engine, Strategy: string(s.Strategy), Bound: s.bound,
		verdict: verdictOf(x.Report), Cut: string(x.Cut), Preemptions: x.Preemptions, Schedules: x.Schedules, Executions: x.Executions,
		States: x.States, Steps: x.Steps, Seconds: x.Elapsed.Seconds(), Found: x.Found != nil, Luck: x.Luck, TSO: x.TSO,
		KernelText: x.Options.KernelText, Because: x.KernelText,
	})
}

func (s *searching) foundJSON(x *scenario.Searched) { s.out.object(s.foundOf(x)) }

func (s *searching) foundOf(x *scenario.Searched) *foundObject {
	schedule := x.Found.Schedule
	return &foundObject{
		Type: "found", V: story.Version, Property: x.Violation.Property, Row: x.Violation.Row, Text: x.Violation.Text,
		Schedule: x.Schedule(), Switches: schedule.Switches(), Steps: schedule.Steps(), Turn: schedule.Turn().Steps(), Command: s.command(x.Schedule()),
		Places: x.Places.List,
	}
}
