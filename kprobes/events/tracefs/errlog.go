package tracefs

import (
	"fmt"
	"strings"

	"trapline/kprobes/events"
)

// MaxLog is the number of entries that error_log keeps: the newest.
const MaxLog = 8

// LogEntry is one entry of error_log.
type LogEntry struct {
	Time uint64 // nanoseconds
	Err  *events.Error
}

// logError keeps an error on which the kernel has something to say.
func (r *Registry) logError(e *events.Error) {
	if e.Problem == events.NoProblem {
		return
	}
	var now uint64
	if r.cfg.Now != nil {
		now = r.cfg.Now()
	}
	r.log = append(r.log, LogEntry{now, e})
	r.log = r.log[max(0, len(r.log)-MaxLog):]
}

// ErrorLog is what reading error_log gives.
func (r *Registry) ErrorLog() string {
	var b strings.Builder
	for _, e := range r.log {
		usec := e.Time / 1000
		fmt.Fprintf(&b, "[%5d.%06d] %s", usec/1_000_000, usec%1_000_000, e.Err.LogText())
	}
	return b.String()
}

// LogEntries lists the entries, oldest first.
func (r *Registry) LogEntries() []LogEntry { return append([]LogEntry(nil), r.log...) }

// ClearErrorLog is opening error_log with O_TRUNC.
func (r *Registry) ClearErrorLog() { r.log = nil }
