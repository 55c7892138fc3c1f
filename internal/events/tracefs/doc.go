// Package tracefs is the control plane of probe events: the files
// kprobe_events, uprobe_events and dynamic_events with their rules for
// appending and truncating, the enable files, error_log, the profiles, the
// list of kernel probes, and the text of the trace file (SEMANTICS E3-E6).
//
// A [Registry] holds the state and nothing outside it: it reads no clock and
// prints nothing. What happens when a probe is planted, enabled or taken out
// is done by the engines behind [Kprobes] and [Uprobes]. The model is Linux
// 6.1; [SameNameReplaces] is the one rule of 4.15 that can be chosen.
package tracefs
