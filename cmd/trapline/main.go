// Command trapline simulates Linux kprobes and uprobes on x86, instruction by instruction.
//
// Exit status: 0 held; 1 an expectation or property failed; 2 usage, bad input, or output that cannot be written;
// 3 an internal failure; 130 interrupted.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"trapline/internal/printable"
)

// Exit statuses, a contract that scripts depend on.
const (
	exitHeld        = 0
	exitViolated    = 1
	exitUsage       = 2
	exitInternal    = 3
	exitInterrupted = 130 // 128 + SIGINT; SIGTERM and SIGHUP too
)

func main() { os.Exit(mainExit()) }

// mainExit is main for testscript: it returns the exit status.
func mainExit() int { return run(os.Args, os.Stdout, os.Stderr) }

// run is the program: it never exits by itself and turns a panic into an
// internal failure.
func run(args []string, stdout, stderr io.Writer) (code int) {
	errs := printable.Writer{W: wrappingTo(stderr)}
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(errs, "trapline: internal failure: %v\n%s", p, debug.Stack())
			code = exitInternal
		}
	}()
	ctx, cancel := untilSignal(stderr)
	defer cancel(nil)
	out := newOutput(stdout)
	out.args = args
	out.onError = cancel // there is nobody to tell the rest to
	err := command(out, stderr).Run(ctx, args)
	noteLibrary(errs)
	return report(errs, outcome(ctx, err, out.Flush()))
}

// commands lists the commands in the order of the help: one file each.
func commands(out *output, stderr io.Writer) []*cli.Command {
	return []*cli.Command{
		runCommand(out),
		exploreCommand(out),
		compareCommand(out),
		litmusCommand(out),
		sweepCommand(out),
		mergeCommand(out),
		workerCommand(out),
		listCommand(out),
		explainCommand(out),
		syscallsCommand(out),
		newCommand(out),
		checkCommand(out),
		eventsCommand(out),
		callCommand(out),
		traceCommand(out, stderr),
		auditCommand(out),
		tuiCommand(out),
		recordCommand(out),
		replayCommand(out),
		exportCommand(out),
		quizCommand(out),
		courseCommand(out),
		versionCommand(out),
	}
}

func command(out *output, stderr io.Writer) *cli.Command {
	root := &cli.Command{
		Name:      "trapline",
		Usage:     "walk through Linux kprobes and uprobes, instruction by instruction",
		UsageText: "trapline COMMAND [OPTIONS] [ARGUMENTS]",
		Description: "Start with: trapline run first-probe\n\n" +
			"Exit status: 0 all expectations held; 1 one did not; 2 usage, bad input, or output that cannot be\n" +
			"written; 3 an internal failure; 130 Ctrl-C, SIGTERM or SIGHUP. That of trace is the program's own.",
		Commands:              commands(out, stderr),
		Flags:                 []cli.Flag{&cli.BoolFlag{Name: "version", Local: true, Usage: "print the version, as the command of this name"}},
		Suggest:               true,
		HideVersion:           true,
		EnableShellCompletion: true,
		Writer:                out,
		ErrWriter:             printable.Writer{W: wrappingTo(stderr)},
		ExitErrHandler:        func(context.Context, *cli.Command, error) {}, // report does it
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			c.Hidden = false
			c.Usage = "print the completion script of a shell: bash, zsh, fish or pwsh"
			c.UsageText = "trapline completion SHELL\n\nEXAMPLE:\n   source <(trapline completion bash)"
			completeInBash(c)
		},
		Action: func(_ context.Context, c *cli.Command) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c, name)
			}
			if c.Bool("version") {
				printVersion(out)
				return nil
			}
			return cli.ShowRootCommandHelp(c)
		},
	}
	for _, c := range root.Commands {
		c.OnUsageError = func(_ context.Context, c *cli.Command, err error, _ bool) error { return usageError(c, err) }
	}
	root.OnUsageError = func(_ context.Context, c *cli.Command, err error, _ bool) error { return usageError(c, err) }
	return root
}
