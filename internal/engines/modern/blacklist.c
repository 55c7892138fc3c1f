/*
 * Where no probe may lie: entry code, trap handlers, and what a hit runs (.entry.text,
 * .noinstr.text and NOKPROBE_SYMBOL() of 5.12, with what is inlined there), from one
 * function to another in the order of the text.
 */
extern char divide_error[];

struct kprobe_blacklist_entry {
	void *start_addr, *end_addr;
} kprobe_blacklist[] = {
	{divide_error, spin_lock},
	{preempt_check, do_timer_interrupt},
	{do_divide_error, pre_handler_action},
	{kprobe_bucket, mutex_lock},
	{next_probe, arch_arm_kprobe},
	{arch_prepare_kretprobe, init_instances},
	{kretprobe_bucket, unregister_kretprobe},
	{}
};

int within_kprobe_blacklist(volatile void *addr)
{
	struct kprobe_blacklist_entry *ent;

	for (ent = kprobe_blacklist; ent->end_addr; ent++) {
		if (addr >= ent->start_addr && addr < ent->end_addr)
			return 1;
	}
	return 0;
}
