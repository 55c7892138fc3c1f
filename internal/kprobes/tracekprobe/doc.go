// Package trace is kprobe events on a running machine: it joins the event
// files of package tracefs to a machine's probe engine. A definition becomes a
// probe of the engine; when it fires, its arguments are fetched from the
// machine and a record goes into the trace buffer (SEMANTICS E4-E8).
//
// Everything that changes is a Part of the machine, so that snapshots hold it.
package tracekprobe
