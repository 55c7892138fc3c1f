/*
 * Kprobes of spring 2005 (2.6.12): each probe has a copy of its instruction,
 * which is stepped in place of the original, so the breakpoint stays; one lock
 * from a hit to the end of its step (O4).
 */

/* kprobe_status */
#define KPROBE_HIT_ACTIVE 1UL
#define KPROBE_HIT_SS 2UL

volatile unsigned long kprobe_lock;		/* 0 free, else the owner's number plus one */
volatile unsigned long kprobe_cpu = NR_CPUS;	/* who runs a probe */
volatile unsigned long kprobe_status;
struct kprobe *volatile current_kprobe;
volatile unsigned long kprobe_old_eflags;
volatile unsigned long kprobe_saved_eflags;

/* Nobody looks whether it is in a list (M2). */
void hlist_del(struct hlist_node *n)
{
	struct hlist_node *next = n->next;
	struct hlist_node *volatile *pprev = n->pprev;

	*pprev = next;
	if (next)
		next->pprev = pprev;
	n->next = LIST_POISON1;
	n->pprev = LIST_POISON2;
}

int kprobe_running(void)
{
	unsigned long cpu = smp_processor_id();

	return holds(kprobe_cpu, cpu);	/* @kprobe_running */
}

void lock_kprobes(void)
{
	unsigned long cpu = smp_processor_id();

	spin_lock(&kprobe_lock);
	kprobe_cpu = cpu;	/* K4 @set_kprobe_cpu: from here on kprobe_running() is true on this CPU */
}

void unlock_kprobes(void)
{
	kprobe_cpu = NR_CPUS;	/* K5 @clear_kprobe_cpu: no CPU runs a probe */
	spin_unlock(&kprobe_lock);
}

void flush_icache_range(volatile u8 *start, volatile u8 *end)
{
	__asm__ volatile("" : : "r"(start), "r"(end));
}

#ifdef __x86_64__
/*
 * Which opcodes have a ModRM byte, as this kernel knows them: a word for a row
 * of sixteen opcodes, bit 0 for the row's first.
 */
const unsigned short onebyte_modrm[16] = {
	0x0f0f, 0x0f0f, 0x0f0f, 0x0f0f, 0x0000, 0x0000, 0x0a0c, 0x0000,
	0xffff, 0x0000, 0x0000, 0x0000, 0x00f3, 0xff0f, 0x0000, 0xc0c0,
};
const unsigned short twobyte_modrm[16] = {
	0xa00f, 0x01ff, 0xff5f, 0x0000, 0xffff, 0xffff, 0xffff, 0xf07f,
	0x0000, 0xffff, 0xf8f8, 0xfcff, 0x00ff, 0xffff, 0xffff, 0x7fff,
};

/* The displacement of the instruction's operand relative to rip, or NULL. */
volatile int *rip_displacement(volatile u8 *insn)
{
	const unsigned short *rows = onebyte_modrm;
	u8 byte = *insn;

	while (is_prefix(byte))
		byte = *++insn;
	if ((byte & 0xf0) == 0x40)	/* REX */
		byte = *++insn;
	if (byte == 0x0f) {
		rows = twobyte_modrm;
		byte = *++insn;
	}
	if (!(rows[byte >> 4] >> (byte & 15) & 1))
		return NULL;
	byte = *++insn;
	if ((byte & 0xc7) != 0x05)
		return NULL;
	return (volatile int *)(insn + 1);
}

/* The copy finds the operand that the original would find. */
void move_rip_operand(struct kprobe *p)
{
	volatile u8 *insn = p->insn;
	volatile u8 *addr = p->addr;
	volatile int *displacement = rip_displacement(insn);
	int distance;

	if (!displacement)
		return;
	distance = *displacement;
	distance += (int)(addr - insn);
	*displacement = distance;	/* by the distance to the copy (O3) */
}
#endif

/* As many bytes as an instruction may have, whatever its length. */
void arch_copy_kprobe(struct kprobe *p)
{
	volatile unsigned long *from = (volatile unsigned long *)p->addr;
	volatile unsigned long *to = (volatile unsigned long *)p->insn;
	unsigned int i;

	for (i = 0; i < MAX_INSN_SIZE / sizeof(*to); i++) {
		unsigned long word = from[i];

		to[i] = word;
	}
#ifdef __x86_64__
	move_rip_operand(p);
#endif
}

int register_kprobe(struct kprobe *p)
{
	unsigned long flags;
	volatile u8 *addr;
	int ret = 0;
	u8 opcode;

	local_irq_save(flags);
	spin_lock(&kprobe_lock);	/* K12: kprobe_cpu is not set: a hit on this CPU in here would wait for itself */
	addr = p->addr;
	if (get_kprobe(addr)) {
		ret = -EEXIST;
		goto out;
	}
	arch_copy_kprobe(p);	/* O4 @copy_insn: the instruction's bytes are copied to the probe's own place */
	hlist_add_head(&p->hlist, kprobe_bucket(addr));	/* K3 @list_add: the probe joins its bucket of the hash table */
	opcode = *addr;		/* K15: one byte, whether or not an instruction begins there */
	p->opcode = opcode;	/* K3 @save_opcode: the original byte is kept */
	*addr = INT3_INSN_OPCODE;	/* K3 @write_breakpoint: CC is written: the probe is armed */
	flush_icache_range(addr, addr + 1);	/* P13 @flush_icache: nothing to do on x86: the next fetch sees the byte */
out:
	spin_unlock(&kprobe_lock);
	local_irq_restore(flags);
	return ret;
}

void unregister_kprobe(struct kprobe *p)
{
	unsigned long flags;
	volatile u8 *addr;
	u8 opcode;

	local_irq_save(flags);
	spin_lock(&kprobe_lock);
	addr = p->addr;
	opcode = p->opcode;
	*addr = opcode;		/* K3 @restore_opcode: the original byte is back */
	hlist_del(&p->hlist);	/* K3 @list_del: the probe leaves the hash table */
	flush_icache_range(addr, addr + 1);	/* P13 @flush_icache: nothing to do on x86: the next fetch sees the byte */
	spin_unlock(&kprobe_lock);
	local_irq_restore(flags);
}

/* Does the instruction change IF by itself? */
int is_IF_modifier(struct kprobe *p)
{
	u8 opcode = p->opcode;	/* one byte is looked at (K23) */

	switch (opcode) {
	case 0xfa:	/* cli */
	case 0xfb:	/* sti */
	case 0xcf:	/* iret */
	case 0x9d:	/* popf */
		return 1;
	}
#ifdef __x86_64__
	if ((opcode & 0xf0) == 0x40) {	/* REX, as iretq has */
		volatile u8 *insn = p->insn;

		return insn[1] == 0xcf;
	}
#endif
	return 0;
}

void disarm_kprobe(struct kprobe *p, struct pt_regs *regs)
{
	volatile u8 *addr = p->addr;
	u8 opcode = p->opcode;

	*addr = opcode;	/* K7 @restore_opcode: the original byte is back, for every CPU */
	regs->eip = (unsigned long)addr;	/* K7 @rewind_eip: the frame's eip goes back to the instruction itself */
}

/* A hit while an instruction is stepped: the step is given up. */
void give_up_step(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long flags = regs->eflags & ~EF_TF;

	regs->eflags = flags | kprobe_saved_eflags;
}

void prepare_singlestep(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long flags = regs->eflags & ~EF_IF;
	volatile u8 *at;

	regs->eflags = flags | EF_TF;	/* K4 @prepare_singlestep: one instruction will run, with interrupts off, and trap */
	if (p->opcode == INT3_INSN_OPCODE) {
		at = p->addr;
		regs->eip = (unsigned long)at;	/* K20 @set_copy_ip: the probed instruction is an int3 itself: it is executed in place */
	} else {
		at = p->insn;
		regs->eip = (unsigned long)at;	/* O4 @set_copy_ip: the copy will run: the breakpoint stays, so no other CPU can miss it (K11) */
	}
}

/* int3, interrupts off. Is the trap dealt with? */
int kprobe_handler(struct pt_regs *regs)
{
	volatile u8 *addr = (volatile u8 *)regs->eip - 1;	/* taken as a linear address (K25) */
	int (*pre)(struct kprobe *, struct pt_regs *);
	struct kprobe *p;
	unsigned long flags;
	int ret = 0;

	preempt_disable();
	if (kprobe_running()) {
		p = get_kprobe(addr);
		if (!p)
			goto no_kprobe;
		if (kprobe_status == KPROBE_HIT_SS) {
			give_up_step(p, regs);	/* K7 @reentrant_step: a hit during a step: TF goes, the lock is given up, the int3 is left to the kernel */
			unlock_kprobes();
			goto no_kprobe;
		}
		disarm_kprobe(p, regs);	/* K7 @reentrant_hit: a hit inside a hit: no handler, the byte goes back, and nobody will re-arm it */
		ret = 1;
		goto no_kprobe;
	}

	lock_kprobes();
	p = get_kprobe(addr);
	if (!p) {
		unlock_kprobes();
		if (regs->eflags & EF_VM)	/* virtual-8086 mode */
			goto no_kprobe;
		if (*addr == INT3_INSN_OPCODE)	/* K8 @breakpoint_gone: nobody's probe: is there still a CC? */
			goto no_kprobe;
		regs->eip = (unsigned long)addr;	/* K8 @back_up_eip: eip goes back to the instruction that the breakpoint had covered: it runs whole */
		ret = 1;
		goto no_kprobe;
	}

	kprobe_status = KPROBE_HIT_ACTIVE;	/* K4 @hit_active: a probe is hit: its handler comes next */
	current_kprobe = p;	/* K4 @set_current: a fault, or the end of the step, will be this one's */
	flags = regs->eflags & (EF_TF | EF_IF);
	kprobe_old_eflags = flags;	/* K4 @keep_flags: TF and IF of the interrupted code, for the way back */
	if (is_IF_modifier(p))
		flags &= ~EF_IF;	/* K4: IF is not put back: the instruction sets it itself */
	kprobe_saved_eflags = flags;	/* K4 @save_flags: what is put back of them when the step is over */

	pre = p->pre_handler;
	if (pre && pre(p, regs))
		return 1;	/* nothing is left to step */

	prepare_singlestep(p, regs);
	kprobe_status = KPROBE_HIT_SS;	/* K4 @hit_ss: the lock stays held over the return to the copy */
	return 1;

no_kprobe:
	preempt_enable_no_resched();
	return ret;
}

/*
 * What the copy left behind moves to where the original would have left it: by
 * the opcode (O3).
 */
void resume_execution(struct kprobe *p, struct pt_regs *regs)
{
	volatile unsigned long *top = top_of_stack(regs);
	volatile u8 *insn = p->insn;
	unsigned long distance = (unsigned long)p->addr - (unsigned long)insn;
	unsigned long next = regs->eip + distance;
	u8 opcode = *insn;
	u8 modrm;

#ifdef __x86_64__
	if ((opcode & 0xf0) == 0x40)	/* REX */
		opcode = *++insn;
#endif
	switch (opcode) {
	case 0x9c:	/* pushf */
		fix_pushf(top, kprobe_old_eflags);
		break;
	case 0xc2:	/* ret, lret */
	case 0xc3:
	case 0xca:
	case 0xcb:
	case 0xea:	/* an absolute jump */
		next = regs->eip;
		break;
	case 0xe8:	/* call */
		fix_return_address(top, distance);
		break;
	case 0xff:
		modrm = insn[1];
		if ((modrm & 0x30) == 0x10) {	/* an indirect call */
			fix_return_address(top, distance);
			next = regs->eip;
		} else if ((modrm & 0x30) == 0x20) {	/* an indirect jump */
			next = regs->eip;
		}
		break;
	}

	regs->eflags &= ~EF_TF;
	regs->eip = next;	/* O3 @resume_execution: eip is where the original would have left it: moved by the distance, unless the instruction set it itself */
}

/* #DB, interrupts off. Is the trap dealt with? */
int post_kprobe_handler(struct pt_regs *regs)
{
	void (*post)(struct kprobe *, struct pt_regs *, unsigned long);
	struct kprobe *p;

	if (!kprobe_running())
		return 0;

	p = current_kprobe;	/* eip is not looked at (K16) */
	post = p->post_handler;
	if (post)
		post(p, regs, 0);

	p = current_kprobe;
	resume_execution(p, regs);
	regs->eflags |= kprobe_saved_eflags;	/* K5 @restore_saved_flags: the flags kept at the hit are or-ed in */
	unlock_kprobes();
	preempt_enable_no_resched();

	if (regs->eflags & EF_TF)	/* somebody else steps through this (K5) */
		return 0;
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
		resume_execution(p, regs);
		regs->eflags |= kprobe_old_eflags;	/* K9 @restore_old_flags: not the saved flags; the instruction will hit again */
		unlock_kprobes();
		preempt_enable_no_resched();
	}
	return 0;
}

/* What a notifier is told of. */
enum { DIE_INT3, DIE_DEBUG, DIE_GPF, DIE_PAGE_FAULT };

/* Kprobes is the first in the list of those whom a trap is told to (G0). */
int kprobe_exceptions_notify(int what, struct pt_regs *regs, int trapnr)
{
	if (what == DIE_INT3)
		return kprobe_handler(regs);
	if (what == DIE_DEBUG)
		return post_kprobe_handler(regs);
	return kprobe_running() && kprobe_fault_handler(regs, trapnr);
}
