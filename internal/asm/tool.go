package asm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tools are the programs found, as absolute paths.
type tools struct {
	as, ld, shell string
}

// findTools looks for the x86-64 cross binutils first, the only ones that do
// on another machine; on a PC both names are the same programs.
func findTools() (tools, error) {
	var t tools
	for _, want := range []struct {
		path  *string
		names []string
	}{
		{&t.as, []string{"x86_64-linux-gnu-as", "as"}},
		{&t.ld, []string{"x86_64-linux-gnu-ld", "ld"}},
		{&t.shell, []string{"sh"}},
	} {
		for _, name := range want.names {
			if path, err := exec.LookPath(name); err == nil {
				*want.path = path
				break
			}
		}
		if *want.path == "" {
			return tools{}, fmt.Errorf("%w (%s is not in PATH)", ErrNoAssembler, want.names[len(want.names)-1])
		}
	}
	return t, nil
}

// boundScript sets the limits and becomes the program. Sizes are in the units
// of POSIX sh: 512-byte blocks for -f, KiB for -v.
var boundScript = fmt.Sprintf(`ulimit -c 0 && ulimit -t %d && ulimit -f %d && ulimit -v %d && exec "$@"`,
	maxCPUSeconds, MaxObject/512, maxAddressSpace/1024)

// run executes one program in dir under the bounds. It returns the
// program's messages and whether it succeeded; err is for a program that could
// not run or hit a bound.
func (t tools) run(ctx context.Context, dir, program string, args ...string) (output string, ok bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	cmd := exec.CommandContext(bounded, t.shell, append([]string{"-c", boundScript, "sh", program}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "TMPDIR=" + dir}
	cmd.WaitDelay = time.Second
	messages := &cappedBuffer{limit: maxMessages}
	cmd.Stderr = messages // not the output: a source's .print goes there
	runErr := cmd.Run()
	output = messages.String()
	name := filepath.Base(program)
	switch {
	case runErr == nil:
		return output, true, nil
	case ctx.Err() != nil:
		return output, false, fmt.Errorf("%s: %w", name, context.Cause(ctx))
	case bounded.Err() != nil:
		return output, false, fmt.Errorf("%w: %s ran for %s", ErrLimit, name, MaxTime)
	}
	var exit *exec.ExitError
	if !errors.As(runErr, &exit) {
		return output, false, fmt.Errorf("%s: %w", name, runErr)
	}
	return output, false, boundHit(name, exit, output)
}

// boundHit tells which bound ended a program, nil if it ended by itself.
func boundHit(name string, exit *exec.ExitError, output string) error {
	if err := signalled(name, exit); err != nil {
		return err
	}
	for _, words := range []string{"out of memory", "memory exhausted"} {
		if strings.Contains(output, words) {
			return fmt.Errorf("%w: %s needs over %#x bytes of memory", ErrLimit, name, maxAddressSpace)
		}
	}
	return nil
}

// cappedBuffer keeps the first limit bytes written to it.
type cappedBuffer struct {
	bytes.Buffer
	limit int
}

func (b *cappedBuffer) Write(p []byte) (int, error) {
	keep := min(len(p), b.limit-b.Len())
	b.Buffer.Write(p[:keep])
	return len(p), nil
}
