/*
 * Multiprobes (seed 004): several probes at one address, on the list of an
 * active probe whose common handlers call each one's own. A multiprobe's own
 * kprobe is never in the hash table, so that its links are those of the list.
 */
#define MAX_ACTIVE 256

struct active_probe {
	struct hlist_head head;
	struct kprobe comm_probe;
} __attribute__((aligned(16 * sizeof(long))));

#define active_probe_of(p) ((struct active_probe *)((char *)(p) - sizeof(struct hlist_head)))

/* The number of readers, or WRITER with the writing CPU's number plus one. */
volatile unsigned long multiprobe_lock;
#define WRITER 0x100UL

struct active_probe active_pool[MAX_ACTIVE];

void read_lock(volatile unsigned long *lock)
{
	unsigned long readers;

	current_thread_info()->preempt_count++;
	do {
		do {
			readers = *lock;	/* @read_wait */
		} while (readers >= WRITER);
	} while (!cmpxchg_took(lock, readers, readers + 1));	/* M4 @read_lock: multiprobe_lock is taken for reading, with kprobe_lock held */
}

void read_unlock(volatile unsigned long *lock)
{
	atomic_dec_long(lock);	/* M4 @read_unlock: a reader of multiprobe_lock leaves */
	current_thread_info()->preempt_count--;
}

void write_lock(volatile unsigned long *lock)
{
	unsigned long me = WRITER + smp_processor_id() + 1;

	current_thread_info()->preempt_count++;
	while (!cmpxchg_took(lock, 0, me))	/* M4 @write_lock: multiprobe_lock is taken for writing; kprobe_lock comes next: the other order from a hit's */
		;
}

void write_unlock(volatile unsigned long *lock)
{
	*lock = 0;	/* M4 @write_unlock: multiprobe_lock is free */
	current_thread_info()->preempt_count--;
}

int comm_pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	struct active_probe *ap = active_probe_of(p);
	struct hlist_node *node;

	read_lock(&multiprobe_lock);
	node = ap->head.first;
	while (node) {
		struct kprobe *mp = (struct kprobe *)node;
		int (*pre)(struct kprobe *, struct pt_regs *) = mp->pre_handler;

		if (pre)
			pre(mp, regs);	/* its answer is dropped (M6) */
		node = node->next;
	}
	read_unlock(&multiprobe_lock);
	return 0;
}

void comm_post_handler(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
	struct active_probe *ap = active_probe_of(p);
	struct hlist_node *node;

	read_lock(&multiprobe_lock);
	node = ap->head.first;
	while (node) {
		struct kprobe *mp = (struct kprobe *)node;
		void (*post)(struct kprobe *, struct pt_regs *, unsigned long) = mp->post_handler;

		if (post)
			post(mp, regs, flags);
		node = node->next;
	}
	read_unlock(&multiprobe_lock);
}

int comm_fault_handler(struct kprobe *p, struct pt_regs *regs, int trapnr)
{
	struct active_probe *ap = active_probe_of(p);
	struct hlist_node *node;

	read_lock(&multiprobe_lock);
	node = ap->head.first;
	while (node) {
		struct kprobe *mp = (struct kprobe *)node;
		int (*fault)(struct kprobe *, struct pt_regs *, int) = mp->fault_handler;

		if (fault)
			fault(mp, regs, trapnr);
		node = node->next;
	}
	read_unlock(&multiprobe_lock);	/* M3: the answer is "dealt with", whatever the handlers said */
	return 1;
}

/* A free active probe, or NULL. */
struct active_probe *alloc_active_probe(void)
{
	struct active_probe *ap;

	for (ap = active_pool; ap < active_pool + MAX_ACTIVE; ap++) {
		if (!ap->comm_probe.addr)
			return ap;
	}
	return NULL;
}

/* Is the kprobe an active probe's? */
int is_active_probe(struct kprobe *p)
{
	return p->pre_handler == comm_pre_handler;
}

int register_multiprobe(struct kprobe *mp)
{
	struct active_probe *ap;
	struct kprobe *common;
	volatile u8 *addr;
	unsigned long flags;
	int ret = 0;

	local_irq_disable();
	write_lock(&multiprobe_lock);
	local_irq_save(flags);
	spin_lock(&kprobe_lock);
	addr = mp->addr;
	common = get_kprobe(addr);
	if (!common) {
		ap = alloc_active_probe();	/* M1 @alloc_active_probe: the first one at its address: an active probe is made */
		spin_unlock(&kprobe_lock);
		local_irq_restore(flags);
		if (!ap) {
			ret = -ENOMEM;
			goto out;
		}
		ap->comm_probe.addr = addr;
		ap->comm_probe.pre_handler = comm_pre_handler;
		ap->comm_probe.post_handler = comm_post_handler;
		ap->comm_probe.fault_handler = comm_fault_handler;
		ap->head.first = NULL;
		ret = register_kprobe(&ap->comm_probe);
		if (ret) {
			ap->comm_probe.addr = NULL;
			goto out;
		}
	} else if (!is_active_probe(common)) {
		spin_unlock(&kprobe_lock);
		local_irq_restore(flags);
		ret = -EEXIST;	/* M2: a plain probe is at the address */
		goto out;
	} else {
		ap = active_probe_of(common);
		spin_unlock(&kprobe_lock);
		local_irq_restore(flags);
	}

	hlist_add_head(&mp->hlist, &ap->head);	/* M6 @link_multiprobe: the multiprobe is linked; the breakpoint has been armed since before */
out:
	write_unlock(&multiprobe_lock);
	local_irq_enable();	/* K18: interrupts are on now, whatever they were */
	return ret;
}

int unregister_multiprobe(struct kprobe *mp)
{
	struct active_probe *ap;
	struct kprobe *common;
	volatile u8 *addr;
	unsigned long flags;
	int ret = 0;

	local_irq_disable();
	write_lock(&multiprobe_lock);
	local_irq_save(flags);
	spin_lock(&kprobe_lock);
	addr = mp->addr;
	common = get_kprobe(addr);
	if (!common || !is_active_probe(common)) {
		spin_unlock(&kprobe_lock);
		local_irq_restore(flags);
		ret = -EEXIST;	/* M2: no active probe is at the address */
		goto out;
	}
	ap = active_probe_of(common);
	spin_unlock(&kprobe_lock);
	local_irq_restore(flags);
	hlist_del(&mp->hlist);	/* M2 @unlink_multiprobe: the multiprobe leaves the list; whether it is on it is not looked at */
	if (!ap->head.first) {
		unregister_kprobe(&ap->comm_probe);
		ap->comm_probe.addr = NULL;	/* M2 @free_active_probe: the last multiprobe is out: the active probe is freed */
	}
out:
	write_unlock(&multiprobe_lock);
	local_irq_enable();	/* K18: interrupts are on now, whatever they were */
	return ret;
}
