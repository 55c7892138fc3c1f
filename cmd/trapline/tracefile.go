package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// traceFile is where a trace goes: a regular file appears whole or not at all, anything else, such as a pipe, is
// written straight.
type traceFile struct {
	*bufio.Writer
	name string   // "" for standard error
	file *os.File // the file itself, or a temporary one beside it
	temp bool
}

// createTrace opens the trace file before the run, so that a place where there can be none is known at once.
func createTrace(name string, stderr io.Writer) (*traceFile, error) {
	if name == "" {
		return &traceFile{Writer: bufio.NewWriter(stderr)}, nil
	}
	st, err := os.Stat(name)
	if err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, outputError(name, err)
		}
		return &traceFile{Writer: bufio.NewWriter(f), name: name, file: f}, nil
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".trapline-*")
	if err != nil {
		return nil, outputError(name, err)
	}
	return &traceFile{Writer: bufio.NewWriter(f), name: name, file: f, temp: true}, nil
}

// outputError is err without the name of a temporary file.
func outputError(name string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("-o %s: %w", name, err)
}

// discard takes the file away again, when there is no run.
func (t *traceFile) discard() {
	if t.file == nil {
		return
	}
	_ = t.file.Close()
	if t.temp {
		_ = os.Remove(t.file.Name())
	}
}

// finish makes the trace appear, or says why it cannot.
func (t *traceFile) finish() error {
	err := t.Flush()
	if t.file == nil {
		return err
	}
	if t.temp && err == nil {
		err = t.file.Chmod(0o644)
	}
	err = errors.Join(err, t.file.Close())
	if t.temp && err == nil {
		err = os.Rename(t.file.Name(), t.name)
	}
	if err != nil && t.temp {
		_ = os.Remove(t.file.Name())
		return fmt.Errorf("write the trace: %w; %s is as it was", outputError(t.name, err), t.name)
	}
	if err != nil {
		return fmt.Errorf("write the trace: %w", err)
	}
	return nil
}
