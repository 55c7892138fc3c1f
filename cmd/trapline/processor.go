package main

import (
	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/scenario"
)

// processorFlag is --cpu.
func processorFlag() cli.Flag {
	return &cli.StringFlag{Name: "cpu", Value: emu.DefaultProcessor.String(), Usage: "step instructions on `PROCESSOR`: interp or unicorn"}
}

// levelFlag is --cpuid.
func levelFlag() cli.Flag {
	return &cli.StringFlag{Name: "cpuid", Value: emu.DefaultLevel.String(), Usage: "the processor has the extensions of `LEVEL` v1 (SSE2), v2 (SSE4.2), v3 (AVX2)"}
}

func cpuidLevelOf(c *cli.Command) (emu.Level, error) {
	l, err := emu.ParseLevel(c.String("cpuid"))
	if err != nil {
		return 0, usageError(c, err)
	}
	return l, nil
}

func processorOf(c *cli.Command) (emu.Processor, error) {
	p, err := emu.ParseProcessor(c.String("cpu"))
	if err != nil {
		return 0, usageError(c, err)
	}
	return p, nil
}

// loadFor is load for a command with --cpu, and perhaps --memory-model.
func loadFor(c *cli.Command, name string) (*scenario.File, error) {
	p, err := processorOf(c)
	if err != nil {
		return nil, err
	}
	f, err := load(name)
	if err != nil {
		return nil, err
	}
	f.Processor = p
	return f, underModel(c, f)
}
