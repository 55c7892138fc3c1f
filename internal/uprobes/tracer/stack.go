package tracer

// uprobeContext is common_flags and common_preempt_count of a uprobe's record: 6.1 takes one from a preemption count
// that is not raised, and all bits are set.
var uprobeContext = [2]byte{0xff, 0xff}

// stackOf is the kernel's stack at a uprobe, innermost first, as a stacktrace trigger shows it: for an entry probe as
// recorded, a return probe's dispatcher is another.
func stackOf(isReturn bool) []string {
	dispatcher := "uprobe_dispatcher"
	if isReturn {
		dispatcher = "uretprobe_dispatcher"
	}
	return []string{"__uprobe_trace_func", dispatcher, "uprobe_notify_resume", "exit_to_user_mode_prepare", "irqentry_exit_to_user_mode", "asm_exc_int3"}
}
