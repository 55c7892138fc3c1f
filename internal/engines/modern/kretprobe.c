/*
 * Return probes of 5.12: a task's instances are on a list of its own, and free
 * ones on a list that no lock guards: an instance is put back by whoever was the
 * last to look at it. Handlers see the true return address, as in 6.1.
 */
#define REFS_ON_FREELIST 0x80000000UL	/* of kretprobe_instance.refs: to be put back; else who looks at it */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18

/* Current while no other probe is to be hit. */
struct kprobe_place kprobe_busy;

struct kretprobe_instance *volatile *kretprobe_bucket(struct thread_info *task)
{
	return &kretprobe_inst_table[task->cpu];
}

void __freelist_add(struct kretprobe_instance *ri, struct kretprobe *rp)
{
	struct kretprobe_instance *head;

	do {
		head = rp->free;
		ri->next = head;
		ri->refs = 1;
		if (cmpxchg_took(&rp->free, head, ri))
			return;
	} while (fetch_add(&ri->refs, REFS_ON_FREELIST - 1) == 1);
}

void freelist_add(struct kretprobe_instance *ri, struct kretprobe *rp)
{
	if (!fetch_add(&ri->refs, REFS_ON_FREELIST))
		__freelist_add(ri, rp);
}

/* An instance for a call, or NULL: that many are out. */
struct kretprobe_instance *get_free_instance(struct kretprobe *rp)
{
	struct kretprobe_instance *ri, *next;
	unsigned long refs;

	for (ri = rp->free; ri; ri = rp->free) {
		refs = ri->refs;
		if (!(refs & ~REFS_ON_FREELIST))
			continue;
		if (!cmpxchg_took(&ri->refs, refs, refs + 1))
			continue;
		next = ri->next;
		if (cmpxchg_took(&rp->free, ri, next)) {	/* E7: an instance is taken for this call */
			fetch_add(&ri->refs, -2UL);
			return ri;
		}
		if (fetch_add(&ri->refs, -1UL) == REFS_ON_FREELIST + 1)
			__freelist_add(ri, rp);
	}
	refs = rp->nmissed;
	rp->nmissed = refs + 1;	/* E7 @kretprobe_missed: every instance is out: this call returns unseen */
	return NULL;
}

void recycle_rp_inst(struct kretprobe_instance *ri)
{
	struct kretprobe *rp = ri->rp;

	ri->task = NULL;	/* E7 @recycle_instance: the call has returned: its instance is free again */
	if (rp)
		freelist_add(ri, rp);
}

/*
 * The handlers of all probes on the function that returns run, newest first, up
 * to the instance that kept the true return address, which is the answer.
 */
unsigned long __kretprobe_trampoline_handler(struct pt_regs *regs, struct kprobe_ctlblk *kcb)
{
	struct kretprobe_instance *volatile *bucket = kretprobe_bucket(current_thread_info());
	int (*handler)(struct kretprobe_instance *, struct pt_regs *);
	struct kretprobe_instance *first = *bucket;
	struct kretprobe_instance *ri = first;
	struct kretprobe_instance *next;
	struct kretprobe *rp;
	unsigned long ret;

	do {
		if (!ri)
			BUG();
		ret = ri->ret_addr;	/* E7 @next_instance: the task's newest instances are of the call that returns now, up to a true address */
		next = ri->next;
		if (ret != (unsigned long)kretprobe_trampoline)
			ri->next = NULL;
		ri = next;
	} while (ret == (unsigned long)kretprobe_trampoline);
	*bucket = next;
	regs->eip = ret;	/* E7 @find_return_address: handlers see the registers as they are behind the return */

	for (ri = first; ri; ri = next) {
		next = ri->next;
		rp = ri->rp;
		handler = NULL;
		if (rp)
			handler = rp->handler;
		if (handler) {
			kcb->current_kprobe = &rp->kp;	/* E7 @begin_return_handler: this CPU runs a probe while the handler runs: a hit inside it is only counted */
			ri->ret_addr = ret;
			handler(ri, regs);
			kcb->current_kprobe = &kprobe_busy.kp;
		}
		recycle_rp_inst(ri);
	}
	return ret;
}

/* What the trampoline calls with the registers that it has saved. */
unsigned long trampoline_handler(struct pt_regs *regs)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	unsigned long ret;

#ifdef __x86_64__
	regs->esp += 16;	/* behind what the trampoline has pushed before it */
	regs->cs = KERNEL_CS;
	regs->ss = KERNEL_DS;
#endif
	regs->orig_eax = -1UL;
	current_thread_info()->preempt_count++;
	kcb->current_kprobe = &kprobe_busy.kp;
	kcb->kprobe_status = KPROBE_HIT_ACTIVE;
	ret = __kretprobe_trampoline_handler(regs, kcb);
	kcb->current_kprobe = NULL;	/* E7 @end_return_handler: this CPU runs no probe any more */
	current_thread_info()->preempt_count--;
	preempt_check(regs);
	return ret;
}

void unregister_kretprobe(struct kretprobe *rp)
{
	int ret;

	mutex_lock(&kprobe_mutex);
	ret = __unregister_kprobe_top(&rp->kp);
	orphan_instances(rp);	/* E7 @orphan_instances: calls that are under way will return through the trampoline, to no handler */
	mutex_unlock(&kprobe_mutex);
	synchronize_rcu();
	if (!ret)
		__unregister_kprobe_bottom(&rp->kp);
}
