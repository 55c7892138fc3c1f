package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
	"trapline/internal/scenario"
	"trapline/internal/x86"
)

// Bounds of what a recording takes of a program's surroundings.
const (
	maxHostFiles      = 32
	maxHostBytes      = 64 << 20 // of all files, and of standard input
	hostProgramMemory = 256 << 20
	hostProgramAt     = "-- PROGRAM [ARGS…] [--and PROGRAM [ARGS…]]…"
)

// hostProgramFlags are those with which a command takes a program of the host's in
// place of a scenario.
func hostProgramFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "run a program under the uprobe event `LINE` (may be repeated), as trace does"},
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Usage: "run a program under the uprobe events of `FILE`, a line each"},
		returnsFlag(),
		levelFlag(),
		whenFlag(),
		kernelFlag(),
	}
}

// kernelName is --kernel.
const kernelName = "kernel"

// kernelFlag chooses the kernel that a program runs under.
func kernelFlag() cli.Flag {
	return &cli.StringFlag{Name: kernelName, Value: x86.AMD64.String(), Usage: "a program's kernel is of `ARCH` x86_64, which runs programs of 32 bits too, or i386"}
}

// kernelOf is the width of the kernel that --kernel asks for.
func kernelOf(c *cli.Command) (x86.Arch, error) {
	kernel, err := x86.ParseArch(strings.ReplaceAll(c.String(kernelName), "-", "_"))
	if err != nil {
		return 0, usageError(c, fmt.Errorf("--%s: %w", kernelName, err))
	}
	return kernel, nil
}

// takesProgram reports whether the arguments are a program and its own: there
// are events for it, or the first one is an ELF file, or it stands behind "--" of
// the command line and is neither a scenario nor a recording.
func takesProgram(c *cli.Command, line []string) bool {
	first := c.Args().First()
	if c.IsSet("probe") || c.IsSet("file") || bytes.Equal(headOf(first, 4), []byte("\x7fELF")) {
		return true
	}
	i := slices.Index(line, "--")
	if i < 0 || first == "" || len(line)-i-1 != c.Args().Len() || isRecording(first) {
		return false
	}
	_, err := scenario.Load(first)
	return err != nil
}

// onlyOfPrograms refuses what cannot be said of a scenario or a recording.
func onlyOfPrograms(c *cli.Command) error {
	if c.IsSet(kernelName) {
		return usagef(c, "--%s is of a program behind --; a scenario has it in its machine member", kernelName)
	}
	return nil
}

// hostProgramFile makes a scenario of a program: itself, its arguments, its
// environment, standard input unless that is a terminal, and the files that its
// arguments name go in whole.
func hostProgramFile(ctx context.Context, c *cli.Command) (*scenario.File, error) {
	args := c.Args().Slice()
	if len(args) == 0 {
		return nil, usagef(c, "events without a program: expected %s behind them", hostProgramAt)
	}
	if _, err := scenario.Load(args[0]); err == nil {
		return nil, usagef(c, "%s is a scenario; -p and -f are for a program here. Expected the event in its kprobe_events or uprobe_events member, or trapline run %s -p", args[0], args[0])
	}
	cfg, err := traceConfig(c, args)
	if err != nil {
		return nil, usageError(c, err)
	}
	_ = cfg.FS.Close() // its files are read here
	kernel, err := kernelOf(c)
	if err != nil {
		return nil, err
	}
	byInterpreter(&cfg)
	t := scenario.HostProgram{Path: programPath(cfg), Args: cfg.Args, Env: cfg.Env, Dir: cfg.Dir, Engine: c.String("engine"), Kernel: &kernel, CPUs: 1, Level: cfg.Level, Memory: hostProgramMemory}
	if t.Program, err = os.ReadFile(t.Path); err != nil {
		return nil, err
	}
	if t.Files, err = hostProgramFiles(cfg); err != nil {
		return nil, err
	}
	for _, one := range programs(cfg)[1:] {
		path := programPath(one)
		if path != t.Path {
			if t.Files[path], err = os.ReadFile(path); err != nil {
				return nil, err
			}
		}
		t.More = append(t.More, linux.Program{Path: path, Args: one.Args})
	}
	t.When = cfg.When
	if !term.IsTerminal(os.Stdin.Fd()) {
		if t.Stdin, err = io.ReadAll(io.LimitReader(&stoppableReader{ctx, os.Stdin}, maxHostBytes+1)); err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		if len(t.Stdin) > maxHostBytes {
			return nil, fmt.Errorf("standard input has more than %d bytes", maxHostBytes)
		}
	}
	if t.Events, err = hostProgramEvents(ctx, c, &cfg); err != nil {
		return nil, err
	}
	f, err := t.File()
	if err != nil {
		return nil, err
	}
	f.Processor = cfg.Processor
	return f, nil
}

// byInterpreter makes of a script its interpreter, with the arguments that the kernel gives it: the rest of the first line as one,
// the script, and its own.
func byInterpreter(cfg *linux.Config) {
	for range scriptChain {
		words := scriptWords(programPath(*cfg))
		if len(words) == 0 {
			return
		}
		args := slices.Clip(words[:1])
		if len(words) > 1 {
			args = append(args, strings.Join(words[1:], " "))
		}
		cfg.Args = append(append(args, cfg.Path), cfg.Args[1:]...)
		cfg.Path = words[0]
	}
}

// hostProgramEvents reads the definitions, with their symbols resolved.
func hostProgramEvents(ctx context.Context, c *cli.Command, cfg *linux.Config) ([]string, error) {
	defs, err := askedDefinitions(ctx, c)
	if err != nil {
		return nil, err
	}
	files := newProbedFiles(c, cfg)
	var lines []string
	for i := range defs {
		resolved, err := files.resolve(&defs[i])
		if err != nil {
			return nil, err
		}
		for _, line := range resolved {
			lines = append(lines, line.Text)
		}
	}
	return lines, nil
}

// hostProgramFiles reads the files that the program may open: the libraries that it is
// linked with, and what its arguments name, below directories too.
func hostProgramFiles(cfg linux.Config) (map[string][]byte, error) {
	files := map[string][]byte{}
	total, program := 0, programPath(cfg)
	var named []string
	for _, one := range programs(cfg) {
		named = append(append(named, linkedWith(programPath(one), cfg.Env)...), namedBy(one, nil)...)
		if filepath.Base(programPath(one)) == "env" {
			if found := foundByEnv(one.Args[1:], cfg.Env); found != "" {
				named = append(append(named, found), linkedWith(found, cfg.Env)...)
			}
		}
	}
	for _, name := range named {
		home, err := filepath.EvalSymlinks(name)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
			if _, read := files[p]; err != nil || p == program || read {
				return err
			}
			if to, err := filepath.EvalSymlinks(p); err != nil || to != home && !strings.HasPrefix(to, home+"/") {
				return nil // a link out of what was named leads nowhere
			}
			info, err := os.Stat(p)
			if err != nil || !info.Mode().IsRegular() {
				return nil // the program finds no such file
			}
			if total += int(info.Size()); total > maxHostBytes || len(files) == maxHostFiles {
				return fmt.Errorf("the files that the arguments name are more than a recording takes: %d files or %d bytes", maxHostFiles, maxHostBytes)
			}
			files[p], err = os.ReadFile(p)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
