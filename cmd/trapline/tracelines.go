package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"trapline/internal/uprobes/source"
)

// linesBehind is how many lines of source are shown behind the last one with code.
const linesBehind = 2

// listLines prints a function's source with the numbers of the lines that can be probed, counted from its declaration, as
// perf probe does. PATH:FUNCTION is a function of another file than the program.
func listLines(w io.Writer, files *probedFiles, program, what string) error {
	path, name := program, what
	if i := strings.LastIndex(what, ":"); i > 0 && what[i-1] != ':' {
		path, name = files.Absolute(what[:i]), what[i+1:]
	}
	file, p, err := files.source(path)
	if err != nil {
		return err
	}
	f, err := file.Function(p, name)
	switch {
	case err != nil:
		return err
	case f == nil:
		return fmt.Errorf("%s: its debug information has no function %q", path, name)
	}
	return printLines(w, f)
}

func printLines(w io.Writer, f *source.Function) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<%s@%s:0>\n", f.Name, f.File)
	can := f.Lines()
	text := sourceLines(f.File)
	for n := 0; n <= can[len(can)-1]+linesBehind; n++ {
		line, known := "", f.Line+n-1 < len(text)
		if known {
			line = text[f.Line+n-1]
		}
		switch {
		case slices.Contains(can, n):
			fmt.Fprintf(b, "%7d  %s\n", n, line)
		case known:
			fmt.Fprintf(b, "         %s\n", line)
		}
	}
	if text == nil {
		fmt.Fprintf(b, "(%s cannot be read: the numbers are from the debug information)\n", filepath.Base(f.File))
	}
	return b.Flush()
}

// sourceLines are a source file's lines, nil if it cannot be read.
func sourceLines(path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}
