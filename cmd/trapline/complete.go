package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v3"

	"trapline/docs"
	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/scenario"
	"trapline/internal/tui/course"
)

// Endings of the files that commands take.
var (
	scenarioFiles  = []string{"*" + scenario.Ext}
	recordedFiles  = []string{"*" + scenario.Ext, "*.tlr"}
	recordingFiles = []string{"*.tlr"}
)

// completeScenarios offers the built-in names and the scenario files that are here.
func completeScenarios(out *output) cli.ShellCompleteFunc {
	return completing(out, scenario.Names, scenarioFiles)
}

// completeWalks is completeScenarios with recordings.
func completeWalks(out *output) cli.ShellCompleteFunc {
	return completing(out, scenario.Names, recordedFiles)
}

// completeFiles offers files that are here.
func completeFiles(out *output, patterns []string) cli.ShellCompleteFunc {
	return completing(out, func() []string { return nil }, patterns)
}

// completing completes the last word of a command line: behind a flag that takes a
// value with its values, or by the shell's files where there is no list of them; a word
// that begins with "-" with flags; else with names and the files here that fit patterns.
// What is printed nothing for the shell completes with files.
func completing(out *output, names func() []string, patterns []string) cli.ShellCompleteFunc {
	return func(ctx context.Context, c *cli.Command) {
		last := ""
		if n := len(out.args); n >= 2 {
			last = out.args[n-2] // in front of the flag that asks for completions
			if last == "=" && n >= 3 {
				last = out.args[n-3] // bash makes three words of --engine=2002
			}
		}
		var list []string
		switch {
		case takesValue(c, last):
			list = valuesOf(last, out.args)
		case len(last) > 0 && last[0] == '-':
			cli.DefaultCompleteWithFlags(ctx, c)
			return
		default:
			list = names()
			for _, p := range patterns {
				files, _ := filepath.Glob(p) // the patterns are well formed
				list = append(list, files...)
			}
		}
		for _, x := range list {
			fmt.Fprintln(out, x)
		}
	}
}

// takesValue reports whether a word is a flag of the command that a value follows.
func takesValue(c *cli.Command, word string) bool {
	return slices.ContainsFunc(c.Flags, func(f cli.Flag) bool {
		d, ok := f.(cli.DocGenerationFlag)
		return ok && d.TakesValue() && slices.ContainsFunc(f.Names(), func(n string) bool { return word == "-"+n && len(n) == 1 || word == "--"+n })
	})
}

// valuesOf lists the values of a flag, none where any text or file may stand.
func valuesOf(flag string, args []string) []string {
	switch flag {
	case "--engine", "-e":
		return enginesFor(args)
	case "--strategy":
		var list []string
		for _, s := range scenario.Strategies() {
			list = append(list, string(s))
		}
		return list
	case "--cpu":
		return []string{emu.Interp.String(), emu.Unicorn.String()}
	case "--diagram":
		return []string{"mermaid", "plantuml"}
	case "--memory-model":
		return []string{"sc", "tso"}
	case "--syntax":
		return []string{"att", "intel"}
	}
	return nil
}

// enginesFor are the engines of the scenario that a command line names, or all.
func enginesFor(args []string) []string {
	for _, a := range args[1:] {
		if f, err := scenario.Load(a); err == nil {
			return f.Engines()
		}
	}
	return append(engines.Names(engines.Kernel), engines.Probing(engines.Program)...)
}

func lessonNames() []string {
	list, _ := course.Lessons() // built in
	var names []string
	for i := range list {
		names = append(names, list[i].Short())
	}
	return names
}

func rowNames() []string {
	groups, err := docs.Groups()
	if err != nil {
		return nil
	}
	return rowIDs(groups)
}
