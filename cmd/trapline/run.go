package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/events/tracedir"
	"trapline/internal/nearest"
	"trapline/internal/scenario"
	"trapline/internal/sched"
	"trapline/internal/story"
)

func runCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a scenario and tell its story",
		ArgsUsage: "SCENARIO",
		Description: `SCENARIO is a built-in name (trapline list) or the path of a file.

The exit status is 0 if all expectations of the file held: its golden steps, and exactly the violations that it
names. With --engine, --schedule or -p only the properties that it checks are judged.

EXAMPLES:
   trapline run first-probe                     the first lesson
   trapline run first-probe --verbose           every kernel instruction as well
   trapline run reentry-lost --engine none      the same code without probes
   trapline run first-probe -p 'p main %ax $stack0'       see values there: docs/events.md
   trapline run my.txtar --json | jq .          for programs: docs/json.md`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "engine", Aliases: []string{"e"}, Usage: engineUsage("run under")},
			&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "define and enable the event `LINE` of kprobe_events or uprobe_events too (may be repeated)"},
			&cli.StringFlag{Name: "schedule", Usage: "let the vCPUs take their steps as `SCHEDULE` says, such as explore prints it"},
			&cli.BoolFlag{Name: "direct", Usage: "do the kernel's work without its text: faster, fewer steps"},
			processorFlag(),
			modelFlag(),
			splitFlag(),
			&cli.StringFlag{Name: "syntax", Value: "att", Usage: "disassemble in `SYNTAX`: att or intel"},
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "tell every instruction, register, read and write"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "tell only traps, hits and what went wrong"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"},
			diagramFlag(),
		},
		DisableSliceFlagSeparator: true, // a comma is part of a line
		ShellComplete:             completeScenarios(out),
		Action:                    func(ctx context.Context, c *cli.Command) error { return doRun(ctx, c, out) },
	}
}

func doRun(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() != 1 {
		return usagef(c, "run takes one SCENARIO, not %d", c.Args().Len())
	}
	level, err := levelOf(c)
	if err != nil {
		return err
	}
	syntax, err := story.ParseSyntax(c.String("syntax"))
	if err != nil {
		return usageError(c, err)
	}
	diagram, err := diagramOf(c)
	if err != nil {
		return err
	}
	f, err := loadFor(c, c.Args().First())
	if err != nil {
		return err
	}
	if err := checkEngine(c, f, c.String("engine")); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.Machine.Time)
	defer cancel()
	o := scenario.Options{Engine: c.String("engine"), Direct: c.Bool("direct"), Syntax: syntax, Events: c.StringSlice("probe")}
	r, schedule, err := openScheduled(ctx, c, f, o)
	if err != nil {
		return err
	}
	defer r.Close()
	t := &telling{out: out, run: r, teller: story.Teller{Level: level}, json: c.Bool("json"), name: c.Args().First(), schedule: schedule}
	if schedule != nil {
		if t.places, err = scenario.PlacesOf(ctx, f, r.Options, schedule.Schedule); err != nil {
			return err
		}
	}
	if diagram != "" {
		return t.draw(ctx, diagram)
	}
	return t.tell(ctx, c.String("engine") == "" && t.schedule == nil && !c.IsSet("probe"))
}

// openScheduled opens the scenario with the schedule that was given, if any.
func openScheduled(ctx context.Context, c *cli.Command, f *scenario.File, o scenario.Options) (*scenario.Run, *sched.Replay, error) {
	text := c.String("schedule")
	if text == "" {
		r, err := scenario.Open(ctx, f, o)
		return r, nil, err
	}
	r, s, err := scenario.OpenScheduled(ctx, f, o, text)
	if errors.Is(err, scenario.ErrBadSchedule) {
		return nil, nil, usageError(c, err)
	}
	if err != nil {
		return nil, nil, err
	}
	return r, sched.NewReplay(s), nil
}

// checkEngine judges an engine that was given for f, if one was.
func checkEngine(c *cli.Command, f *scenario.File, name string) error {
	if name == "" {
		return nil
	}
	if err := f.CheckEngine(name); err != nil {
		return usageError(c, err)
	}
	return nil
}

// engineUsage lists what --engine takes.
func engineUsage(what string) string {
	return what + " `ENGINE`: " + strings.Join(engines.Names(engines.Kernel), ", ") + "; a Linux program: " + strings.Join(engines.Names(engines.Program), ", ")
}

func levelOf(c *cli.Command) (story.Level, error) {
	switch {
	case c.Bool("verbose") && c.Bool("quiet"):
		return 0, usagef(c, "--verbose and --quiet exclude each other")
	case c.Bool("verbose"):
		return story.Verbose, nil
	case c.Bool("quiet"):
		return story.Quiet, nil
	}
	return story.Normal, nil
}

// load finds a scenario and suggests what may have been meant otherwise.
func load(name string) (*scenario.File, error) {
	if isLitmus(name) {
		return loadLitmus(name)
	}
	f, err := scenario.Load(name)
	switch {
	case err != nil && isRecording(name):
		return nil, fmt.Errorf("%s is a recording; expected a scenario (trapline replay, tui and export take recordings)", name)
	case !errors.Is(err, scenario.ErrNotFound):
		return f, err
	}
	hint := "trapline list shows the built-in ones"
	if near := nearest.Word(name, scenario.Names()); near != "" {
		hint = fmt.Sprintf("did you mean %q? (%s)", near, hint)
	}
	return nil, fmt.Errorf("no scenario %q: neither a built-in name nor a file; %s", name, hint)
}

// telling prints one run.
type telling struct {
	out    *output
	run    *scenario.Run
	teller story.Teller
	folder story.Folder
	json   bool
	name   string

	schedule  *sched.Replay  // nil: round robin
	endless   *story.Endless // of a schedule with a turn, told at the normal level
	steps     uint64         // told
	schedules []string       // what those of the file showed
	places    scenario.Places
}

// follow runs to the end.
func (t *telling) follow(ctx context.Context, see func(*emu.Event)) error {
	if t.schedule != nil {
		return t.run.Follow(ctx, t.schedule, see)
	}
	return t.run.Finish(ctx, see)
}

// tell runs the scenario and prints what happens. own: golden steps and
// expectations are judged too.
func (t *telling) tell(ctx context.Context, own bool) error {
	var failures []scenario.Failure
	if own {
		var err error
		if failures, err = scenario.CheckSteps(ctx, t.run.File, false); err != nil {
			return err
		}
	}
	if !t.json {
		t.header()
	}
	if t.turn() > 0 && t.teller.Level == story.Normal {
		t.endless = story.NewEndless()
	}
	err := t.follow(ctx, t.event)
	t.out.lines(t.folder.Flush())
	if t.endless != nil && !t.json {
		t.out.lines(t.endless.Lines())
	}
	if err != nil {
		return err
	}
	failures = append(failures, t.run.Judge(own)...)
	if own {
		kept, err := t.kept(ctx)
		if err != nil {
			return err
		}
		failures = append(failures, kept...)
	}
	if t.json {
		t.endJSON(failures)
	} else {
		t.summary(failures, own)
	}
	if len(failures) > 0 {
		return errViolated
	}
	return nil
}

// kept judges the schedules that the file keeps, and notes a line for each.
func (t *telling) kept(ctx context.Context) (failures []scenario.Failure, err error) {
	f := t.run.File
	err = scenario.CheckSchedules(ctx, f, func(x scenario.Shown) {
		line := fmt.Sprintf("schedule of line %d %s", x.Pos.Line, x.Text)
		if places := x.Places.String(); places != "" {
			line += "; " + placesWord + places
		}
		t.schedules = append(t.schedules, line)
		failures = append(failures, x.Failures()...)
	})
	return failures, err
}

func (t *telling) event(ev *emu.Event) {
	r := t.run.Names().Describe(ev)
	if t.json {
		t.out.object(r)
		return
	}
	t.steps++
	turns := t.turn() > 0 && t.steps == t.schedule.Schedule.Steps()+1
	if t.endless != nil {
		if turns {
			t.endless.Turn()
		}
		t.endless.Add(r)
		return
	}
	if turns {
		t.out.lines(t.folder.Flush())
		t.out.styled(story.Dim, "From here on this is repeated:\n")
	}
	t.out.lines(t.folder.Add(ev.CPU, t.teller.Tell(r)))
}

// turn is how many steps the schedule repeats for ever, 0: none.
func (t *telling) turn() uint64 {
	if t.schedule == nil {
		return 0
	}
	return t.schedule.Schedule.Turn().Steps()
}

// placesWord begins the line that tells a schedule by places.
const placesWord = "places "

func (t *telling) header() {
	f := t.run.File
	t.out.styled(story.Code, f.Title())
	fmt.Fprintf(t.out, "\n(%s, %d cpu, engine %s)\n", f.Machine.Arch, f.Machine.CPUs, t.run.Engine())
	if places := t.places.String(); places != "" {
		fmt.Fprintf(t.out, "%s%s\n", placesWord, places)
	}
	fmt.Fprintln(t.out)
	if t.teller.Level == story.Quiet {
		return
	}
	_, rest, _ := strings.Cut(strings.TrimSpace(f.Text), "\n")
	if rest = strings.TrimSpace(rest); rest != "" {
		fmt.Fprintf(t.out, "%s\n\n", rest)
	}
}

// summary tells how it ended and what held.
func (t *telling) summary(failures []scenario.Failure, own bool) {
	r, o := t.run, t.out
	fmt.Fprintf(o, "\nEnd after %d steps. %s\n", r.Steps(), r.Done())
	if s := r.Output(); s != "" {
		fmt.Fprintf(o, "  output %q\n", s)
	}
	for _, l := range r.ProbeLines() {
		fmt.Fprintf(o, "  %s\n", l)
	}
	for _, l := range r.EventLines() {
		fmt.Fprintf(o, "%s\n", l)
	}
	for _, v := range r.Violations() {
		word := "VIOLATED"
		if own && expects(r.File, v.Property) {
			word = "as expected, violated"
		}
		o.styled(story.Alarm, word)
		fmt.Fprintf(o, " %s\n", v)
	}
	for _, l := range t.schedules {
		fmt.Fprintf(o, "  %s\n", l)
	}
	for _, x := range failures {
		if x.Violation {
			continue // told above
		}
		o.styled(story.Alarm, "FAILED")
		fmt.Fprintf(o, " %s:%d: %s\n", r.File.Name, x.Pos.Line, x.Text)
	}
	if len(failures) == 0 {
		o.styled(story.Changed, "All expectations held.\n")
	}
}

func expects(f *scenario.File, property string) bool {
	for _, e := range f.Expect {
		if e.Property == property {
			return true
		}
	}
	return false
}

// endObject is the last line of --json.
type endObject struct {
	Type       string               `json:"type"` // "end"
	V          int                  `json:"v"`
	Scenario   string               `json:"scenario"`
	Engine     string               `json:"engine"`
	Steps      uint64               `json:"steps"`
	Done       string               `json:"done"`
	Probes     []scenario.ProbeEnd  `json:"probes,omitempty"`
	Results    []story.Hex          `json:"results,omitempty"`
	Output     string               `json:"output,omitempty"`
	Events     []tracedir.Record    `json:"events,omitempty"`
	Violations []scenario.Violation `json:"violations,omitempty"`
	Schedules  []string             `json:"schedules,omitempty"`
	Failures   []string             `json:"failures,omitempty"`
	Held       bool                 `json:"held"`
}

func (t *telling) endJSON(failures []scenario.Failure) {
	r := t.run
	end := endObject{
		Type: "end", V: story.Version, Scenario: t.name, Engine: r.Engine(), Steps: r.Steps(), Done: r.Done(),
		Probes: r.ProbeEnds(), Violations: r.Violations(), Held: len(failures) == 0, Events: r.EventRecords(),
		Output: r.Output(), Schedules: t.schedules,
	}
	for _, v := range r.Results() {
		end.Results = append(end.Results, story.Hex(v))
	}
	for _, x := range failures {
		end.Failures = append(end.Failures, fmt.Sprintf("%s:%d: %s", r.File.Name, x.Pos.Line, x.Text))
	}
	t.out.object(&end)
}
