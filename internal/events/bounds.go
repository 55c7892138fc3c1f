package events

// Bounds of Linux 6.1. All lengths are in bytes.
const (
	MaxArgs       = 128  // fetch arguments of one probe; further ones are dropped silently
	MaxArgText    = 63   // a fetch argument without its NAME=
	MaxArgName    = 32   // NAME
	MaxArrayLen   = 64   // N of TYPE[N]
	MaxName       = 63   // a group or event name
	MaxMaxActive  = 4096 // MAXACTIVE of a kretprobe (SEMANTICS E7)
	MaxEventSize  = 3072 // the fixed part of an event's arguments
	MaxStackEntry = 2048 // N of $stackN and $argN in kernel probes: THREAD_SIZE in words
	MaxString     = 4096 // a fetched string with its terminating NUL (PATH_MAX)

	// maxOps is the number of fetch operations a kernel argument program has
	// room for, its end mark included; deep dereferences run out of it.
	maxOps = 16
)
