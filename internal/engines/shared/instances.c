/*
 * Return probes (E7): a pre-handler of the kernel's own puts the trampoline's
 * address in place of the return address.
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
	volatile unsigned long refs;		/* see modern/kretprobe.c */
	unsigned long unused[2];
};

struct kretprobe {
	struct kprobe kp;
	unsigned long unused[11 - sizeof(struct kprobe) / sizeof(long)];
	int (*volatile handler)(struct kretprobe_instance *, struct pt_regs *);
	volatile unsigned long maxactive;
	volatile unsigned long nmissed;
	struct kretprobe_instance *volatile free;
	struct kretprobe_instance *volatile pool;	/* KRETPROBE_SETS times maxactive */
};

_Static_assert(sizeof(struct kretprobe) <= PLACE_SIZE, "a place of kprobe_pool");

/* Instances that are out, by task. */
struct kretprobe_instance *volatile kretprobe_inst_table[KPROBE_TABLE_SIZE] __attribute__((aligned(64)));

void kretprobe_trampoline(void);

/* Each kernel's own: an instance for a call, or NULL; the list that a task's are on. */
struct kretprobe_instance *get_free_instance(struct kretprobe *rp);
struct kretprobe_instance *volatile *kretprobe_bucket(struct thread_info *task);

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
		ri->refs = 1;
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
