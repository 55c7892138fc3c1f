/*
 * Return probes of 2.6.13: a probe of the kernel's own on the trampoline gets the
 * function when it returns.
 */

/* The probe on the trampoline. */
struct kprobe_place trampoline_p;

struct kretprobe_instance *volatile *kretprobe_bucket(struct thread_info *task)
{
	struct hlist_head *same = kprobe_bucket(task);

	return &kretprobe_inst_table[same - kprobe_table];
}

/* The first instance of the task's from ri on, or NULL. */
struct kretprobe_instance *instance_of(struct thread_info *task, struct kretprobe_instance *ri)
{
	while (ri) {
		if (ri->task == task)
			return ri;
		ri = ri->next;
	}
	return NULL;
}

/* An instance for a call, or NULL: that many are out. */
struct kretprobe_instance *get_free_instance(struct kretprobe *rp)
{
	struct kretprobe_instance *ri = rp->free;
	struct kretprobe_instance *next;
	unsigned long missed;

	if (!ri) {
		missed = rp->nmissed;
		rp->nmissed = missed + 1;	/* E7 @kretprobe_missed: every instance is out: this call returns unseen */
		return NULL;
	}
	next = ri->next;
	rp->free = next;	/* E7: an instance is taken for this call */
	return ri;
}

/* Takes the instance out of its list and gives it back. */
unsigned long recycle_instance(struct kretprobe_instance *ri)
{
	struct kretprobe_instance *volatile *link = kretprobe_bucket(ri->task);
	struct kretprobe_instance *next = ri->next;
	struct kretprobe *rp = ri->rp;
	struct kretprobe_instance *at;

	for (at = *link; at != ri; at = *link)
		link = &at->next;
	*link = next;
	ri->task = NULL;	/* E7 @recycle_instance: the call has returned: its instance is free again */
	if (rp) {
		at = rp->free;
		ri->next = at;
		rp->free = ri;
	}
	return ri->ret_addr;
}

/* The newest call of this task that is under way. */
struct kretprobe_instance *newest_instance(void)
{
	struct thread_info *task = current_thread_info();
	struct kretprobe_instance *volatile *bucket = kretprobe_bucket(task);
	struct kretprobe_instance *first = *bucket;

	return instance_of(task, first);
}

/*
 * The pre_handler of the probe on kretprobe_trampoline: the handlers of all
 * probes on the function that returns run, newest first, up to the instance
 * that kept the true return address. Nothing is left to step then.
 */
int trampoline_probe_handler(struct kprobe *p, struct pt_regs *regs)
{
	int (*handler)(struct kretprobe_instance *, struct pt_regs *);
	struct kretprobe_instance *ri;
	struct kretprobe *rp;
	unsigned long ret;

	do {
		ri = newest_instance();	/* E7 @next_instance: the task's newest instance is the call that returns now */
		if (!ri)
			BUG();
		rp = ri->rp;
		if (rp) {
			handler = rp->handler;
			if (handler)
				handler(ri, regs);
		}
		ret = recycle_instance(ri);
	} while (ret == (unsigned long)kretprobe_trampoline);

	regs->eip = ret;	/* E7: the way back is the true one */
	unlock_kprobes();
	preempt_enable_no_resched();
	return 1;
}

void unregister_kretprobe(struct kretprobe *rp)
{
	unregister_kprobe(&rp->kp);
	orphan_instances(rp);	/* E7 @orphan_instances: calls that are under way will return through the trampoline, to no handler */
}
