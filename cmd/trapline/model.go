package main

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/format"
	"trapline/internal/litmus"
	"trapline/internal/scenario"
)

// modelFlag is --memory-model.
func modelFlag() cli.Flag {
	return &cli.StringFlag{Name: "memory-model", Usage: "how stores reach the other vCPUs, instead of the file's `MODEL`: sc, tso, or tso:N for store buffers of N"}
}

func splitFlag() cli.Flag {
	return &cli.BoolFlag{Name: "split-rmw", Usage: "make two accesses of an instruction without LOCK that reads and writes memory"}
}

// storesOf is how many stores a vCPU's buffer holds under --memory-model. False:
// the flag is not given.
func storesOf(c *cli.Command) (stores int, given bool, err error) {
	text := c.String("memory-model")
	model, count, counted := strings.Cut(text, ":")
	n, bad := strconv.Atoi(count)
	switch {
	case text == "":
		return 0, false, nil
	case text == "sc":
		return 0, true, nil
	case text == "tso":
		return format.DefaultStores, true, nil
	case model == "tso" && counted && bad == nil && n >= 1 && n <= format.MaxStores:
		return n, true, nil
	}
	return 0, false, usagef(c, "memory model %q; expected sc, tso, or tso:N with N from 1 to %d", text, format.MaxStores)
}

// underModel gives a file the memory model of --memory-model and --split-rmw.
func underModel(c *cli.Command, f *scenario.File) error {
	n, given, err := storesOf(c)
	if err != nil {
		return err
	}
	if given {
		f.Machine.StoreBuffer = n
	}
	f.Machine.SplitRMW = f.Machine.SplitRMW || c.Bool("split-rmw")
	return nil
}

// modelWords is what repeats a command's memory model.
func modelWords(c *cli.Command) string {
	words := ""
	if text := c.String("memory-model"); text != "" {
		words = " --memory-model " + text
	}
	if c.Bool("split-rmw") {
		words += " --split-rmw"
	}
	return words
}

// litmusExt is the ending of a litmus test's file.
const litmusExt = ".litmus"

func isLitmus(name string) bool { return filepath.Ext(name) == litmusExt }

// readLitmus reads a litmus test from its file.
func readLitmus(name string) (*litmus.Test, error) {
	data, err := scenario.ReadText(name, litmus.MaxBytes)
	if err != nil {
		return nil, err
	}
	return litmus.Parse(name, data)
}

// loadLitmus is a litmus test as a scenario.
func loadLitmus(name string) (*scenario.File, error) {
	t, err := readLitmus(name)
	if err != nil {
		return nil, err
	}
	return t.File(name)
}
