package main

import (
	"github.com/urfave/cli/v3"

	"trapline/emu"
	"trapline/scenarios"
)

// processorFlag is --cpu.
func processorFlag() cli.Flag {
	return &cli.StringFlag{Name: "cpu", Value: emu.DefaultProcessor.String(), Usage: "step instructions on `PROCESSOR`: interp or unicorn"}
}

func processorOf(c *cli.Command) (emu.Processor, error) {
	p, err := emu.ParseProcessor(c.String("cpu"))
	if err != nil {
		return 0, usageError(c, err)
	}
	return p, nil
}

// loadFor is load for a command with --cpu.
func loadFor(c *cli.Command, name string) (*scenarios.File, error) {
	p, err := processorOf(c)
	if err != nil {
		return nil, err
	}
	f, err := load(name)
	if err != nil {
		return nil, err
	}
	f.Processor = p
	return f, nil
}
