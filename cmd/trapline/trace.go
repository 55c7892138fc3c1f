package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
	"trapline/internal/printable"
)

// exitTrace is the status of trace's own failures, as env and timeout have
// it: the rest belongs to the program.
const exitTrace = 125

const traceName = "trace"

func traceCommand(out *output, stderr io.Writer) *cli.Command {
	return &cli.Command{
		Name:      traceName,
		Usage:     "run a Linux program in the machine, under uprobe events",
		ArgsUsage: "-- PROGRAM [ARGS…] [--and PROGRAM [ARGS…]]…",
		Description: `Runs an i386 or x86-64 ELF program, static or dynamic, or a script. Its standard streams and its exit status
(128 plus the signal) are passed through; 125 is a failure of trace itself or a bound that was reached. The program sees
the files named by its arguments, the system's libraries if it is dynamic, and nothing else of the host: --allow and
--root show more. What it writes is its own and gone at the end, unless --keep DIR is given; the host's files stay as they are.
Time and random numbers are the same in every run.

Behind --and comes one more program of the same machine, a client for the server before it; they share files and a loopback
interface, and no packet leaves it. It starts as soon as every thread of those before it waits (--and-when says otherwise). As in a
shell's "server & client", the last program has standard input, and its end is the run's; its exit status counts.

Uprobe events are defined with -p and -f as in uprobe_events, at PATH:0xOFFSET or PATH:SYMBOL[+OFFSET], and enabled
with the program mapped; PATH may be a library's name. With -p the place may come first: it is a probe there. SYMBOL is a name of the ELF file's symbol table, a C++, Rust or Go function's
name in source, with or without parameters, or a pattern (ns::*); SYMBOL%return is its return. FUNCTION:LINE, counted from the declaration,
and FILE.c:LINE are places where a line of source begins, if the file has debug information;
arguments can name variables then, as in perf probe. An instruction that cannot be probed is a warning; --strict makes it a failure.
A trace file given with -o appears whole when the run is over, also one that Ctrl-C ended, or not at all.

EXAMPLES:
   trapline trace -- ./hello world
   trapline trace --strace -- /bin/busybox sha256sum notes.txt
   trapline trace --keep out --allow . -- /usr/bin/make
   trapline trace --background -- /bin/sh -c '(sleep 1; echo later) & echo now'
   trapline trace --root ./rootfs -- /bin/sh -c 'echo $((6 * 7))'
   trapline trace -- redis-server --port 7777 --and redis-cli -p 7777 ping
   trapline trace -p 'p:count ./hello:main argc=%di:s32' -p 'r:back ./hello:main $retval' --profile -- ./hello
   trapline trace -p libc.so.6:malloc -- /bin/ls
   trapline trace -p 'p libc.so.6:malloc size=%di' -- /bin/ls
   trapline trace -p 'p ./prog:geo::area(int, int) %di %si' -p 'r ./prog:geo::Point::*' -- ./prog
   trapline trace -p 'p ./hello:main+4' -o trace.txt --explain -- ./hello
   trapline trace -f events.txt --json -- ./hello | jq .
   trapline trace --functions -- /bin/busybox | head
   trapline trace -L main -- ./hello
   trapline trace -V main:3 -- ./hello
   trapline trace -p 'p ./hello:main:3 argc argv[1]:string' -p 'p ./hello:hello.c:17 item->next->name:string' -- ./hello
   trapline trace --engine uprobes-2005-coded -p 'p ./hello:main' -- ./hello`,
		Flags: slices.Concat(traceFlags(), guestFlags(), []cli.Flag{
			kernelFlag(),
			&cli.BoolFlag{Name: "host-time", Usage: "the program sees the host's clock"},
			&cli.BoolFlag{Name: "strace", Usage: "print every system call on standard error"},
			&cli.BoolFlag{Name: "background", Usage: "go on until the processes that PROGRAM leaves behind have ended too"},
			&cli.StringFlag{Name: "keep", Usage: "at the end, write the files that the program made or changed into `DIR`"},
		}),
		DisableSliceFlagSeparator: true, // a comma may be part of a path
		Action:                    func(ctx context.Context, c *cli.Command) error { return doTrace(ctx, c, out, stderr) },
	}
}

// guestFlags are those that say what a program is run in, for traceConfig.
func guestFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "root", Usage: "the program's \"/\" is `DIR`, as in a chroot"},
		&cli.StringSliceFlag{Name: "allow", Usage: "show the file or directory `PATH` too (may be repeated)"},
		&cli.Uint64Flag{Name: "seed", Usage: "of the program's random numbers"},
		processorFlag(),
		levelFlag(),
		whenFlag(),
		&cli.IntFlag{Name: "cpus", Value: 1, Usage: "vCPUs, 1 to 8"},
		&cli.Uint64Flag{Name: "steps", Value: linux.DefaultSteps, Usage: "stop after `N` instructions"},
		&cli.DurationFlag{Name: "time", Usage: "stop after this much of the host's time"},
		&cli.IntFlag{Name: "memory", Value: linux.DefaultMemory >> 20, Usage: "`MIB` of memory for all processes"},
		&cli.IntFlag{Name: "processes", Value: linux.DefaultProcesses, Usage: "at most `N` processes"},
		&cli.IntFlag{Name: "threads", Value: linux.DefaultThreads, Usage: "at most `N` threads"},
	}
}

// doTrace is given standard error as it is, for the progress line and colour;
// what is said there goes through the command's own writer.
func doTrace(ctx context.Context, c *cli.Command, out *output, stderr io.Writer) error {
	said := c.Root().ErrWriter
	args := c.Args().Slice()
	if len(args) == 0 {
		return usagef(c, "trace takes a program and its arguments after --")
	}
	cfg, err := traceConfig(c, args)
	if err != nil {
		return usageError(c, err)
	}
	defer func() { _ = cfg.FS.Close() }()
	kernel, err := kernelOf(c)
	if err != nil {
		return err
	}
	cfg.Kernel, cfg.Background = &kernel, c.Bool("background")
	if cfg.Background && len(cfg.More) > 0 {
		return usagef(c, "--background goes with one program: a run of several ends with the last of them")
	}
	if listed, err := listPlaces(c, &cfg, out); listed || err != nil {
		return err
	}
	if d := c.Duration("time"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	signal.Ignore(syscall.SIGPIPE) // a closed standard output is the program's to hear of
	cfg.Stdin = &stoppableReader{ctx, os.Stdin}
	if c.Bool("strace") {
		cfg.OnCall = func(r linux.CallRecord) { fmt.Fprintf(said, "[%d] %v\n", r.TID, r) }
	}
	var noProgram, noFile unseen
	if c.String("root") == "" {
		cfg.OnNoProgram, cfg.OnNoFile = noProgram.addProgram, noFile.addFile
	}
	ev, err := newTraceEvents(ctx, c, &cfg, stderr)
	if err != nil {
		return usageError(c, err)
	}
	bar := watchProgress(ctx, c, &cfg, stderr, ev)
	k, err := linux.New(cfg)
	if err != nil {
		ev.discard()
		fmt.Fprintf(said, "trapline: %v\n", err)
		return reported(exitTrace)
	}
	defer k.Close()
	if err := ev.enable(k); err != nil {
		ev.discard()
		return err
	}
	res, err := k.Run(ctx)
	bar.erase()
	if dir := c.String("keep"); dir != "" {
		if err := keepFiles(said, k, dir); err != nil {
			ev.discard()
			fmt.Fprintf(said, "trapline: --keep: %v\n", err)
			return reported(exitTrace)
		}
	}
	if err := ev.finish(context.WithoutCancel(ctx)); errors.Is(err, reported(exitTrace)) {
		return err
	} else if err != nil {
		fmt.Fprintf(said, "trapline: %v\n", err)
		return reported(exitTrace)
	}
	otherEnds(said, k, programs(cfg))
	leftBehind(said, k, cfg)
	noProgram.tell(said, "executed")
	end := traceEnd(said, res, err)
	if res.ExitStatus() != 0 { // what a program that succeeds looked for it could do without
		noFile.without(noProgram).tell(said, "found")
	}
	if ev.lostEntries() && errors.Is(end, reported(res.ExitStatus())) {
		return reported(exitTrace) // a bound was reached
	}
	return end
}

// listPlaces prints what can be probed, if that is what was asked for.
func listPlaces(c *cli.Command, cfg *linux.Config, out *output) (listed bool, err error) {
	files := newProbedFiles(c, cfg)
	switch function, place := c.String("lines"), c.String("vars"); {
	case c.Bool("functions"):
		err = listFunctions(out, files, programPath(*cfg))
	case function != "":
		err = listLines(out, files, programPath(*cfg), function)
	case place != "":
		err = listVariables(out, files, programPath(*cfg), place)
	default:
		return false, nil
	}
	if err != nil {
		return true, usageError(c, err)
	}
	if err := out.Flush(); err != nil {
		return true, &failure{outputFailure(err), exitTrace}
	}
	return true, nil
}

// keepFiles writes what the program changed, and says what it removed.
func keepFiles(said io.Writer, k *linux.Kernel, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := k.Files().Keep(dir); err != nil {
		return err
	}
	made, removed := k.Files().Changes()
	fmt.Fprintf(said, "trapline: %d files, directories and links kept in %s\n", len(made), dir)
	for _, p := range k.Files().Unkept() {
		fmt.Fprintf(said, "trapline: %s has other names on the host, which show the change in the run and are not kept\n", p)
	}
	sockets, pipes := k.Files().Endpoints()
	for _, p := range sockets {
		fmt.Fprintf(said, "trapline: %s is a socket, which is not kept\n", p)
	}
	for _, p := range pipes {
		fmt.Fprintf(said, "trapline: %s is a named pipe, which is not kept\n", p)
	}
	for _, p := range removed {
		fmt.Fprintf(said, "trapline: the program removed %s, which is still there\n", p)
	}
	return nil
}

// watchProgress has a long run tell how far it is, if somebody looks.
func watchProgress(ctx context.Context, c *cli.Command, cfg *linux.Config, stderr io.Writer, ev *traceEvents) *progress {
	var limit uint64
	if c.IsSet("steps") {
		limit = c.Uint64("steps")
	}
	p := newProgress(ctx, stderr, limit)
	if p == nil {
		return nil
	}
	if ev != nil {
		p.hits = ev.hits
	}
	cfg.OnTurn = p.turn
	cfg.Stdin, cfg.Stdout, cfg.Stderr = guardedReader{cfg.Stdin, p}, guarded{cfg.Stdout, p}, guarded{cfg.Stderr, p}
	return p
}

// otherEnds says how the programs before the last one ended.
func otherEnds(said io.Writer, k *linux.Kernel, all []linux.Config) {
	started := k.Programs()
	for i, one := range all[:len(all)-1] {
		how := "not started"
		if i < len(started) {
			how = "still running"
			if code, sig, ended := started[i].Ended(); ended {
				how = linux.Result{Code: code, Signal: sig}.String()
			}
		}
		fmt.Fprintf(said, "trapline: program %d, %s: %s\n", i+1, one.Path, how)
	}
}

// leftBehind names the processes that a single program left running, and that the run's end stopped.
func leftBehind(said io.Writer, k *linux.Kernel, cfg linux.Config) {
	left := k.Left()
	if len(cfg.More) > 0 || len(left) == 0 || k.Result().Bound != linux.NoBound {
		return
	}
	var names []string
	for _, p := range left[:min(len(left), maxNamed)] {
		names = append(names, fmt.Sprintf("%s (%d)", printable.Name(p.Name), p.PID))
	}
	if len(left) > maxNamed {
		names = append(names, "…")
	}
	fmt.Fprintf(said, "trapline: the program left processes behind, which were stopped at its end: %s; --background lets them end\n", strings.Join(names, ", "))
}

// traceEnd says what the program cannot and gives its exit status.
func traceEnd(stderr io.Writer, res linux.Result, err error) error {
	for _, u := range res.Unknown {
		fmt.Fprintf(stderr, "trapline: system call %s is missing (ENOSYS; calls: %d)\n", u.Name, u.Count)
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "trapline: %v\n", err)
		return reported(exitTrace)
	case res.Bound == linux.BoundCanceled:
		fmt.Fprintf(stderr, "trapline: interrupted after %d instructions\n", res.Steps)
		return reported(exitInterrupted)
	case res.Bound != linux.NoBound:
		fmt.Fprintf(stderr, "trapline: %v\n", res)
		return reported(exitTrace)
	}
	return reported(res.ExitStatus())
}
