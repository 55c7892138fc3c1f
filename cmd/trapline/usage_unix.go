//go:build unix

package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is what the process has used so far.
func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // of this process it is known
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
