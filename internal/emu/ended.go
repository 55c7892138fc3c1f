package emu

import (
	"context"
	"errors"
)

// Errors of a run that its context ended.
var (
	// ErrTime: the context's deadline passed.
	ErrTime = errors.New("the time bound is reached")
	// ErrStopped: the context was cancelled.
	ErrStopped = errors.New("stopped")
)

// Ended tells why a context ends a run: ErrTime, ErrStopped, or nil while it
// goes on.
func Ended(ctx context.Context) error {
	breathe()
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return ErrTime
	}
	return ErrStopped
}
