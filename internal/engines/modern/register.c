/*
 * Registering under kprobe_mutex, which no hit takes, and probes that share an
 * address: an aggregated probe stands for them in the hash table and calls each
 * one's handlers, newest first (M5).
 */
#define MAX_AGGR 256

struct kprobe_place aggr_pool[MAX_AGGR];

/* By CPU: who waits for it to run a function, a bit each. */
volatile unsigned long call_single_queue[MAX_CPUS];

void mutex_lock(volatile unsigned long *lock)
{
	unsigned long me = smp_processor_id() + 1;

	while (!cmpxchg_took(lock, 0, me))	/* O4 @mutex_lock: kprobe_mutex is taken if it is free, else this task sleeps; hits go on without it */
		;
}

void mutex_unlock(volatile unsigned long *lock)
{
	*lock = 0;	/* O4 @mutex_unlock: kprobe_mutex is released */
}

/* Every other CPU takes an interrupt, whose return serialises, before this returns. */
void text_poke_sync(void)
{
	hypercall(smp_call_function_many, 0, call_single_queue, NULL);
	hypercall(csd_lock_wait, 0, call_single_queue, NULL);
}

void do_call_function_interrupt(void)
{
	unsigned long cpu = smp_processor_id();

	call_single_queue[cpu] = 0;	/* G0 @do_sync_core: the return from this interrupt serialises: nobody need wait for this CPU any more */
}

/* Every CPU has been quiescent when it returns. */
void synchronize_rcu(void)
{
	hypercall(synchronize_rcu, -1UL, 0, NULL);
}

void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

void list_add_rcu(struct list_head *new, struct list_head *head)
{
	struct list_head *next = head->next;

	new->next = next;
	new->prev = head;
	head->next = new;
	next->prev = new;
}

/* Readers that are at it still find their way on. */
void list_del_rcu(struct list_head *entry)
{
	struct list_head *next = entry->next;
	struct list_head *prev = entry->prev;

	next->prev = prev;
	prev->next = next;
	entry->prev = LIST_POISON2;
}

int list_is_singular(struct list_head *head)
{
	struct list_head *next = head->next;

	return next != head && next == head->prev;
}

void hlist_del_rcu(struct hlist_node *n)
{
	struct hlist_node *next = n->next;
	struct hlist_node *volatile *pprev = n->pprev;

	*pprev = next;
	if (next)
		next->pprev = pprev;
	n->pprev = LIST_POISON2;
}

void hlist_replace_rcu(struct hlist_node *old, struct hlist_node *new)
{
	struct hlist_node *next = old->next;
	struct hlist_node *volatile *pprev = old->pprev;

	new->next = next;
	new->pprev = pprev;
	*pprev = new;
	if (next)
		next->pprev = &new->next;
	old->pprev = LIST_POISON2;
}

#define list_entry(at) ((struct kprobe *)((char *)(at) - __builtin_offsetof(struct kprobe, list)))

struct kprobe *next_probe(struct kprobe *p)
{
	return list_entry(p->list.next);
}

/* The probes of an aggregated one. */
#define for_each_probe(kp, ap) \
	for (kp = next_probe(ap); kp != (ap); kp = next_probe(kp))

void set_kprobe_instance(struct kprobe *kp)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();

	kcb->kprobe_instance = kp;	/* M5 @set_kprobe_instance: a fault in this handler will go to this probe's fault_handler only */
}

void reset_kprobe_instance(void)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();

	kcb->kprobe_instance = NULL;	/* M5 @reset_kprobe_instance: no handler of the aggregated probe runs */
}

int aggr_pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	int (*pre)(struct kprobe *, struct pt_regs *);
	struct kprobe *kp;

	for_each_probe(kp, p) {
		pre = kp->pre_handler;
		if (pre && !kprobe_disabled(kp)) {
			set_kprobe_instance(kp);
			if (pre(kp, regs))
				return 1;
		}
		reset_kprobe_instance();
	}
	return 0;
}

void aggr_post_handler(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
	void (*post)(struct kprobe *, struct pt_regs *, unsigned long);
	struct kprobe *kp;

	for_each_probe(kp, p) {
		post = kp->post_handler;
		if (post && !kprobe_disabled(kp)) {
			set_kprobe_instance(kp);
			post(kp, regs, flags);
			reset_kprobe_instance();
		}
	}
}

int aggr_fault_handler(struct kprobe *p, struct pt_regs *regs, int trapnr)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	int (*fault)(struct kprobe *, struct pt_regs *, int);
	struct kprobe *kp;

	kp = kcb->kprobe_instance;	/* M5 @load_kprobe_instance: whose handler was running? */
	if (!kp)
		return 0;
	fault = kp->fault_handler;
	return fault && fault(kp, regs, trapnr);
}

int kprobe_aggrprobe(struct kprobe *p)
{
	return p->pre_handler == aggr_pre_handler;
}

void inc_nmissed(struct kprobe *p)
{
	unsigned long n = p->nmissed;

	p->nmissed = n + 1;
}

void kprobes_inc_nmissed_count(struct kprobe *p)
{
	struct kprobe *kp;

	if (!kprobe_aggrprobe(p)) {
		inc_nmissed(p);
		return;
	}
	for_each_probe(kp, p)
		inc_nmissed(kp);
}

void arch_arm_kprobe(struct kprobe *p)
{
	volatile u8 *addr = p->addr;

	*addr = INT3_INSN_OPCODE;	/* K3 @write_breakpoint: CC is written: the probe is armed */
	text_poke_sync();
}

void arch_disarm_kprobe(struct kprobe *p)
{
	volatile u8 *addr = p->addr;
	u8 opcode = p->opcode;

	*addr = opcode;		/* K3 @restore_opcode: the original byte is back */
	text_poke_sync();
}

/* The copy, its length, and what spares the step; 0, or why the instruction cannot be probed. */
int arch_prepare_kprobe(struct kprobe *p)
{
	int ret = hypercall(copy_insn, 0, p, NULL);
	volatile u8 *insn = p->insn;
	u8 opcode;

	if (ret)
		return ret;
	opcode = *insn;
	p->opcode = opcode;	/* K3 @save_opcode: the original byte is kept */
	return 0;
}

struct kprobe *alloc_aggr_kprobe(void)
{
	struct kprobe_place *place;

	for (place = aggr_pool; place < aggr_pool + MAX_AGGR; place++) {
		if (!place->kp.addr)
			return &place->kp;
	}
	return NULL;
}

/* The aggregated probe takes over the first one's copy and its place in the hash table. */
void init_aggr_kprobe(struct kprobe *ap, struct kprobe *p)
{
	u32 bytes = *(volatile u32 *)&p->opcode;	/* to flags */
	volatile u8 *insn = p->insn;
	volatile u8 *addr = p->addr;
	int post = p->post_handler != NULL;

	*(volatile u32 *)&ap->opcode = bytes;
	ap->insn = insn;
	ap->addr = addr;
	ap->pre_handler = aggr_pre_handler;
	ap->fault_handler = aggr_fault_handler;
	ap->post_handler = post ? aggr_post_handler : NULL;
	INIT_LIST_HEAD(&ap->list);
	list_add_rcu(&p->list, &ap->list);
	hlist_replace_rcu(&p->hlist, &ap->hlist);
}

/* Another probe at an address. */
int register_aggr_kprobe(struct kprobe *old, struct kprobe *p)
{
	struct kprobe *ap = old;

	if (!kprobe_aggrprobe(old)) {
		ap = alloc_aggr_kprobe();
		if (!ap)
			return -ENOMEM;
		init_aggr_kprobe(ap, old);	/* M5: the second one at its address: an aggregated probe is made */
	}
	list_add_rcu(&p->list, &ap->list);	/* M5 @gather: the probe joins those at its address, newest first */
	if (p->post_handler)
		ap->post_handler = aggr_post_handler;
	if (kprobe_disabled(ap)) {
		ap->flags = 0;
		arch_arm_kprobe(ap);
	}
	return 0;
}

/* The probe that stands for p in the hash table, or NULL: p is not registered. */
struct kprobe *__get_valid_kprobe(struct kprobe *p)
{
	struct kprobe *ap = get_kprobe(p->addr);
	struct kprobe *kp;

	if (!ap || ap == p)
		return ap;
	if (!kprobe_aggrprobe(ap))
		return NULL;
	for_each_probe(kp, ap) {
		if (kp == p)
			return ap;
	}
	return NULL;
}

/* A struct that was registered before counts as zeroed by its owner. */
int register_kprobe(struct kprobe *p)
{
	struct kprobe *old;
	int ret;

	if (!p->addr)
		return -EINVAL;
	if (within_kprobe_blacklist(p->addr))
		return -EINVAL;
	mutex_lock(&kprobe_mutex);
	ret = -EINVAL;
	if (__get_valid_kprobe(p))
		goto out;
	p->flags = 0;
	p->nmissed = 0;
	INIT_LIST_HEAD(&p->list);
	old = get_kprobe(p->addr);
	if (old) {
		ret = register_aggr_kprobe(old, p);
		goto out;
	}
	ret = arch_prepare_kprobe(p);
	if (ret)
		goto out;
	hlist_add_head(&p->hlist, kprobe_bucket(p->addr));	/* K3 @list_add: the probe joins its bucket of the hash table */
	arch_arm_kprobe(p);
out:
	mutex_unlock(&kprobe_mutex);
	return ret;
}

int aggr_kprobe_disabled(struct kprobe *ap)
{
	struct kprobe *kp;

	for_each_probe(kp, ap) {
		if (!kprobe_disabled(kp))
			return 0;
	}
	return 1;
}

/* The breakpoint goes with the last probe at its address that is enabled. */
struct kprobe *__disable_kprobe(struct kprobe *p)
{
	struct kprobe *ap = __get_valid_kprobe(p);

	if (!ap || kprobe_disabled(p))
		return ap;
	p->flags = KPROBE_FLAG_DISABLED;
	if (p == ap || aggr_kprobe_disabled(ap)) {
		arch_disarm_kprobe(ap);
		ap->flags = KPROBE_FLAG_DISABLED;
	}
	return ap;
}

int others_have_post(struct kprobe *ap, struct kprobe *p)
{
	struct kprobe *kp;

	for_each_probe(kp, ap) {
		if (kp != p && kp->post_handler)
			return 1;
	}
	return 0;
}

int __unregister_kprobe_top(struct kprobe *p)
{
	struct kprobe *ap = __disable_kprobe(p);

	if (!ap)
		return -EINVAL;
	if (p == ap || list_is_singular(&ap->list)) {
		hlist_del_rcu(&ap->hlist);	/* K3 @list_del: the probe leaves the hash table */
		return 0;
	}
	if (p->post_handler && !others_have_post(ap, p))
		ap->post_handler = NULL;
	list_del_rcu(&p->list);	/* M5 @ungather: others stay at the address: so does the breakpoint */
	return 0;
}

/* Nobody uses the probe any more. */
void __unregister_kprobe_bottom(struct kprobe *p)
{
	struct kprobe *ap;

	if (!list_is_singular(&p->list))
		return;
	ap = next_probe(p);	/* the last one of an aggregated probe */
	ap->addr = NULL;	/* M5: the aggregated probe is freed */
}

void unregister_kprobe(struct kprobe *p)
{
	int ret;

	mutex_lock(&kprobe_mutex);
	ret = __unregister_kprobe_top(p);
	mutex_unlock(&kprobe_mutex);
	synchronize_rcu();
	if (!ret)
		__unregister_kprobe_bottom(p);
}

int disable_kprobe(struct kprobe *p)
{
	struct kprobe *ap;

	mutex_lock(&kprobe_mutex);
	ap = __disable_kprobe(p);	/* O4 @disable_kprobe: the probe's handlers are not called any more */
	mutex_unlock(&kprobe_mutex);
	return ap ? 0 : -EINVAL;
}

int enable_kprobe(struct kprobe *p)
{
	struct kprobe *ap;

	mutex_lock(&kprobe_mutex);
	ap = __get_valid_kprobe(p);
	if (ap) {
		if (p != ap)
			p->flags = 0;	/* O4 @enable_kprobe: the probe's handlers are called again */
		if (kprobe_disabled(ap)) {
			ap->flags = 0;
			arch_arm_kprobe(ap);
		}
	}
	mutex_unlock(&kprobe_mutex);
	return ap ? 0 : -EINVAL;
}
