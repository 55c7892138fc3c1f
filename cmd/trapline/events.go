package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/kprobes/kcall"
	"trapline/internal/uprobes/audit"
	"trapline/internal/x86"
)

func eventsCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "events",
		Usage:     "judge probe event definitions as the kernel would, without running anything",
		ArgsUsage: "-e LINE… | FILE",
		Description: `Every line is appended to kprobe_events (or uprobe_events) of Linux 6.1. For each it prints "ok" and what reading the
file back would show, or the errno of the refusal with the text of error_log. In a FILE ("-" is standard input) blank
lines and comments are passed over. docs/events.md has the language.

Without --kernel every kernel symbol is taken to exist once and any offset to be an instruction's, since there is no kernel to
ask; only what 6.1 blacklists is refused. With it, the image's symbols, blacklist, ftrace calls and instructions are asked.
Paths of uprobes are looked up.
The exit status is 2 if any line was refused.

EXAMPLES:
   trapline events -e 'p:myprobe do_sys_open dfd=%di:s32 file=+0(%si):string'
   trapline events --format -e 'r:myret vfs_read $retval'
   trapline events --uprobes -e 'p:sh /bin/sh:0x1000 %ax'
   trapline events --kernel /boot/vmlinuz-$(uname -r) -e 'p:mine vfs_read+5 %ax'
   trapline events --kernel vmlinuz-6.1 --kernel vmlinuz-6.12 probes.txt
   trapline events --arch i386 --json probes.txt | jq .error`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "define", Aliases: []string{"e"}, Usage: "judge `LINE` (may be repeated)"},
			&cli.BoolFlag{Name: "kprobes", Aliases: []string{"k"}, Usage: "the lines go to kprobe_events (the default)"},
			&cli.BoolFlag{Name: "uprobes", Aliases: []string{"u"}, Usage: "the lines go to uprobe_events"},
			&cli.StringFlag{Name: "arch", Value: x86.AMD64.String(), Usage: "the kernel's `ARCH`: x86_64 or i386"},
			&cli.StringSliceFlag{Name: "kernel", Usage: "ask the kernel `IMAGE` (a vmlinux or bzImage) for symbols and places; of several the answers stand side by side"},
			&cli.BoolFlag{Name: "format", Usage: "print each event's format file too"},
			&cli.StringFlag{Name: "root", Usage: "look paths up inside `DIR`, as in a chroot"},
			&cli.BoolFlag{Name: "replace", Usage: "a name that exists is replaced, as by Linux 4.15, not joined"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/events.md says"},
		},
		DisableSliceFlagSeparator: true, // a comma is part of a line
		Action:                    func(ctx context.Context, c *cli.Command) error { return doEvents(ctx, c, out) },
	}
}

// judgeOf makes a kernel image answer. Its architecture is the lines', which
// must not contradict it if it was given.
func judgeOf(path string, arch x86.Arch, given bool) (*kcall.Judge, x86.Arch, error) {
	image, err := readKernel(path, "")
	if err != nil {
		return nil, arch, err
	}
	if given && image.Arch != arch {
		return nil, arch, fmt.Errorf("%s is an %v kernel; --arch says %v", path, image.Arch, arch)
	}
	return kcall.NewJudge(image), image.Arch, nil
}

func doEvents(ctx context.Context, c *cli.Command, out *output) error {
	lines := c.StringSlice("define")
	switch {
	case c.Bool("kprobes") && c.Bool("uprobes"):
		return usagef(c, "--kprobes and --uprobes exclude each other")
	case len(lines) > 0 && c.Args().Present():
		return usagef(c, "both -e and FILE %q; expected one of them", c.Args().First())
	case len(lines) == 0 && c.Args().Len() != 1:
		return usagef(c, "events takes -e LINE or one FILE, not %d", c.Args().Len())
	}
	arch, err := x86.ParseArch(c.String("arch"))
	if err != nil {
		return usageError(c, err)
	}
	files, err := openHostFiles(c.String("root"))
	if err != nil {
		return usageError(c, err)
	}
	defer files.close()
	j := &judging{out: out, json: c.Bool("json"), format: c.Bool("format"), file: tracefs.KprobeEvents}
	if c.Bool("uprobes") {
		j.file = tracefs.UprobeEvents
	}
	j.probed = &probedFiles{dir: files.dir, root: c.String("root"), read: map[string]*probedFile{}}
	if err := j.ask(c, arch, files); err != nil {
		return usageError(c, err)
	}
	if len(lines) > 0 {
		for _, l := range lines {
			j.line(l)
		}
	} else if err := j.read(ctx, c.Args().First()); err != nil {
		return err
	}
	j.sum()
	if j.refused {
		return reported(exitUsage)
	}
	return nil
}

// ask makes the kernels that judge: those of the images, or one of which nothing is known.
func (j *judging) ask(c *cli.Command, arch x86.Arch, files *hostFiles) error {
	add := func(name string, kernel tracefs.Kprobes, arch x86.Arch) {
		j.kernels = append(j.kernels, judgingKernel{name, arch, tracefs.New(tracefs.Config{
			Arch: arch, Release: events.RecordedRelease(arch), CPUs: 1, FirstID: 1, SameName: sameName(c),
			Kprobes: kernel, Uprobes: tracefs.FilesOnly{Files: files},
		})})
	}
	images := c.StringSlice("kernel")
	if len(images) == 0 {
		add("", tracefs.NewAssumedKernel(arch), arch)
	}
	for _, path := range images {
		kernel, is, err := judgeOf(path, arch, c.IsSet("arch"))
		if err != nil {
			return err
		}
		if what := kernel.Unknown(); len(what) > 0 && j.file == tracefs.KprobeEvents {
			fmt.Fprintf(c.Root().ErrWriter, "trapline: %s does not tell %s: a probe that it would refuse for that is judged as good\n", path, strings.Join(what, ", nor "))
		}
		add(path, kernel, is)
	}
	return nil
}

func sameName(c *cli.Command) tracefs.SameName {
	if c.Bool("replace") {
		return tracefs.SameNameReplaces
	}
	return tracefs.SameNameAppends
}

// judging judges lines one after the other, all of one file of events.
type judging struct {
	out     *output
	kernels []judgingKernel
	file    tracefs.File
	json    bool
	format  bool
	refused bool
	probed  *probedFiles // in which uprobes are judged
	lines   int
	differ  int // lines on which the kernels' answers differ
}

// judgingKernel is a kernel that answers.
type judgingKernel struct {
	name     string // its image, or ""
	arch     x86.Arch
	registry *tracefs.Registry
}

// read judges the lines of a file, or of standard input for "-".
func (j *judging) read(ctx context.Context, name string) error {
	lines := 0
	err := eachDefinition(ctx, name, func(_ int, line string) { j.line(line); lines++ })
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w after %d lines", emu.ErrStopped, lines)
	}
	return err
}

func (j *judging) line(line string) {
	j.lines++
	if len(j.kernels) > 1 {
		j.sideBySide(line)
		return
	}
	v := j.kernels[0].registry.Judge(j.file, line)
	j.refused = j.refused || v.Err != nil
	v.Enabling = j.enabling(v.Probe)
	if !j.json {
		j.out.WriteString(v.Text(j.format))
		return
	}
	if !j.format {
		v.Format = ""
	}
	j.out.object(v)
}

// enabling judges what becomes of a uprobe when it is enabled and a process maps the place, as trace and audit do.
func (j *judging) enabling(p *tracefs.Probe) *tracefs.Enabling {
	if p == nil || p.Kind != events.Uprobe || j.probed == nil {
		return nil
	}
	judged, ok := j.probed.judge(j.probed.Absolute(p.Path), p.FileOffset, p.Return)
	if !ok || judged.Errno() == 0 {
		return nil
	}
	e := &tracefs.Enabling{Errno: judged.Errno(), Why: "the place is outside the file"}
	if judged.Verdict == audit.Refused {
		e.Why, e.Row = "the instruction is refused: "+judged.Rule.String(), judged.Rule.Row()
	}
	return e
}

// sideObject is a line with the answers of several kernels.
type sideObject struct {
	Line    string       `json:"line"`
	Same    bool         `json:"same"`
	Kernels []sideAnswer `json:"kernels"`
}

type sideAnswer struct {
	Kernel  string          `json:"kernel"`
	Arch    string          `json:"arch"`
	Verdict tracefs.Verdict `json:"verdict"`
}

// everyKernel stands for all of them where they agree.
const everyKernel = "every kernel"

// sideBySide asks every kernel.
func (j *judging) sideBySide(line string) {
	o := sideObject{Line: line, Same: true}
	width := 0
	for _, k := range j.kernels {
		v := k.registry.Judge(j.file, line)
		j.refused = j.refused || v.Err != nil
		if !j.format {
			v.Format = ""
		}
		o.Kernels = append(o.Kernels, sideAnswer{k.name, k.arch.String(), v})
		o.Same = o.Same && v.Agrees(o.Kernels[0].Verdict)
		width = max(width, len(k.name))
	}
	if !o.Same {
		j.differ++
	}
	if j.json {
		j.out.object(o)
		return
	}
	mark := ""
	if o.Same {
		o.Kernels, width = o.Kernels[:1], len(everyKernel)
		o.Kernels[0].Kernel = everyKernel
	} else {
		mark = "  # the kernels differ"
	}
	fmt.Fprintf(j.out, "%s%s\n", line, mark)
	for _, a := range o.Kernels {
		first, rest, _ := strings.Cut(a.Verdict.Text(j.format), "\n")
		fmt.Fprintf(j.out, "  %-*s  %s\n", width, a.Kernel, first)
		for l := range strings.Lines(rest) {
			fmt.Fprintf(j.out, "  %-*s%s", width, "", l)
		}
	}
}

// sum tells how many lines several kernels answer differently.
func (j *judging) sum() {
	if len(j.kernels) > 1 && !j.json {
		fmt.Fprintf(j.out, "lines: %d, on which the kernels differ: %d\n", j.lines, j.differ)
	}
}
