package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/uprobes/audit"
	"trapline/internal/uprobes/places"
	"trapline/internal/x86"
)

const auditName = "audit"

func auditCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      auditName,
		Usage:     "tell what comes of probes at places of a program, and why",
		ArgsUsage: "PROGRAM [PLACE…] [-- ARGS…]",
		Description: `For each PLACE, as in trace (0xOFFSET, SYMBOL[+OFFSET], FUNCTION:LINE, FILE.c:LINE, a pattern, LIBRARY:SYMBOL; SYMBOL%return is a
return probe), or for every instruction of PROGRAM: whether an instruction begins there; whether uprobes emulate it, step a copy
or refuse it, by which rule and with which nearest places; the traps that a hit takes; and what a probe there is known to break.
--try then runs PROGRAM with ARGS in the machine without probes and with all of them, and compares output, status and
the files that it made; if they differ it looks for the probe that shows it.

Exit status: 0 every PLACE can be probed, and nothing differed; 1 one cannot, or something did; with --strict also for a hazard,
and without PLACEs for any instruction that is refused.

EXAMPLES:
   trapline audit ./prog
   trapline audit ./prog main main+4 'geo::*' parse%return
   trapline audit ./prog -p 'r:back ./prog:main $retval' --strict
   trapline audit --try --time 5m ./prog -- input.txt
   trapline audit --json ./prog | jq -c 'select(.verdict == "refused") | [.at, .text, .rule.id]'`,
		Flags: slices.Concat([]cli.Flag{
			&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "judge the place of the uprobe event `LINE` too (may be repeated)"},
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "judge the places of the events of `FILE` too, a line each; - is standard input"},
			returnsFlag(),
			&cli.BoolFlag{Name: "all", Usage: "without PLACEs: list every instruction, not only what is refused or has hazards"},
			&cli.BoolFlag{Name: "try", Usage: "run the program without probes and with all that are accepted, and compare"},
			&cli.BoolFlag{Name: "safe", Usage: "with --try: leave out the places that have a hazard"},
			&cli.IntFlag{Name: "runs", Value: 1, Usage: "with --try: deal the probes out to `N` runs"},
			&cli.BoolFlag{Name: "strict", Usage: "hazards and, without PLACEs, refused instructions count in the exit status"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"},
		}, guestFlags()),
		DisableSliceFlagSeparator: true, // a comma may be part of a line or a path
		Action:                    func(ctx context.Context, c *cli.Command) error { return doAudit(ctx, c, out) },
	}
}

// auditing is one run of audit.
type auditing struct {
	cmd    *cli.Command
	out    *output
	cfg    linux.Config
	files  *probedFiles
	host   *hostFiles
	asked  bool // places were named
	places []auditedPlace
	failed bool
}

// auditedPlace is a place with what was asked of it.
type auditedPlace struct {
	audit.Place
	path    string
	returns bool
	asked   string // as the user wrote it, or ""
	remark  string
}

func doAudit(ctx context.Context, c *cli.Command, out *output) error {
	program, names, args := auditArguments(c.Args().Slice(), out.args)
	switch {
	case program == "":
		return usagef(c, "audit takes a program and places in it")
	case c.Int("runs") < 1:
		return usagef(c, "--runs %d; expected 1 or more", c.Int("runs"))
	}
	if info, err := os.Stat(program); err == nil && !info.IsDir() && c.String("root") == "" {
		program, _ = filepath.Abs(program) // no look-up in PATH
	}
	cfg, err := traceConfig(c, append([]string{program}, args...))
	if err != nil {
		return usageError(c, err)
	}
	defer func() { _ = cfg.FS.Close() }()
	host, err := openHostFiles(c.String("root"))
	if err != nil {
		return usageError(c, err)
	}
	defer host.close()
	a := &auditing{
		cmd: c, out: out, cfg: cfg, files: newProbedFiles(c, &cfg), host: host,
		asked: len(names) > 0 || c.IsSet("probe") || c.IsSet("file"),
	}
	if a.asked {
		err = a.judgeAsked(ctx, names)
	} else {
		err = a.judgeAll(ctx, programPath(cfg))
	}
	if err != nil {
		return err
	}
	a.tell()
	if c.Bool("try") {
		if err := a.try(ctx); err != nil {
			return err
		}
	}
	if a.failed {
		return errViolated
	}
	return nil
}

// auditArguments takes the command line apart: the program's own arguments are those behind "--", unless the program
// stands there itself.
func auditArguments(all, line []string) (program string, names, args []string) {
	behind := 0
	if i := slices.Index(line, "--"); i >= 0 {
		behind = len(line) - i - 1
	}
	ahead := all[:max(len(all)-behind, 0)]
	rest := all[len(ahead):]
	switch {
	case len(ahead) > 0:
		return ahead[0], ahead[1:], rest
	case len(rest) > 0:
		return rest[0], nil, rest[1:]
	}
	return "", nil, nil
}

// judgeAsked judges the places that were named.
func (a *auditing) judgeAsked(ctx context.Context, names []string) error {
	var defs []definition
	program := programPath(a.cfg)
	for i, name := range names {
		path, place, ok := places.Split(name)
		if isLine := ok && '0' <= place[0] && place[0] <= '9'; ok && (a.isFile(path) || !isLine) {
			defs = append(defs, definition{"PLACE", i + 1, placeProbe + quotedPlace(name), 0})
		} else {
			defs = append(defs, definition{"PLACE", i + 1, placeProbe + quotedPlace(program+":"+name), 0})
		}
	}
	own := len(defs)
	more, err := askedDefinitions(ctx, a.cmd)
	if err != nil {
		return err
	}
	defs = append(defs, more...)
	for i := range defs {
		asked := defs[i].typed()
		if i < own {
			asked = names[i]
		}
		if err := a.judgeDefinition(&defs[i], asked); err != nil {
			return err
		}
	}
	return nil
}

// quotedPlace keeps blanks of a function's name in one word.
func quotedPlace(s string) string {
	if strings.ContainsAny(s, " \t") {
		return `"` + s + `"`
	}
	return s
}

func (a *auditing) isFile(path string) bool {
	_, err := a.files.file(a.files.Absolute(path))
	return err == nil
}

// judgeDefinition judges the places of one definition, which the kernel must accept as a line.
func (a *auditing) judgeDefinition(d *definition, asked string) error {
	lines, err := a.files.resolve(d)
	if err != nil {
		return err
	}
	for _, line := range lines {
		arch := x86.AMD64
		if a.is32(programPath(a.cfg)) {
			arch = x86.I386
		}
		r := tracefs.New(tracefs.Config{Arch: arch, Release: events.RecordedRelease(arch), CPUs: 1, FirstID: 1, Uprobes: tracefs.FilesOnly{Files: a.host}})
		v := r.Judge(tracefs.UprobeEvents, line.Text)
		if v.Err != nil {
			return d.refusal(&v)
		}
		if v.Probe == nil {
			continue
		}
		path := v.Probe.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.cfg.Dir, path)
		}
		if _, err := a.files.file(path); err != nil {
			return err
		}
		judged, _ := a.files.judge(path, v.Probe.FileOffset, v.Probe.Return)
		a.places = append(a.places, auditedPlace{judged, path, v.Probe.Return, asked, line.Remark})
	}
	return nil
}

// judgeAll judges every instruction of a file.
func (a *auditing) judgeAll(ctx context.Context, path string) error {
	file, err := a.files.file(path)
	if err != nil {
		return err
	}
	for _, offset := range file.auditor().Places() {
		if ctx.Err() != nil {
			return fmt.Errorf("%w after %d places", emu.ErrStopped, len(a.places))
		}
		a.places = append(a.places, auditedPlace{Place: file.auditor().Judge(offset), path: path})
	}
	return nil
}

func (a *auditing) is32(path string) bool {
	file, err := a.files.file(path)
	return err == nil && file.image.Arch == x86.I386
}

// bad tells whether a place counts against the exit status.
func (a *auditing) bad(p *auditedPlace) bool {
	strict := a.cmd.Bool("strict")
	if !p.Good() && (a.asked || strict) {
		return true
	}
	return strict && len(p.relevant()) > 0
}

// relevant are the hazards of what was asked: those of return probes count for return probes only.
func (p *auditedPlace) relevant() []audit.Hazard {
	var l []audit.Hazard
	for _, h := range p.Hazards {
		if !h.Kind.OfReturns() || p.returns {
			l = append(l, h)
		}
	}
	return l
}
