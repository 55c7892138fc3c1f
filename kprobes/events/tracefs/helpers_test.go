package tracefs_test

import (
	"errors"

	"trapline/kprobes/events"
)

// errnoOf gives the number behind an error of this package.
func errnoOf(err error) events.Errno {
	var errno events.Errno
	errors.As(err, &errno)
	return errno
}
