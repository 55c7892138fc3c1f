package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/emu"
	"trapline/emu/linux"
	"trapline/kprobes/events"
	"trapline/kprobes/events/fetch"
	"trapline/kprobes/events/tracefs"
	"trapline/kprobes/uprobes"
	"trapline/kprobes/uprobes/tracer"
)

// traceFlags are those of the events.
func traceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "define and enable the uprobe event `LINE` (may be repeated)"},
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "define and enable the events of `FILE`, a line each"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write the trace to `TRACE` (default: standard error, after the run)"},
		&cli.BoolFlag{Name: "profile", Usage: "print how often each probe was hit, as uprobe_profile does"},
		&cli.BoolFlag{Name: "json", Usage: "the trace as one JSON object a line"},
		&cli.BoolFlag{Name: "explain", Usage: "tell what is done at each probed instruction"},
		&cli.StringFlag{Name: "engine", Value: uprobes.Modern.String(), Usage: "`NAME` of the engine: uprobes, uprobes-2005 or uprobes-2005-coded"},
		&cli.BoolFlag{Name: "strict", Usage: "a probe that is refused is a failure"},
	}
}

// traceEvents are the events of one run of trace.
type traceEvents struct {
	system   *uprobes.System
	tracer   *tracer.Tracer
	registry *tracefs.Registry
	cmd      *cli.Command
	lines    []string
	dir      string // of relative probe paths
	root     string
	stderr   io.Writer
	out      io.Writer
	file     *os.File // -o
	flawed   bool     // a probe was refused
}

// newTraceEvents reads the definitions and opens the trace file; nil when there are none.
func newTraceEvents(c *cli.Command, cfg *linux.Config, stderr io.Writer) (*traceEvents, error) {
	t := &traceEvents{cmd: c, lines: c.StringSlice("probe"), dir: cfg.Dir, root: c.String("root"), stderr: stderr, out: stderr}
	if name := c.String("file"); name != "" {
		more, err := readDefinitions(name)
		if err != nil {
			return nil, err
		}
		t.lines = append(t.lines, more...)
	}
	if len(t.lines) == 0 {
		return nil, nil
	}
	if name := c.String("output"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return nil, err
		}
		t.file, t.out = f, f
	}
	engine, err := uprobes.ParseEngine(c.String("engine"))
	if err != nil {
		return nil, err
	}
	t.system = uprobes.New(uprobes.Options{
		Engine: engine, Printk: func(line string) { fmt.Fprintf(stderr, "trapline: kernel log: %s\n", line) },
	})
	t.tracer = tracer.New(cfg.FS, t.system, 0)
	cfg.Hooks = t.system
	return t, nil
}

func readDefinitions(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	for b := bufio.NewReader(f); ; {
		line, err := readLine(b)
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			lines = append(lines, s)
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// enable defines the events and enables them, with the program mapped and not yet run. A definition that is refused
// is an error; an instruction that cannot be probed is a warning, or with --strict an error (U16).
func (t *traceEvents) enable(k *linux.Kernel) error {
	t.tracer.Attach(k)
	arch := events.X8664
	if k.Machine().Arch == emu.I386 {
		arch = events.I386
	}
	t.registry = tracefs.New(tracefs.Config{
		Arch: arch, Release: events.RecordedRelease(arch), CPUs: 1, FirstID: 1, Uprobes: t.tracer, Now: k.Now,
	})
	for _, line := range t.lines {
		named, err := t.resolve(line)
		if err != nil {
			return err
		}
		if v := t.registry.Judge(tracefs.UprobeEvents, named); v.Err != nil {
			return fmt.Errorf("-p %q: %s", line, strings.TrimSpace(v.Text(false)))
		} else if p := v.Probe; p != nil && t.splitsInstruction(p.Path, p.FileOffset) {
			fmt.Fprintf(t.stderr, "trapline: event %s/%s (%s) is inside an instruction: the program will go wrong there\n", p.On.Group, p.On.Name, p.Place(nil))
		}
	}
	for _, e := range t.registry.Events() {
		err := t.registry.SetEvent(e.Group, e.Name, true)
		if err == nil {
			continue
		}
		t.flawed = true
		fmt.Fprintf(t.stderr, "trapline: event %s/%s (%s) is not enabled: %v: %s\n", e.Group, e.Name, e.Probes[0].Place(nil), err, whyRefused(err))
	}
	if t.flawed && t.cmd.Bool("strict") {
		return errors.New("--strict: a probe was refused")
	}
	return nil
}

func whyRefused(err error) string {
	switch {
	case errors.Is(err, events.ENOTSUPP):
		return "uprobes do not take the instruction at that place"
	case errors.Is(err, events.ENOEXEC):
		return "the bytes at that place are no instruction"
	case errors.Is(err, events.EINVAL):
		return "the place is outside the file, or its reference counter is"
	}
	return "the place cannot be probed"
}

// finish writes the trace and what was asked for with it. It must be called however the run ended.
func (t *traceEvents) finish() error {
	b := bufio.NewWriter(t.out)
	if t.cmd.Bool("json") {
		t.writeJSON(b)
	} else {
		b.WriteString(t.tracer.Text(tracefs.TraceOptions{}))
	}
	err := b.Flush()
	if t.file != nil {
		err = errors.Join(err, t.file.Close())
	}
	if t.cmd.Bool("explain") {
		t.explain()
	}
	if t.cmd.Bool("profile") {
		fmt.Fprint(t.stderr, t.registry.UprobeProfile(t.tracer.Counts))
	}
	t.tellSilent()
	if err != nil {
		return fmt.Errorf("write the trace: %w", err)
	}
	return nil
}

// tellSilent names the probes that were never hit, and why if that can be told.
func (t *traceEvents) tellSilent() {
	for _, p := range t.registry.Probes() {
		if !p.Registered || t.tracer.Counts(p).Hits != 0 {
			continue
		}
		why := ""
		if t.tracer.Instruction(p) == nil {
			why = ": no process mapped the place as code"
		}
		fmt.Fprintf(t.stderr, "trapline: event %s/%s (%s) never fired%s\n", p.On.Group, p.On.Name, p.Place(nil), why)
	}
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

func (t *traceEvents) writeJSON(w io.Writer) {
	enc := json.NewEncoder(w)
	for _, e := range t.tracer.Entries() {
		h := e.Record.Hit()
		o := traceObject{
			Time: e.Time, Comm: e.Comm, PID: e.PID, TGID: e.TGID, CPU: e.CPU, Group: e.Probe.On.Group,
			Event: e.Probe.On.Name, Addr: fmt.Sprintf("%#x", h.Addr), Args: e.Record.Values(fetch.Names{}),
		}
		if e.Probe.Return {
			o.Return = fmt.Sprintf("%#x", h.Return)
		}
		if enc.Encode(o) != nil {
			return // the flush says why
		}
	}
}

// explain tells for every probe what a hit of it does.
func (t *traceEvents) explain() {
	for _, p := range t.registry.Probes() {
		if i := t.tracer.Instruction(p); i != nil {
			fmt.Fprintf(t.stderr, "%s/%s at %s: %d hits\n%s", p.On.Group, p.On.Name, p.Place(nil), t.tracer.Counts(p).Hits, i.Story(p.Return))
		}
	}
}

// hostPath is where a guest path is on the host.
func (t *traceEvents) hostPath(p string) string {
	if t.root != "" {
		return filepath.Join(t.root, filepath.Clean("/"+p))
	}
	return p
}
