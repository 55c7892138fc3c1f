package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
	"trapline/internal/nearest"
	"trapline/internal/story"
)

func syscallsCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "syscalls",
		Usage:     "say what of each system call there is for Linux programs",
		ArgsUsage: "[NAME…]",
		Description: `Printed are the call's numbers of x86-64 and i386, and how much of it there is: all, or what is not. One that is missing
is answered ENOSYS. Without a NAME all calls are listed. The same in one page: docs/linux-calls.md.

EXAMPLES:
   trapline syscalls mmap madvise
   trapline syscalls --json | jq -r 'select(.support == "missing").name'`,
		Flags:         []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON object a line, as docs/json.md says"}},
		ShellComplete: completing(out, callNames, nil),
		Action:        func(_ context.Context, c *cli.Command) error { return doSyscalls(c, out) },
	}
}

// syscallJSON is a system call for a program.
type syscallJSON struct {
	Type string `json:"type"`
	V    int    `json:"v"`
	linux.CallInfo
}

func doSyscalls(c *cli.Command, out *output) error {
	calls, err := callsOf(c)
	if err != nil {
		return err
	}
	subject := ""
	for i, call := range calls {
		if c.Bool("json") {
			out.object(syscallJSON{"syscall", story.Version, call})
			continue
		}
		if call.Subject != subject && !c.Args().Present() {
			if i > 0 {
				fmt.Fprintln(out)
			}
			subject = call.Subject
			out.styled(story.Code, headingOf(call)+"\n")
		}
		printSyscall(out, call)
	}
	return nil
}

// callsOf are the calls that the arguments name; without any, all.
func callsOf(c *cli.Command) ([]linux.CallInfo, error) {
	all := linux.Calls()
	if !c.Args().Present() {
		return all, nil
	}
	var list []linux.CallInfo
	for _, name := range c.Args().Slice() {
		n := len(list)
		for _, call := range all {
			if call.Name == name {
				list = append(list, call)
			}
		}
		if len(list) > n {
			continue
		}
		msg := fmt.Sprintf("Linux has no system call %q", name)
		if near := nearest.Word(name, callNames()); near != "" {
			msg += "; did you mean " + near + "?"
		}
		return nil, usageError(c, fmt.Errorf("%s", msg))
	}
	return list, nil
}

func callNames() []string {
	var names []string
	for _, c := range linux.Calls() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func headingOf(c linux.CallInfo) string {
	if c.Support == linux.SupportMissing {
		return "Missing"
	}
	return c.Subject
}

func printSyscall(out *output, c linux.CallInfo) {
	const name, number, support = 30, 14, 18
	out.styled(story.Place, fmt.Sprintf("  %-*s ", name-3, c.Name))
	numbers := []string{}
	if c.AMD64 >= 0 {
		numbers = append(numbers, fmt.Sprintf("64:%d", c.AMD64))
	}
	if c.I386 >= 0 {
		numbers = append(numbers, fmt.Sprintf("32:%d", c.I386))
	}
	note := c.Note
	if c.NotIn61 {
		note = "as in 6.1"
	}
	line := fmt.Sprintf("%-*s%-*s", number, strings.Join(numbers, " "), support, c.Support)
	if note == "" {
		line = strings.TrimRight(line, " ")
	}
	fmt.Fprintln(out, line+indented(note, name+number+support, out.columns))
}
