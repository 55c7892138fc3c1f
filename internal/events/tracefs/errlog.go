package tracefs

import (
	"fmt"
	"strings"

	"trapline/internal/events"
)

// MaxLog is the number of entries that error_log keeps: the newest.
const MaxLog = 8

// LogEntry is one entry of error_log.
type LogEntry struct {
	Time uint64        // nanoseconds
	Err  *events.Error // nil for what is no definition
	text string
}

// Text is the entry without its time stamp.
func (e LogEntry) Text() string {
	if e.Err != nil {
		return e.Err.LogText()
	}
	return e.text
}

// logError keeps an error on which the kernel has something to say.
func (r *Registry) logError(e *events.Error) {
	if e.Problem == events.NoProblem {
		return
	}
	r.appendLog(LogEntry{Err: e})
}

// LogRefusal keeps the text of something else than a definition that was
// refused, such as an event filter.
func (r *Registry) LogRefusal(text string) { r.appendLog(LogEntry{text: text}) }

func (r *Registry) appendLog(e LogEntry) {
	var now uint64
	if r.cfg.Now != nil {
		now = r.cfg.Now()
	}
	e.Time = now
	r.log = append(r.log, e)
	r.log = r.log[max(0, len(r.log)-MaxLog):]
}

// ErrorLog is what reading error_log gives.
func (r *Registry) ErrorLog() string {
	var b strings.Builder
	for _, e := range r.log {
		usec := e.Time / 1000
		fmt.Fprintf(&b, "[%5d.%06d] %s", usec/1_000_000, usec%1_000_000, e.Text())
	}
	return b.String()
}

// LogEntries lists the entries, oldest first.
func (r *Registry) LogEntries() []LogEntry { return append([]LogEntry(nil), r.log...) }

// ClearErrorLog is opening error_log with O_TRUNC.
func (r *Registry) ClearErrorLog() { r.log = nil }
