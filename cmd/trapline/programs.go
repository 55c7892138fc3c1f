package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/linux"
)

// andWord stands between the programs of a run.
const andWord = "--and"

// whenFlag says when the next of several programs starts.
func whenFlag() cli.Flag {
	return &cli.StringFlag{Name: "and-when", Value: linux.WhenWaiting.String(), Usage: "start the program behind --and when `WHAT`: waits (every thread so far waits), listens (a socket listens) or now",
		Validator: func(s string) error {
			_, err := linux.ParseWhen(s)
			return err
		}}
}

// splitPrograms takes the arguments of several programs apart.
func splitPrograms(args []string) (first []string, more [][]string, err error) {
	for {
		i := slices.Index(args, andWord)
		one := args
		if i >= 0 {
			one = args[:i]
		}
		if len(one) == 0 {
			return nil, nil, fmt.Errorf("nothing beside %s: expected PROGRAM [ARGS…] %s PROGRAM [ARGS…]", andWord, andWord)
		}
		if first == nil {
			first = one
		} else {
			more = append(more, one)
		}
		if i < 0 {
			return first, more, nil
		}
		args = args[i+1:]
	}
}

// joinPrograms has cfg run more programs.
func joinPrograms(c *cli.Command, cfg *linux.Config, more [][]string) (err error) {
	for _, args := range more {
		p := linux.Program{Path: args[0], Args: args}
		if c.String("root") == "" {
			if p.Path, err = lookPath(args[0]); err != nil {
				return err
			}
		}
		cfg.More = append(cfg.More, p)
	}
	if s := c.String("and-when"); s != "" {
		cfg.When, err = linux.ParseWhen(s)
	}
	return err
}

// lookPath finds a program as a shell does.
func lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	p, err := exec.LookPath(name)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return "", err
	}
	return p, nil
}

// programs are the programs of a run, each as the only one of it.
func programs(cfg linux.Config) []linux.Config {
	list := []linux.Config{cfg}
	for _, p := range cfg.More {
		one := cfg
		one.Path, one.Args = p.Path, p.Args
		list = append(list, one)
	}
	return list
}

// absoluteIn is a path seen from a directory.
func absoluteIn(dir, p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(dir, p)
}
