// Command trapline simulates Linux kprobes and uprobes on x86, instruction by instruction.
//
// Exit status: 0 held; 1 an expectation or property failed; 2 usage or bad input; 3 an internal failure.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/urfave/cli/v3"
)

// Exit statuses, a contract that scripts depend on.
const (
	exitHeld     = 0
	exitViolated = 1
	exitUsage    = 2
	exitInternal = 3
)

func main() { os.Exit(mainExit()) }

// mainExit is main for testscript: it returns the exit status.
func mainExit() int { return run(os.Args, os.Stdout, os.Stderr) }

// run is the program: it never exits by itself and turns a panic into an
// internal failure.
func run(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "trapline: internal failure: %v\n%s", p, debug.Stack())
			code = exitInternal
		}
	}()
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup keeps a run going
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	defer stop()
	out := newOutput(stdout)
	err := command(out, stderr).Run(ctx, args)
	if ferr := out.Flush(); err == nil && ferr != nil {
		err = fmt.Errorf("write the output: %w", ferr)
	}
	return report(stderr, err)
}

// commands lists the commands in the order of the help: one file each.
func commands(out *output, stderr io.Writer) []*cli.Command {
	return []*cli.Command{
		runCommand(out),
		exploreCommand(out),
		compareCommand(out),
		listCommand(out),
		newCommand(out),
		checkCommand(out),
		eventsCommand(out),
		callCommand(out),
		traceCommand(out, stderr),
		tuiCommand(out),
		recordCommand(out),
		replayCommand(out),
		exportCommand(out),
		quizCommand(out),
		versionCommand(out),
	}
}

func command(out *output, stderr io.Writer) *cli.Command {
	root := &cli.Command{
		Name:                  "trapline",
		Usage:                 "walk through Linux kprobes and uprobes, instruction by instruction",
		UsageText:             "trapline COMMAND [OPTIONS] [ARGUMENTS]",
		Description:           "Start with: trapline run first-probe",
		Commands:              commands(out, stderr),
		Suggest:               true,
		HideVersion:           true,
		EnableShellCompletion: true,
		Writer:                out,
		ErrWriter:             stderr,
		ExitErrHandler:        func(context.Context, *cli.Command, error) {}, // report does it
		ConfigureShellCompletionCommand: func(c *cli.Command) {
			c.Hidden = false
			c.Usage = "print the completion script of a shell: bash, zsh, fish or pwsh"
			c.UsageText = "trapline completion SHELL\n\nEXAMPLE:\n   source <(trapline completion bash)"
		},
		Action: func(_ context.Context, c *cli.Command) error {
			if name := c.Args().First(); name != "" {
				return unknownCommand(c, name)
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
