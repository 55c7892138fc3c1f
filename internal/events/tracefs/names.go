package tracefs

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// ErrNotModelled is the class of errors of files that a kernel has and this
// one does not.
var ErrNotModelled = errors.New("a kernel has this file; it is not modelled")

// mounts are where tracefs is mounted, the longer names first, and with kprobes/
// what lies beside it in debugfs.
var mounts = []string{"/sys/kernel/debug/tracing/", "/sys/kernel/tracing/", "/sys/kernel/debug/"}

// Name is what a file is called below its mount point. A relative name is
// taken to be from there.
func Name(file string) string {
	file = path.Clean(file)
	for _, m := range mounts {
		if rest, ok := strings.CutPrefix(file, m); ok {
			return rest
		}
	}
	return file
}

// others are the files of tracefs of 6.1 that only some of the users of this
// package model; with "/" at its end, a directory.
var others = []string{"README", "available_events", "available_filter_functions", "available_tracers", "buffer_percent", "buffer_size_kb",
	"buffer_total_size_kb", "current_tracer", "dyn_ftrace_total_info", "dynamic_events", "enabled_functions", "error_log", "eval_map",
	"free_buffer", "function_profile_enabled", "instances/", "kprobe_events", "kprobe_profile", "kprobes/", "max_graph_depth", "options/",
	"per_cpu/", "printk_formats", "saved_cmdlines", "saved_cmdlines_size", "saved_tgids", "set_event", "set_event_notrace_pid",
	"set_event_pid", "set_ftrace_filter", "set_ftrace_notrace", "set_ftrace_notrace_pid", "set_ftrace_pid", "set_graph_function",
	"set_graph_notrace", "snapshot", "stack_max_size", "stack_trace", "stack_trace_filter", "synthetic_events", "timestamp_mode", "trace",
	"trace_clock", "trace_marker", "trace_marker_raw", "trace_options", "trace_pipe", "trace_stat/", "tracing_cpumask", "tracing_max_latency",
	"tracing_on", "tracing_thresh", "uprobe_events", "uprobe_profile", "events/enable", "events/header_page", "events/header_event"}

// NotModelled is the error for a file that nobody reads or writes: it tells one
// that a kernel has (ErrNotModelled) from a name that is none, which is ENOENT
// or what else err is.
func NotModelled(name string, err error) error {
	dir, _, below := strings.Cut(name, "/")
	if slices.Contains(others, name) || below && slices.Contains(others, dir+"/") {
		return fmt.Errorf("%s: %w", name, ErrNotModelled)
	}
	return err
}
