//go:build !unix

package main

import "time"

var started = time.Now()

// processorTime is the time since the start: what the process has used is not
// asked for, so a command that a signal ends always has the longer while.
func processorTime() time.Duration { return time.Since(started) }
