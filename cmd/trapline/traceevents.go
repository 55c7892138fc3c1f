package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/engines"
	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/format"
	"trapline/internal/linux"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/audit"
	"trapline/internal/uprobes/places"
	"trapline/internal/uprobes/traceuprobe"
)

// traceFlags are those of the events.
func traceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "define and enable the uprobe event `LINE` (may be repeated)"},
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "define and enable the events of `FILE`, a line each; - is standard input"},
		&cli.StringFlag{Name: sessionName, Usage: "write and read files of tracefs as `FILE` says, by lines of echo and cat, with run between them; then cat shows the trace"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the trace to `TRACE` (default: standard error, after the run)"},
		returnsFlag(),
		&cli.IntFlag{Name: "entries", Value: traceuprobe.DefaultRecords, Usage: "keep at most `N` entries of the trace; if more are raised the exit status is 125"},
		&cli.BoolFlag{Name: "profile", Usage: "print how often each probe was hit, as uprobe_profile does"},
		&cli.BoolFlag{Name: "json", Usage: "the trace, and what --explain tells, as one JSON object a line"},
		&cli.BoolFlag{Name: "explain", Usage: "tell the first hit of each probe step by step, and count traps"},
		&cli.BoolFlag{Name: "functions", Usage: "list the functions of PROGRAM that can be probed, and do not run it"},
		&cli.StringFlag{Name: "lines", Aliases: []string{"L"}, Usage: "print `FUNCTION`'s source with the numbers of the lines that can be probed, and do not run PROGRAM"},
		&cli.StringFlag{Name: "vars", Aliases: []string{"V"}, Usage: "print the variables that a probe at `PLACE` can fetch, and do not run PROGRAM"},
		&cli.StringFlag{Name: "engine", Value: engines.For(engines.ProgramScenarios).Name, Usage: "`NAME` of the engine: " + strings.Join(engines.Probing(engines.Program), ", ")},
		&cli.BoolFlag{Name: "strict", Usage: "a probe that is refused is a failure"},
	}
}

// traceEvents are the events of one run of trace; nil: there are none.
type traceEvents struct {
	system  *uprobes.System
	session *traceuprobe.Session
	script  *traceScript     // of --session; nil: there is none
	account *uprobes.Account // with --explain, else nil
	engine  *engines.Engine
	cmd     *cli.Command
	defs    []definition
	files   *probedFiles
	stderr  io.Writer // through package printable
	show    *output   // standard error with colour
	out     *traceFile
	echoed  definition // by the step of a session under way
	flawed  bool       // a probe was refused

	indirect []*places.Indirect // functions whose choosing code is probed
	bound    []string           // what processes of the run chose of them
}

// newTraceEvents reads the definitions and opens the trace file.
func newTraceEvents(ctx context.Context, c *cli.Command, cfg *linux.Config, stderr io.Writer) (*traceEvents, error) {
	t := &traceEvents{cmd: c, stderr: c.Root().ErrWriter, show: newOutput(stderr), files: newProbedFiles(c, cfg)}
	var err error
	if t.defs, err = askedDefinitions(ctx, c); err != nil {
		return nil, err
	}
	if t.script, err = readTraceScript(ctx, c); err != nil {
		return nil, err
	}
	if len(t.defs) == 0 && t.script == nil {
		return nil, nil
	}
	name := c.String("engine")
	engine, err := uprobes.ParseEngine(name)
	if t.engine = engines.Of(name); err != nil || t.engine.None() {
		return nil, fmt.Errorf("unknown engine %q; expected one of %s", name, strings.Join(append(engines.Probing(engines.Program), engines.Options(engines.Program)...), ", "))
	}
	if t.out, err = createTrace(c.String("output"), c.IsSet("output"), t.stderr); err != nil {
		return nil, err
	}
	t.system = uprobes.New(uprobes.Options{
		Engine: engine, CountMissed: true, Printk: func(line string) { t.say("kernel log: %s", line) },
	})
	if c.Bool("explain") {
		t.account = uprobes.NewAccount(t.system)
		cfg.Watch = t.account
	}
	if n := c.Int("entries"); n < 1 {
		return nil, fmt.Errorf("--entries %d; expected 1 or more", n)
	}
	t.session = traceuprobe.New(traceuprobe.Config{
		Arch: *cfg.Kernel, CPUs: cfg.CPUs, FS: cfg.FS, System: t.system, Records: c.Int("entries"), Rewrite: t.rewrite,
	})
	cfg.Hooks = boundHooks{t.system, t}
	return t, nil
}

// enable defines the events and enables them, with the program mapped and not yet run. A definition that is refused
// is an error; an instruction that cannot be probed is a warning, or with --strict an error (U16).
func (t *traceEvents) enable(k *linux.Kernel) error {
	if t == nil {
		return nil
	}
	t.session.Attach(k)
	for i := range t.defs {
		if err := t.define(&t.defs[i]); err != nil {
			return err
		}
	}
	for _, e := range t.session.Registry().Events() {
		err := t.session.Registry().SetEvent(e.Group, e.Name, true)
		if err == nil {
			continue
		}
		t.flawed = true
		t.say("event %s/%s (%s) is not enabled: %v: %s", e.Group, e.Name, e.Probes[0].Place(nil), err, t.whyRefused(e.Probes[0], err))
	}
	if t.flawed && t.cmd.Bool("strict") {
		t.say("--strict: a probe was refused")
		return reported(exitTrace)
	}
	return t.script.before(t)
}

// define gives a line to uprobe_events.
func (t *traceEvents) define(d *definition) error {
	lines, err := t.files.resolve(d)
	if err != nil {
		return t.report(err)
	}
	for _, line := range lines {
		if err := t.defineLine(d, line); err != nil {
			return err
		}
	}
	return nil
}

// defineLine gives one of a definition's lines to uprobe_events.
func (t *traceEvents) defineLine(d *definition, line places.Line) error {
	if line.Remark != "" {
		t.say("%v", d.flaw(0, "%s", line.Remark))
	}
	if line.Indirect != nil {
		t.indirect = append(t.indirect, line.Indirect)
	}
	v := t.session.Registry().Judge(tracefs.UprobeEvents, line.Text)
	if v.Err != nil {
		return t.report(d.refusal(&v))
	}
	if v.Probe != nil {
		t.warn(v.Probe)
	}
	return nil
}

// warn says what a probe is known to break.
func (t *traceEvents) warn(p *tracefs.Probe) {
	judged, _ := t.files.judge(p.Path, p.FileOffset, p.Return)
	for _, h := range judged.Hazards {
		switch {
		case h.Kind == audit.InsideInstruction:
			t.say("event %s/%s (%s) is inside an instruction: the program will go wrong there", p.On.Group, p.On.Name, p.Place(nil))
		case p.Return && h.Kind == audit.ReturnAddress && judged.Addr != judged.Function.Entry:
			t.say("event %s/%s (%s): a return probe on %s; expected the place where the function begins", p.On.Group, p.On.Name, p.Place(nil), h.Text)
		case p.Return && (h.Kind == audit.Go || h.Kind == audit.ReturnAddress):
			t.say("event %s/%s (%s): a return probe on %s; --%s=%s is safe from that", p.On.Group, p.On.Name, p.Place(nil), h.Text, returnsName, allRets)
		}
	}
}

func (t *traceEvents) say(msg string, args ...any) {
	fmt.Fprintf(t.stderr, "trapline: "+msg+"\n", args...)
}

// report shows a flaw of a definition, and gives the exit status.
func (t *traceEvents) report(err error) error {
	t.say("%v", err)
	var flaw *format.Error
	if errors.As(err, &flaw) {
		fmt.Fprintln(t.stderr, flaw.Caret())
	}
	return reported(exitTrace)
}

// whyRefused tells why p could not be enabled. Not every engine has return probes.
func (t *traceEvents) whyRefused(p *tracefs.Probe, err error) string {
	switch {
	case p.Return && !t.engine.Returns && errors.Is(err, events.ENOTSUPP):
		return fmt.Sprintf("the engine %s has no return probes", t.engine.Name)
	case errors.Is(err, events.ENOTSUPP), errors.Is(err, events.ENOEXEC):
		if judged, ok := t.files.judge(p.Path, p.FileOffset, p.Return); ok {
			return fmt.Sprintf("uprobes do not take the instruction: %v (%s)", judged.Rule, judged.Rule.Row())
		}
		return "uprobes do not take the instruction"
	case errors.Is(err, events.EINVAL):
		return "the place is outside the file, or its reference counter is"
	}
	return "the place cannot be probed"
}

// finish writes the trace and what was asked for with it. It must be called however the run ended.
func (t *traceEvents) finish(ctx context.Context) error {
	if t == nil {
		return nil
	}
	asJSON := t.cmd.Bool("json")
	var flaw error
	switch {
	case asJSON: // the entries as they are when the program ends, before more is done to them
		t.writeEntries()
		flaw = t.script.after(t)
		t.writeRest()
	case t.script != nil:
		flaw = t.script.after(t)
	default:
		t.out.WriteString(t.session.Lines())
	}
	err := cmp.Or(t.out.finish(ctx), flaw)
	if t.account != nil && !asJSON {
		t.explain()
	}
	if t.cmd.Bool("profile") {
		fmt.Fprint(t.stderr, t.session.Registry().UprobeProfile(t.session.Counts))
	}
	for _, said := range t.bound {
		t.say("%s", said)
	}
	t.tellLosses()
	t.tellSilent()
	return err
}

// lostEntries tells whether the bound on the trace was reached.
func (t *traceEvents) lostEntries() bool { return t != nil && t.session.Array().Lost() > 0 }

// tellLosses says what is not in the trace: entries for which there was no room, and hits that the engine missed.
func (t *traceEvents) tellLosses() {
	if n := t.session.Array().Lost(); n > 0 {
		t.say("%d entries of the trace are lost: %d are kept (--entries)", n, len(t.session.Array().Entries()))
	}
	for _, p := range t.session.Registry().Probes() {
		if n := t.system.Missed(t.session.Place(p)); n > 0 {
			t.say("event %s (%s): %d hits were missed beside %d: another thread's step had the breakpoint out (K11)", eventName(p), p.Place(nil), n, t.session.Counts(p).Hits)
		}
	}
}

// discard is for a run that does not take place.
func (t *traceEvents) discard() {
	if t != nil {
		t.out.discard()
	}
}

// hits counts those of all probes so far.
func (t *traceEvents) hits() uint64 {
	var n uint64
	for _, p := range t.session.Registry().Probes() {
		n += t.session.Counts(p).Hits
	}
	return n
}

// maxSilent is how many events that never fired are told one by one.
const maxSilent = 4

// tellSilent names the events that were never hit, and why if that can be told.
func (t *traceEvents) tellSilent() {
	var silent []*tracefs.Event
	unmapped := map[*tracefs.Event]bool{}
	for _, e := range t.session.Registry().Events() {
		hits, registered, mapped := uint64(0), false, false
		for _, p := range e.Probes {
			hits += t.session.Counts(p).Hits
			registered = registered || p.Registered
			mapped = mapped || t.session.Instruction(p) != nil
		}
		if registered && hits == 0 {
			silent = append(silent, e)
			unmapped[e] = !mapped
		}
	}
	if len(silent) > maxSilent {
		t.sumSilent(silent, unmapped)
		return
	}
	for _, e := range silent {
		why := ""
		if unmapped[e] {
			why = ": no process mapped the place as code"
		}
		t.say("event %s/%s (%s) never fired%s", e.Group, e.Name, e.Probes[0].Place(nil), why)
	}
}

// sumSilent tells of many events that never fired in two lines.
func (t *traceEvents) sumSilent(silent []*tracefs.Event, unmapped map[*tracefs.Event]bool) {
	var idle, absent []string
	for _, e := range silent {
		if name := e.Group + "/" + e.Name; unmapped[e] {
			absent = append(absent, name)
		} else {
			idle = append(idle, name)
		}
	}
	all := len(t.session.Registry().Events())
	if len(idle) > 0 {
		t.say("%d of %d events never fired: %s", len(idle), all, firstOf(idle))
	}
	if len(absent) > 0 {
		t.say("%d of %d events never fired because no process mapped the place as code: %s", len(absent), all, firstOf(absent))
	}
}

// firstOf names the first few of a list, in order.
func firstOf(names []string) string {
	if len(names) > maxSilent {
		return strings.Join(names[:maxSilent], ", ") + fmt.Sprintf(" and %d more", len(names)-maxSilent)
	}
	return strings.Join(names, ", ")
}

// traceObject is one entry with --json.
type traceObject struct {
	Time   uint64        `json:"time_ns"`
	Comm   string        `json:"comm"`
	PID    int           `json:"pid"`
	TGID   int           `json:"tgid"`
	CPU    int           `json:"cpu"`
	Group  string        `json:"group"`
	Event  string        `json:"event"`
	Addr   string        `json:"addr"`
	Return string        `json:"return,omitempty"`
	Args   []fetch.Value `json:"args"`
}

// writeEntries writes the trace as JSON.
func (t *traceEvents) writeEntries() {
	for _, e := range t.session.Entries() {
		h := e.Record.Hit()
		o := traceObject{
			Time: e.Time, Comm: e.Comm, PID: e.PID, TGID: e.TGID, CPU: e.CPU, Group: e.Event.Group,
			Event: e.Event.Name, Addr: fmt.Sprintf("%#x", h.Addr), Args: e.Record.Values(fetch.Names{}),
		}
		if e.Record.Program.Definition().Return {
			o.Return = fmt.Sprintf("%#x", h.Return)
		}
		t.out.WriteString(jsonLine(o))
	}
}

// writeRest writes what is not in the trace, and with --explain what is told of it.
func (t *traceEvents) writeRest() {
	t.writeLosses()
	if t.account != nil {
		t.explainJSON()
	}
}

// lostObject says with --json what is not in the trace.
type lostObject struct {
	Type    string `json:"type"`              // "lost" or "missed"
	Event   string `json:"event,omitempty"`   // of "missed": GROUP/EVENT
	Place   string `json:"place,omitempty"`   // of "missed"
	Entries int    `json:"entries,omitempty"` // of "lost": kept
	Hits    uint64 `json:"hits,omitempty"`    // of "missed": that were not
	Lost    uint64 `json:"lost"`
}

func (t *traceEvents) writeLosses() {
	if n := t.session.Array().Lost(); n > 0 {
		t.out.WriteString(jsonLine(lostObject{Type: "lost", Entries: len(t.session.Array().Entries()), Lost: uint64(n)}))
	}
	for _, p := range t.session.Registry().Probes() {
		if n := t.system.Missed(t.session.Place(p)); n > 0 {
			t.out.WriteString(jsonLine(lostObject{Type: "missed", Event: eventName(p), Place: p.Place(nil), Hits: t.session.Counts(p).Hits, Lost: n}))
		}
	}
}

// eventName is GROUP/EVENT.
func eventName(p *tracefs.Probe) string { return p.On.Group + "/" + p.On.Name }
