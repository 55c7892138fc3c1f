package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/nearest"
	"trapline/internal/scenario"
)

// reported is the exit status of a command that has said why already.
type reported int

func (r reported) Error() string { return fmt.Sprintf("exit status %d", int(r)) }

// errViolated ends a command whose scenario did not hold.
const errViolated = reported(exitViolated)

// usage is a mistake on the command line.
type usage struct {
	msg, hint string
	status    int
}

func (u *usage) Error() string { return u.msg }

func usageError(c *cli.Command, err error) error {
	status := exitUsage
	if c.Name == traceName {
		status = exitTrace
	}
	return &usage{err.Error(), fmt.Sprintf("trapline %s --help", c.Name), status}
}

func usagef(c *cli.Command, msg string, args ...any) error {
	return usageError(c, fmt.Errorf(msg, args...))
}

func unknownCommand(c *cli.Command, name string) error {
	var names []string
	for _, sub := range c.Commands {
		names = append(names, sub.Name)
	}
	msg := fmt.Sprintf("unknown command %q", name)
	if near := nearest.Word(name, names); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
	}
	return &usage{msg, "trapline --help", exitUsage}
}

// failure is an error with an exit status of its own.
type failure struct {
	error
	status int
}

// outcome is what is told of how a command ended: its error, unless that came
// of a failure of the output or of an interruption.
func outcome(ctx context.Context, err, flush error) error {
	var said reported
	var mistake *usage
	var own *failure
	stopped := errors.Is(err, emu.ErrStopped) || errors.Is(err, context.Canceled)
	switch in := interruptedBy(ctx); {
	case errors.As(err, &own) || errors.As(err, &mistake):
		return err
	case flush != nil && (err == nil || stopped || errors.As(err, &said)):
		return &failure{outputFailure(flush), exitUsage}
	case in != nil && err != nil && !errors.As(err, &said):
		return &failure{fmt.Errorf("%w: %w", in, err), exitInterrupted}
	}
	return err
}

func outputFailure(err error) error { return fmt.Errorf("write the output: %w", err) }

// report prints an error and gives the exit status.
func report(stderr io.Writer, err error) int {
	var flaw *format.Error
	var mistake *usage
	var said reported
	var own *failure
	switch {
	case err == nil:
		return exitHeld
	case errors.As(err, &said):
		return int(said)
	case errors.As(err, &own):
		fmt.Fprintf(stderr, "trapline: %v\n", own)
		return own.status
	case errors.As(err, &mistake):
		fmt.Fprintf(stderr, "trapline: %s\nSee: %s\n", mistake.msg, mistake.hint)
		return mistake.status
	case errors.As(err, &flaw):
		fmt.Fprintln(stderr, err)
		if flaw.Text != "" {
			fmt.Fprintln(stderr, flaw.Caret())
		}
		return exitUsage
	case errors.Is(err, scenario.ErrTime):
		fmt.Fprintf(stderr, "trapline: %v\n", err)
		return exitViolated
	case errors.Is(err, emu.ErrCPULibrary), errors.Is(err, scenario.ErrNotShown):
		fmt.Fprintf(stderr, "trapline: internal failure: %v\n", err)
		return exitInternal
	}
	fmt.Fprintf(stderr, "trapline: %v\n", err)
	return exitUsage
}
