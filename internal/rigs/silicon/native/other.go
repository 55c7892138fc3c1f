//go:build !(linux && amd64)

package native

import "trapline/internal/rigs/silicon"

// Processor cannot be had on this system.
type Processor struct{}

// Open returns ErrUnavailable.
func Open(silicon.Mode) (*Processor, error) { return nil, ErrUnavailable }

// Close does nothing.
func (*Processor) Close() {}

// Run returns ErrUnavailable.
func (*Processor) Run(*silicon.Program, int) ([]silicon.Step, error) { return nil, ErrUnavailable }

// RunTraps returns ErrUnavailable.
func (*Processor) RunTraps(*silicon.Program, int) ([]silicon.Trap, error) { return nil, ErrUnavailable }
