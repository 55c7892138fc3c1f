// Package tracearray is what stands between an event that fires and the trace file: the ring buffer of pages, event
// filters, triggers, set_event_pid, trace options and clocks, and the files of tracefs that show and change them
// (struct trace_array; the model is Linux 6.1). Which events there are is a [tracefs.Registry]'s.
package tracearray
