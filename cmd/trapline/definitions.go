package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"trapline/internal/events/tracefs"
	"trapline/internal/scenario"
)

// maxDefinitions bounds a file of event definitions, in bytes.
const maxDefinitions = 64 << 20

// eachDefinition gives see the lines of a file of event definitions, "-" being
// standard input, with their numbers from 1. Blank lines and comments are
// passed over.
func eachDefinition(ctx context.Context, name string, see func(n int, line string)) error {
	in := io.Reader(&stoppableReader{ctx, os.Stdin})
	if name != "-" {
		f, err := scenario.OpenInput(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	bounded := &io.LimitedReader{R: in, N: maxDefinitions}
	b := bufio.NewReaderSize(bounded, 2*tracefs.MaxWrite)
	for n := 1; ; n++ {
		line, err := readLine(b)
		switch {
		case bounded.N == 0:
			return fmt.Errorf("%s: expected at most %d bytes of definitions", name, maxDefinitions)
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("read %s: %w", name, err)
		}
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			see(n, line)
		}
		if err != nil {
			return nil
		}
	}
}

// readLine reads a line of any length and keeps what is enough of it for the
// kernel to call it too long.
func readLine(b *bufio.Reader) (string, error) {
	var kept []byte
	for {
		part, err := b.ReadSlice('\n')
		if room := 2*tracefs.MaxWrite - len(kept); room > 0 {
			kept = append(kept, part[:min(len(part), room)]...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return strings.TrimSuffix(string(kept), "\n"), err
		}
	}
}
