/*
 * Return probes (E7): a pre-handler of the kernel's own puts the trampoline's
 * address in place of the return address; a probe of the kernel's own on the
 * trampoline gets the function when it returns.
 */
#define KRETPROBE_SETS 4	/* registrations whose instances may be out at once */

struct kretprobe;

/* A call that is under way. */
struct kretprobe_instance {
	struct kretprobe_instance *volatile next;
	struct kretprobe *volatile rp;		/* NULL: unregistered meanwhile */
	volatile unsigned long ret_addr;
	struct thread_info *volatile task;	/* NULL: the instance is free */
	volatile unsigned long *volatile fp;
	unsigned long unused[3];
};

struct kretprobe {
	struct kprobe kp;
	unsigned long unused[2];
	int (*volatile handler)(struct kretprobe_instance *, struct pt_regs *);
	volatile unsigned long maxactive;
	volatile unsigned long nmissed;
	struct kretprobe_instance *volatile free;
	struct kretprobe_instance *volatile pool;	/* KRETPROBE_SETS times maxactive */
};

_Static_assert(sizeof(struct kretprobe) <= PLACE_SIZE, "a place of kprobe_pool");

/* Instances that are out, by task. */
struct kretprobe_instance *volatile kretprobe_inst_table[KPROBE_TABLE_SIZE] __attribute__((aligned(64)));

/* The probe on the trampoline. */
struct kprobe_place trampoline_p;

void kretprobe_trampoline(void);

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

void arch_prepare_kretprobe(struct kretprobe_instance *ri, struct kretprobe *rp, struct pt_regs *regs)
{
	struct thread_info *task = current_thread_info();
	struct kretprobe_instance *volatile *bucket = kretprobe_bucket(task);
	volatile unsigned long *top = top_of_stack(regs);
	struct kretprobe_instance *first;
	unsigned long ret = *top;

	ri->rp = rp;
	ri->ret_addr = ret;	/* E7 @prepare_return: the return address on the stack is kept in the instance */
	ri->task = task;
	ri->fp = top;
	*top = (unsigned long)kretprobe_trampoline;	/* E7: and replaced: the function will return to the trampoline */
	first = *bucket;
	ri->next = first;
	*bucket = ri;
}

/* The pre_handler of every return probe: the function has just been entered. */
int pre_handler_kretprobe(struct kprobe *p, struct pt_regs *regs)
{
	struct kretprobe *rp = (struct kretprobe *)p;
	struct kretprobe_instance *ri;

	ri = get_free_instance(rp);	/* @get_free_instance */
	if (ri)
		arch_prepare_kretprobe(ri, rp, regs);
	return 0;
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

/* As many instances as may be out, beside those of an earlier registration that still are. */
void init_instances(struct kretprobe *rp)
{
	struct kretprobe_instance *ri = rp->pool;
	unsigned long wanted = rp->maxactive;
	struct kretprobe_instance *end = ri + KRETPROBE_SETS * wanted;
	struct kretprobe_instance *volatile *link = &rp->free;

	*link = NULL;
	for (; ri < end && wanted; ri++) {
		if (ri->task)
			continue;
		ri->next = NULL;
		*link = ri;
		link = &ri->next;
		wanted--;
	}
	rp->nmissed = 0;
}

int register_kretprobe(struct kretprobe *rp)
{
	init_instances(rp);	/* E7 @init_instances: instances are made: so many calls can be under way at once */
	return register_kprobe(&rp->kp);
}

/* Calls that are under way still return through the trampoline, to no handler. */
void orphan_instances(struct kretprobe *rp)
{
	struct kretprobe_instance *ri = rp->pool;
	struct kretprobe_instance *end = ri + KRETPROBE_SETS * rp->maxactive;

	for (; ri < end; ri++) {
		if (!ri->task)
			continue;
		if (ri->rp == rp)
			ri->rp = NULL;
	}
	rp->free = NULL;
}

void unregister_kretprobe(struct kretprobe *rp)
{
	unregister_kprobe(&rp->kp);
	orphan_instances(rp);	/* E7 @orphan_instances: calls that are under way will return through the trampoline, to no handler */
}
