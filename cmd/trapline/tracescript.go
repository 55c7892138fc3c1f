package main

import (
	"context"
	"errors"
	"slices"

	"github.com/urfave/cli/v3"

	"trapline/internal/format"
)

// sessionName is --session of trace.
const sessionName = "session"

// Directives of a session.
const (
	verbEcho = "echo"
	verbCat  = "cat"
	verbRun  = "run"
)

// traceScript is what --session has trace do with the files of tracefs: before
// the program's first instruction, and when it has ended. The directives are
// those of the member steps of scenarios.
type traceScript struct {
	file  string
	steps []format.Step
}

// readTraceScript reads the file of --session, "-" being standard input; nil
// where there is no such flag.
func readTraceScript(ctx context.Context, c *cli.Command) (*traceScript, error) {
	name := c.String(sessionName)
	switch {
	case name == "":
		return nil, nil
	case name == "-" && c.String("file") == "-":
		return nil, errors.New("-f and --session cannot both be standard input")
	}
	x := &traceScript{file: name}
	var flaw error
	err := eachDefinition(ctx, name, func(n int, line string) {
		s, err := format.ParseDirective(name, n, line, verbEcho, verbCat, verbRun)
		if err == nil && s.Verb == verbRun && x.run() < len(x.steps) {
			err = s.Pos.Error(name, "one run at most", "a second run")
		}
		flaw = errors.Join(flaw, err)
		x.steps = append(x.steps, s)
	})
	if err == nil {
		err = flaw
	}
	return x, err
}

// run is where the program runs: at the end if nothing says so.
func (x *traceScript) run() int {
	if i := slices.IndexFunc(x.steps, func(s format.Step) bool { return s.Verb == verbRun }); i >= 0 {
		return i
	}
	return len(x.steps)
}

// before does what comes before the program runs.
func (x *traceScript) before(t *traceEvents) error {
	if x == nil {
		return nil
	}
	return x.do(t, x.steps[:x.run()])
}

// after does what comes behind.
func (x *traceScript) after(t *traceEvents) error {
	if x == nil {
		return nil
	}
	return x.do(t, x.steps[min(x.run()+1, len(x.steps)):])
}

// do carries out steps. What files show, and what the kernel refuses, goes where
// the trace goes.
func (x *traceScript) do(t *traceEvents, steps []format.Step) error {
	for _, s := range steps {
		var out string
		var err error
		if s.Verb == verbCat {
			out, err = t.session.Cat(s.Word)
		} else {
			before := t.session.Registry().Probes()
			t.echoed = definition{source: x.file, line: s.Pos.Line, text: s.Text}
			out, err = t.session.Echo(s.Word, s.Text, !s.Append)
			for _, p := range t.session.Registry().Probes() {
				if !slices.Contains(before, p) {
					t.warn(p)
				}
			}
		}
		if err != nil {
			return t.report(err)
		}
		x.show(t, &s, out)
	}
	return nil
}

// sessionObject is what a directive of --session came to, with --json.
type sessionObject struct {
	Type   string `json:"type"`             // "session"
	Line   int    `json:"line"`             // of the session's file
	Do     string `json:"do"`               // "echo" or "cat"
	File   string `json:"file"`             // of tracefs
	Text   string `json:"text,omitempty"`   // echo: what was written
	Append bool   `json:"append,omitempty"` // echo: by ">>"
	Output string `json:"output,omitempty"` // what the file shows, or what the kernel answers
}

// show prints what a directive came to.
func (x *traceScript) show(t *traceEvents, s *format.Step, out string) {
	if t.cmd.Bool("json") {
		out = jsonLine(sessionObject{"session", s.Pos.Line, s.Verb, s.Word, s.Text, s.Append, out})
	}
	t.out.WriteString(out)
}

// rewrite makes the kernel's lines of a definition that a session echoes.
func (t *traceEvents) rewrite(line string) ([]string, error) {
	d := t.echoed
	d.text = line
	lines, err := t.files.resolve(&d)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, l := range lines {
		if l.Remark != "" {
			t.say("%v", d.flaw(0, "%s", l.Remark))
		}
		texts = append(texts, l.Text)
	}
	return texts, nil
}
