/*
 * Kprobes of August 2002 (seed 000): one lock from a hit to the end of its
 * step, the instruction stepped in its own place.
 */
#define KPROBE_HASH_BITS 6
#define KPROBE_TABLE_SIZE (1 << KPROBE_HASH_BITS)
#define MAX_PROBES 4096
#define BREAKPOINT_INSTRUCTION 0xcc
#define PUSHF 0x9c

/* kprobe_status */
#define KPROBE_HIT_ACTIVE 1UL
#define KPROBE_HIT_SS 2UL

struct list_head {
	struct list_head *volatile next;
	struct list_head *volatile prev;
};

struct kprobe {
	struct list_head list;
	volatile u8 *volatile addr;
	void (*volatile pre_handler)(struct kprobe *, struct pt_regs *);
	void (*volatile post_handler)(struct kprobe *, struct pt_regs *, unsigned long);
	int (*volatile fault_handler)(struct kprobe *, struct pt_regs *, int);
	volatile u8 opcode;
} __attribute__((aligned(8 * sizeof(long))));

volatile unsigned long kprobe_lock;		/* 0 free, else the owner's number plus one */
volatile unsigned long kprobe_cpu = NR_CPUS;	/* who runs a probe */
volatile unsigned long kprobe_status;
struct kprobe *volatile current_kprobe;
volatile unsigned long kprobe_old_eflags;
volatile unsigned long kprobe_saved_eflags;
volatile unsigned long kprobe_may_schedule;	/* option preempt-enable (K0) */

struct list_head kprobe_table[KPROBE_TABLE_SIZE] __attribute__((aligned(64)));
struct kprobe kprobe_pool[MAX_PROBES];

void schedule(void)
{
	hypercall(schedule, 0, 0, NULL);
}

/* What unlock_kprobes() must not use: at count zero it may schedule (K0). */
void preempt_enable(void)
{
	struct thread_info *ti = current_thread_info();

	ti->preempt_count--;	/* K0 @preempt_enable: and now a look at who wants to run, in the middle of a trap */
	if (ti->preempt_count)
		return;
	if (ti->need_resched)
		schedule();
}

int kprobe_running(void)
{
	unsigned long cpu = smp_processor_id();

	return holds(kprobe_cpu, cpu);	/* @kprobe_running */
}

void lock_kprobes(void)
{
	unsigned long cpu = smp_processor_id();

	preempt_disable();
	spin_lock(&kprobe_lock);
	kprobe_cpu = cpu;	/* K4 @set_kprobe_cpu: from here on kprobe_running() is true on this CPU */
}

void unlock_kprobes(void)
{
	kprobe_cpu = NR_CPUS;	/* K5 @clear_kprobe_cpu: no CPU runs a probe */
	spin_unlock(&kprobe_lock);
	if (kprobe_may_schedule)
		preempt_enable();
	else
		preempt_enable_no_resched();
}

/* The list of the bucket that an address hashes to. */
struct list_head *kprobe_bucket(volatile u8 *addr)
{
#ifdef __x86_64__
	unsigned long hash = (unsigned long)addr * 0x9e37fffffffc0001UL;
#else
	unsigned long hash = (unsigned long)addr * 0x9e370001UL;
#endif
	return &kprobe_table[hash >> (8 * sizeof(hash) - KPROBE_HASH_BITS)];
}

/* The probe at addr, or NULL. The caller holds kprobe_lock. */
struct kprobe *get_kprobe(volatile u8 *addr)
{
	struct list_head *head = kprobe_bucket(addr);
	struct list_head *pos;

	pos = head->next;	/* K3 @get_kprobe: is there a probe for the address in its bucket of the hash table? */
	while (pos != head) {
		struct kprobe *p = (struct kprobe *)pos;

		if (p->addr == addr)
			return p;
		pos = pos->next;
	}
	return NULL;
}

void list_add(struct list_head *new, struct list_head *head)
{
	struct list_head *next = head->next;

	new->next = next;
	new->prev = head;
	next->prev = new;
	head->next = new;
}

void list_del(struct list_head *entry)
{
	struct list_head *prev = entry->prev;
	struct list_head *next = entry->next;

	next->prev = prev;
	prev->next = next;
}

void flush_icache_range(volatile u8 *start, volatile u8 *end)
{
	__asm__ volatile("" : : "r"(start), "r"(end));
}

int register_kprobe(struct kprobe *p)
{
	volatile u8 *addr;
	int ret = 0;
	u8 opcode;

	local_irq_disable();
	spin_lock(&kprobe_lock);	/* K12: kprobe_cpu is not set: a hit on this CPU in here would wait for itself */
	addr = p->addr;
	if (get_kprobe(addr)) {
		ret = -EEXIST;
		goto out;
	}
	list_add(&p->list, kprobe_bucket(addr));	/* K3 @list_add: the probe joins its bucket of the hash table */
	opcode = *addr;		/* K15: one byte, whether or not an instruction begins there */
	p->opcode = opcode;	/* K3 @save_opcode: the original byte is kept */
	*addr = BREAKPOINT_INSTRUCTION;	/* K3 @write_breakpoint: CC is written: the probe is armed */
	flush_icache_range(addr, addr + 1);	/* P13 @flush_icache: nothing to do on x86: the next fetch sees the byte */
out:
	spin_unlock(&kprobe_lock);
	local_irq_enable();	/* K18: interrupts are on now, whatever they were */
	return ret;
}

void unregister_kprobe(struct kprobe *p)
{
	volatile u8 *addr;
	u8 opcode;

	local_irq_disable();
	spin_lock(&kprobe_lock);
	addr = p->addr;
	opcode = p->opcode;
	*addr = opcode;		/* K3 @restore_opcode: the original byte is back */
	list_del(&p->list);	/* K3 @list_del: the probe leaves the hash table */
	flush_icache_range(addr, addr + 1);	/* P13 @flush_icache: nothing to do on x86: the next fetch sees the byte */
	spin_unlock(&kprobe_lock);
	local_irq_enable();	/* K18: interrupts are on now, whatever they were */
}

/* Gates 1 and 3 turn interrupts off (K1): back to what the trapped code had. */
void restore_interrupts(struct pt_regs *regs)
{
	if (regs->eflags & EF_IF)
		local_irq_enable();	/* K1: the trapped code had interrupts on */
}

/* Does the opcode change IF by itself? One byte is looked at (K23). */
int is_IF_modifier(u8 opcode)
{
	switch (opcode) {
	case 0xfa:	/* cli */
	case 0xfb:	/* sti */
	case 0xcf:	/* iret */
	case 0x9d:	/* popf */
		return 1;
	}
	return 0;
}

void disarm_kprobe(struct kprobe *p, struct pt_regs *regs)
{
	volatile u8 *addr = p->addr;
	u8 opcode = p->opcode;

	*addr = opcode;	/* K4 @restore_opcode: the original byte is back: until it is re-armed, any CPU runs through it unseen (K11) */
	regs->eip = (unsigned long)addr;	/* K4 @rewind_eip: the frame's eip goes back to the instruction itself */
}

/* int3, interrupts off. Is the trap dealt with? */
int kprobe_handler(struct pt_regs *regs)
{
	volatile u8 *addr = (volatile u8 *)regs->eip - 1;	/* taken as a linear address (K25) */
	struct kprobe *p;
	unsigned long flags;

	if (kprobe_running()) {
		p = get_kprobe(addr);
		if (!p)
			return 0;
		disarm_kprobe(p, regs);	/* K7 @reentrant_hit: a hit inside a hit: no handler, the byte goes back, and nobody will re-arm it */
		return 1;
	}

	lock_kprobes();
	p = get_kprobe(addr);
	if (!p) {
		unlock_kprobes();
		if (*addr != BREAKPOINT_INSTRUCTION)	/* K8 @breakpoint_gone: nobody's probe: is there still a CC? */
			return 1;
		restore_interrupts(regs);
		return 0;
	}

	kprobe_status = KPROBE_HIT_ACTIVE;	/* K4 @hit_active: a probe is hit: its handler comes next */
	current_kprobe = p;	/* K4 @set_current: a fault, or the end of the step, will be this one's */
	flags = regs->eflags & (EF_TF | EF_IF);
	kprobe_old_eflags = flags;	/* K4 @keep_flags: TF and IF of the interrupted code, for the way back */
	if (is_IF_modifier(p->opcode))
		flags &= ~EF_IF;	/* K4: IF is not put back: the instruction sets it itself */
	kprobe_saved_eflags = flags;	/* K4 @save_flags: what is put back of them when the step is over */

	p->pre_handler(p, regs);	/* unchecked (K18) */

	flags = regs->eflags & ~EF_IF;
	regs->eflags = flags | EF_TF;	/* K4 @prepare_singlestep: one instruction will run, with interrupts off, and trap */
	disarm_kprobe(p, regs);
	kprobe_status = KPROBE_HIT_SS;	/* K4 @hit_ss: the lock stays held over the return to the probed code */
	return 1;
}

void rearm_kprobe(struct kprobe *p, struct pt_regs *regs)
{
	volatile u8 *addr = p->addr;

	regs->eflags &= ~EF_TF;	/* K5 @clear_tf: no further step; a TF that the instruction has set goes too (K17) */
	*addr = BREAKPOINT_INSTRUCTION;	/* K5 @write_breakpoint: CC is written: the probe is armed again */
}

/* The saved flags that a stepped pushf pushed: where they are thought to be (K10). */
void fix_pushf(struct pt_regs *regs)
{
#ifdef __x86_64__
	volatile unsigned long *pushed = (volatile unsigned long *)regs->esp;
#else
	volatile unsigned long *pushed = &regs->esp;
#endif
	unsigned long flags = *pushed;

	flags &= ~(EF_TF | EF_IF);
	flags |= kprobe_old_eflags;
	*pushed = flags;	/* K10: the pushed image gets TF and IF as they were */
}

/* #DB after a step, interrupts off, kprobe_lock held. Is the trap dealt with? */
int post_kprobe_handler(struct pt_regs *regs)
{
	struct kprobe *p = current_kprobe;	/* eip is not looked at (K16) */
	void (*post)(struct kprobe *, struct pt_regs *, unsigned long) = p->post_handler;

	if (post)
		post(p, regs, 0);

	p = current_kprobe;
	if (p->opcode == PUSHF)	/* @fix_pushf */
		fix_pushf(regs);

	rearm_kprobe(p, regs);
	regs->eflags |= kprobe_saved_eflags;	/* K5 @restore_saved_flags: the flags kept at the hit are or-ed in */
	unlock_kprobes();

	if (regs->eflags & EF_TF) {	/* somebody else steps through this (K5) */
		restore_interrupts(regs);
		return 0;
	}
	return 1;
}

/* A fault while this CPU runs a probe. Is it dealt with? */
int kprobe_fault_handler(struct pt_regs *regs, int trapnr)
{
	struct kprobe *p = current_kprobe;
	int (*fault)(struct kprobe *, struct pt_regs *, int) = p->fault_handler;

	if (fault && fault(p, regs, trapnr))
		return 1;	/* K9: the fault handler has dealt with it */

	if (kprobe_status & KPROBE_HIT_SS) {	/* K9: was it the step that faulted? (K19: or post_handler) */
		p = current_kprobe;
		rearm_kprobe(p, regs);
		regs->eflags |= kprobe_old_eflags;	/* K9 @restore_old_flags: not the saved flags; the instruction will hit again */
		unlock_kprobes();
	}
	return 0;
}

int kprobe_fault(struct pt_regs *regs, int trapnr)
{
	return kprobe_running() && kprobe_fault_handler(regs, trapnr);
}
