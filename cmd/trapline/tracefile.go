package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"trapline/internal/atomicfile"
)

// traceFile collects a trace and writes it when the run is over, to a file or
// to standard error.
type traceFile struct {
	bytes.Buffer
	name   string
	target *atomicfile.Target // nil: standard error
	stderr io.Writer
}

// createTrace finds out before the run whether the trace can be written. No
// file is given: it goes to standard error.
func createTrace(name string, given bool, stderr io.Writer) (*traceFile, error) {
	t := &traceFile{name: name, stderr: stderr}
	if !given {
		return t, nil
	}
	var err error
	if t.target, err = atomicfile.Open(name); err != nil {
		return nil, fmt.Errorf("-o %s: %w", name, err)
	}
	return t, nil
}

// discard is for a run that does not take place.
func (t *traceFile) discard() {
	if t.target != nil {
		_ = t.target.Close()
	}
}

// finish makes the trace appear, or says why it cannot.
func (t *traceFile) finish(ctx context.Context) error {
	if t.target == nil {
		_, err := t.stderr.Write(t.Bytes())
		return err
	}
	err := t.target.Write(ctx, t.Bytes())
	if cerr := t.target.Close(); err == nil {
		err = cerr
	}
	switch {
	case err == nil:
		return nil
	case t.target.Regular():
		return fmt.Errorf("write the trace: -o %s: %w; %s is as it was", t.name, err, t.name)
	}
	return fmt.Errorf("write the trace: -o %s: %w", t.name, err)
}
