package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"trapline/internal/linux/abi"
)

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i *interruption) Error() string { return "interrupted by " + abi.SignalName(int(i.signal)) }

// interruptedBy is the interruption that ended ctx, or nil.
func interruptedBy(ctx context.Context) *interruption {
	var in *interruption
	errors.As(context.Cause(ctx), &in)
	return in
}

// How long a command has to end by itself once a signal came: as long as it
// works, which a long trace takes to be written, and a little while when it only
// waits, as for a pipe that nobody reads.
const (
	giveUpAfter   = 15 * time.Second
	giveUpWaiting = 3 * time.Second
	working       = 20 * time.Millisecond // of processor time in that while
)

// untilSignal is a context that Ctrl-C, SIGTERM and SIGHUP cancel. A command
// that does not end by that is given up.
func untilSignal(stderr io.Writer) (context.Context, context.CancelCauseFunc) {
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup keeps a run going
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	signals, over := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, ending...)
	go func() {
		select {
		case s := <-signals:
			in := &interruption{s.(syscall.Signal)}
			cancel(in)
			giveUp(in, over, stderr)
		case <-over:
		}
	}()
	return ctx, func(cause error) {
		if cause == nil { // the command has ended
			signal.Stop(signals)
			close(over)
		}
		cancel(cause)
	}
}

// giveUp ends the process unless the command is over in time. Standard error
// may be what it hangs on.
func giveUp(in *interruption, over <-chan struct{}, stderr io.Writer) {
	for start, used := time.Now(), processorTime(); ; {
		select {
		case <-over:
			return
		case <-time.After(giveUpWaiting):
		}
		now := processorTime()
		if now-used < working || time.Since(start) > giveUpAfter {
			break
		}
		used = now
	}
	said := make(chan struct{})
	go func() {
		fmt.Fprintf(stderr, "trapline: %v: given up, since it did not end\n", in)
		close(said)
	}()
	select {
	case <-said:
	case <-time.After(giveUpWaiting / 10):
	}
	os.Exit(exitInterrupted)
}

// stoppableReader is standard input that a Ctrl-C gets a program out of. A
// read that was given up stays behind until the process ends.
type stoppableReader struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppableReader) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buf := make([]byte, len(p)) // not p, which the caller has back after a stop
	done := make(chan result, 1)
	go func() {
		n, err := s.r.Read(buf)
		done <- result{n, err}
	}()
	select {
	case r := <-done:
		copy(p, buf[:r.n])
		return r.n, r.err
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}
