package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu/unicorn"
)

func versionCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version",
		Description: "EXAMPLE:\n   trapline version",
		Action: func(_ context.Context, c *cli.Command) error {
			if c.Args().Present() {
				return usagef(c, "version takes no arguments")
			}
			printVersion(out)
			return nil
		},
	}
}

func printVersion(out *output) {
	fmt.Fprintf(out, "trapline %s\nprocessor: interpreter; %s\n", version(), library())
}

// library says what runs long programs, and MMX.
func library() string {
	if err := unicorn.Check(); err != nil {
		return "no CPU library (" + err.Error() + ")"
	}
	return "libunicorn " + unicorn.Version()
}

// noteLibrary says that the CPU library which is part of this build was asked
// for and not used.
func noteLibrary(stderr io.Writer) {
	if err := unicorn.Refused(); err != nil {
		fmt.Fprintf(stderr, "trapline: note: every instruction was interpreted, since the CPU library does not fit: %v\n", err)
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return v + " " + info.GoVersion
}
