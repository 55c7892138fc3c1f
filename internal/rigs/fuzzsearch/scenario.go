package fuzzsearch

import (
	"fmt"
	"slices"
	"strings"
)

// Scenario is a generated scenario in pieces, each of which can be left out.
type Scenario struct {
	Seed     uint64
	Features []Feature // of the scenario as a whole, beside its pieces'
	Arch     string    // as the file names it
	CPUs     int
	Engine   string
	Prefetch int
	Quantum  int  // of a program, in instructions; 0: the default
	Program  bool // a Linux program; its tasks are threads
	Text     bool // searched with kernel text
	Equal    bool // the vCPUs that make no calls run the first task

	Tasks      []Task
	Functions  []Task // that tasks call
	Probes     []Probe
	Interrupts []Part
	Checks     []Part
}

// Task is what a vCPU or a thread runs.
type Task struct {
	Label  string
	Pieces []Part
	Calls  []Part // kernel functions called behind the code
}

// Part is a piece of text of a scenario.
type Part struct {
	Text     string
	Steps    int // about how many it takes, to keep searches small
	Features []Feature
}

// Probe is a probe with its handlers' actions.
type Probe struct {
	Part     // "NAME at LABEL", or a line of uprobe_events
	Event    bool
	Handlers []Handler
}

// Handler is a list of actions.
type Handler struct {
	Kind    string // pre, post, fault, ret
	Actions []Part
}

// All are the features of the scenario and its pieces.
func (s *Scenario) All() []Feature {
	lists := [][]Feature{s.Features}
	add := func(parts []Part) {
		for i := range parts {
			lists = append(lists, parts[i].Features)
		}
	}
	for _, t := range slices.Concat(s.Tasks, s.Functions) {
		add(t.Pieces)
		add(t.Calls)
	}
	for i := range s.Probes {
		p := &s.Probes[i]
		lists = append(lists, p.Features)
		for _, h := range p.Handlers {
			add(h.Actions)
		}
	}
	add(s.Interrupts)
	add(s.Checks)
	return merged(lists...)
}

// File prints the scenario file.
func (s *Scenario) File() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Generated with seed %d.\n-- machine --\narch %s\ncpus %d\nengine %s\nmemory %s\nsteps %d\n",
		s.Seed, s.Arch, s.CPUs, s.Engine, s.memory(), maxRun)
	if s.Prefetch > 0 {
		fmt.Fprintf(&b, "prefetch %d\n", s.Prefetch)
	}
	if s.Program {
		b.WriteString("-- linux --\n")
		if s.Quantum > 0 {
			fmt.Fprintf(&b, "quantum %d\n", s.Quantum)
		}
	}
	b.WriteString("-- text.S --\n")
	if s.Program {
		s.programText(&b)
	} else {
		s.kernelText(&b)
		s.regions(&b)
	}
	s.probes(&b)
	if !s.Program {
		s.tasks(&b)
		lines(&b, "interrupts", s.Interrupts)
	}
	b.WriteString("-- check --\n")
	for _, c := range s.Checks {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// maxRun is the bound on a run's steps that the file names.
const maxRun = 20000

func (s *Scenario) memory() string {
	if s.Program {
		return "1M"
	}
	return "16M"
}

// named are the names of the probes with handlers.
func (s *Scenario) named() (names []string) {
	for i := range s.Probes {
		if p := &s.Probes[i]; !p.Event {
			name, _, _ := strings.Cut(p.Text, " ")
			names = append(names, name)
		}
	}
	return names
}

func lines(b *strings.Builder, member string, parts []Part) {
	if len(parts) == 0 {
		return
	}
	fmt.Fprintf(b, "-- %s --\n", member)
	for _, p := range parts {
		b.WriteString(p.Text + "\n")
	}
}

func (s *Scenario) probes(b *strings.Builder) {
	var events, probes []Part
	for i := range s.Probes {
		p := &s.Probes[i]
		if p.Event {
			events = append(events, p.Part)
			continue
		}
		text := p.Text
		for _, h := range p.Handlers {
			if len(h.Actions) == 0 {
				continue
			}
			actions := make([]string, len(h.Actions))
			for j, a := range h.Actions {
				actions[j] = a.Text
			}
			text += "\n\t" + h.Kind + " " + strings.Join(actions, "; ")
		}
		probes = append(probes, Part{Text: text})
	}
	lines(b, "probes", probes)
	lines(b, map[bool]string{true: "uprobe_events", false: "kprobe_events"}[s.Program], events)
}

// code prints the pieces of a task. Those with features have a mark.
func code(b *strings.Builder, task int, parts []Part) {
	for i, p := range parts {
		if len(p.Features) > 0 {
			b.WriteString(mark(task, i) + ":\n")
		}
		b.WriteString(p.Text + "\n")
	}
}
