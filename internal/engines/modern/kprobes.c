/*
 * Kprobes of 5.12: each CPU has a current probe of its own, and no lock is taken
 * on the way of a hit. kprobe_int3_steps makes the step 6.1's: it ends in an int3
 * behind the copy instead of TF, and some instructions are emulated (O5).
 */
#define MAX_CPUS 8

/* kprobe_status */
#define KPROBE_HIT_ACTIVE 1UL
#define KPROBE_HIT_SS 2UL
#define KPROBE_REENTER 4UL
#define KPROBE_HIT_SSDONE 8UL

volatile unsigned long kprobe_mutex;	/* 0 free, else the owner's number plus one */
struct kprobe_ctlblk kprobe_ctlblk[MAX_CPUS];
volatile unsigned long kprobe_int3_steps;

struct kprobe_ctlblk *get_kprobe_ctlblk(void)
{
	unsigned long cpu = smp_processor_id();

	return &kprobe_ctlblk[cpu];
}

struct kprobe *kprobe_running(void)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();

	return kcb->current_kprobe;	/* O4 @kprobe_running: does this CPU run a probe? its own current_kprobe says so: no lock */
}

int kprobe_disabled(struct kprobe *p)
{
	return p->flags & KPROBE_FLAG_DISABLED;
}

/* The opcode behind the prefixes. */
volatile u8 *skip_prefixes(volatile u8 *insn)
{
	u8 byte = *insn;

	while (is_prefix(byte))
		byte = *++insn;
#ifdef __x86_64__
	if ((byte & 0xf0) == 0x40)	/* REX */
		insn++;
#endif
	return insn;
}

/* Does the instruction change IF by itself? */
int is_IF_modifier(volatile u8 *insn)
{
	insn = skip_prefixes(insn);
	switch (*insn) {
	case 0xfa:	/* cli */
	case 0xfb:	/* sti */
	case 0xcf:	/* iret */
	case 0x9d:	/* popf */
		return 1;
	}
	return 0;
}

void set_current_kprobe(struct kprobe *p, struct pt_regs *regs, struct kprobe_ctlblk *kcb)
{
	unsigned long flags = regs->eflags & (EF_TF | EF_IF);

	kcb->current_kprobe = p;	/* O4 @set_current_kprobe: a fault, or the end of the step, on this CPU will be this one's */
	kcb->kprobe_old_flags = flags;	/* K4 @keep_flags: TF and IF of the interrupted code, for the way back */
	if (is_IF_modifier(p->insn))
		flags &= ~EF_IF;	/* K4: IF is not put back: the instruction sets it itself */
	kcb->kprobe_saved_flags = flags;	/* K4 @save_flags: what is put back of them when the step is over */
}

void reset_current_kprobe(struct kprobe_ctlblk *kcb)
{
	kcb->current_kprobe = NULL;	/* O4 @reset_current_kprobe: this CPU runs no probe any more */
}

void save_previous_kprobe(struct kprobe_ctlblk *kcb)
{
	struct kprobe *p = kcb->current_kprobe;
	unsigned long status = kcb->kprobe_status;
	unsigned long old = kcb->kprobe_old_flags;
	unsigned long saved = kcb->kprobe_saved_flags;

	kcb->prev_kprobe.kp = p;
	kcb->prev_kprobe.status = status;
	kcb->prev_kprobe.old_flags = old;
	kcb->prev_kprobe.saved_flags = saved;
}

void restore_previous_kprobe(struct kprobe_ctlblk *kcb)
{
	struct kprobe *p = kcb->prev_kprobe.kp;
	unsigned long status = kcb->prev_kprobe.status;
	unsigned long old = kcb->prev_kprobe.old_flags;
	unsigned long saved = kcb->prev_kprobe.saved_flags;

	kcb->current_kprobe = p;
	kcb->kprobe_status = status;
	kcb->kprobe_old_flags = old;
	kcb->kprobe_saved_flags = saved;
}

/* The end of a hit, or of one inside it. */
void pop_kprobe(struct kprobe_ctlblk *kcb)
{
	if (kcb->kprobe_status == KPROBE_REENTER)
		restore_previous_kprobe(kcb);	/* O4 @restore_previous_kprobe: the outer hit's state is back */
	else
		reset_current_kprobe(kcb);
}

void kprobe_post_process(struct kprobe *p, struct pt_regs *regs, struct kprobe_ctlblk *kcb)
{
	void (*post)(struct kprobe *, struct pt_regs *, unsigned long);

	if (kcb->kprobe_status != KPROBE_REENTER) {
		kcb->kprobe_status = KPROBE_HIT_SSDONE;	/* O4 @begin_post: the step is over, post_handler comes next */
		post = p->post_handler;
		if (post)
			post(p, regs, 0);
	}
	pop_kprobe(kcb);
}

void setup_singlestep(struct kprobe *p, struct pt_regs *regs, int reenter)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	u8 way = p->way;
	unsigned long flags;
	volatile u8 *at;

	if ((way & AINSN_BOOSTABLE) && !p->post_handler) {
		if (!reenter)
			reset_current_kprobe(kcb);
		at = p->insn;
		regs->eip = (unsigned long)at;	/* O5 @boost: the copy runs at full speed and a jump behind it leads back: no second trap */
		return;
	}

	if (reenter) {
		save_previous_kprobe(kcb);	/* O4 @save_previous_kprobe: the outer hit's state is put aside */
		set_current_kprobe(p, regs, kcb);
		kcb->kprobe_status = KPROBE_REENTER;	/* O4 @set_reenter: the instruction is stepped, no handler is called */
	} else {
		kcb->kprobe_status = KPROBE_HIT_SS;	/* O4 @hit_ss: current_kprobe stays set over the return to the copy, no lock is held */
	}

	way &= ~AINSN_BOOSTABLE;
	if (way) {
		emulate(way, p, regs);	/* O5 @emulated: the instruction's work is done on the frame: no step, no second trap */
		kprobe_post_process(p, regs, kcb);
		return;
	}

	flags = regs->eflags & ~EF_IF;
	if (!kprobe_int3_steps)
		flags |= EF_TF;
	regs->eflags = flags;	/* K4 @prepare_singlestep: one instruction will run, with interrupts off, and trap */
	if (p->opcode == INT3_INSN_OPCODE) {
		at = p->addr;
		regs->eip = (unsigned long)at;	/* K20 @set_copy_ip: the probed instruction is an int3 itself: it is executed in place */
	} else {
		at = p->insn;
		regs->eip = (unsigned long)at;	/* O4 @set_copy_ip: the copy will run: the breakpoint stays, so no other CPU can miss it (K11) */
	}
}

/* A third hit, while a reentrant one is stepped. */
void unrecoverable_kprobe(struct kprobe *p)
{
	BUG();
}

void reenter_kprobe(struct kprobe *p, struct pt_regs *regs)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();

	if (kcb->kprobe_status == KPROBE_REENTER)
		unrecoverable_kprobe(p);	/* O4: a hit on the way of a reentrant hit */
	kprobes_inc_nmissed_count(p);	/* O4 @reenter_kprobe: a hit inside a hit: nmissed goes up, no handler runs for it */
	setup_singlestep(p, regs, 1);
}

void resume_singlestep(struct kprobe *p, struct pt_regs *regs, struct kprobe_ctlblk *kcb)
{
	volatile u8 *insn = p->insn;
	unsigned long distance = (unsigned long)p->addr - (unsigned long)insn;

	regs->eflags |= kcb->kprobe_saved_flags & EF_IF;	/* O5 @restore_saved_flags: the int3 behind the copy: the step is over, IF is put back */
	distance += regs->eip;
	regs->eip = distance - 1;	/* O5 @resume_execution: eip moves by the distance, and back over the int3 */
}

/* Is the int3 that behind the copy which this CPU steps? */
int kprobe_second_int3(struct kprobe *none, struct pt_regs *regs)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	struct kprobe *p = kcb->current_kprobe;
	unsigned long insn;

	if (!kprobe_int3_steps || !p)
		return 0;
	if (!(kcb->kprobe_status & (KPROBE_HIT_SS | KPROBE_REENTER)))
		return 0;
	insn = (unsigned long)p->insn;
	if (regs->eip <= insn || regs->eip >= insn + MAX_INSN_SIZE)
		return 0;
	resume_singlestep(p, regs, kcb);
	kprobe_post_process(p, regs, kcb);
	return 1;
}

/* A hit that is not inside another. */
void kprobe_hit(struct kprobe *p, struct pt_regs *regs)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	int (*pre)(struct kprobe *, struct pt_regs *);

	set_current_kprobe(p, regs, kcb);
	kcb->kprobe_status = KPROBE_HIT_ACTIVE;	/* K4 @hit_active: a probe is hit: its handler comes next */
	pre = p->pre_handler;
	if (pre && pre(p, regs))
		reset_current_kprobe(kcb);	/* the handler has sent the code elsewhere */
	else
		setup_singlestep(p, regs, 0);
}

/* int3, interrupts off. Is the trap dealt with? */
int kprobe_int3_handler(struct pt_regs *regs)
{
	volatile u8 *addr = (volatile u8 *)regs->eip - 1;
	struct kprobe *p;

	if (user_mode(regs))
		return 0;
	p = get_kprobe(addr);
	if (p) {
		if (kprobe_running())
			reenter_kprobe(p, regs);
		else
			kprobe_hit(p, regs);
		return 1;
	}
	if (kprobe_second_int3(p, regs))
		return 1;
	if (*addr == INT3_INSN_OPCODE)	/* K8 @breakpoint_gone: nobody's probe: is there still a CC? */
		return 0;
	regs->eip = (unsigned long)addr;	/* K8 @back_up_eip: eip goes back to the instruction that the breakpoint had covered: it runs whole */
	return 1;
}

/*
 * What the copy left behind moves to where the original would have left it: by
 * the opcode (O3).
 */
void resume_execution(struct kprobe *p, struct pt_regs *regs, struct kprobe_ctlblk *kcb)
{
	volatile unsigned long *top = top_of_stack(regs);
	volatile u8 *insn = p->insn;
	unsigned long distance = (unsigned long)p->addr - (unsigned long)insn;
	unsigned long next = regs->eip;
	u8 opcode, modrm;

	regs->eflags &= ~EF_TF;
	insn = skip_prefixes(insn);
	opcode = *insn;
	switch (opcode) {
	case 0x9c:	/* pushf */
		fix_pushf(top, kcb->kprobe_old_flags);
		next += distance;
		break;
	case 0xc2:	/* ret, lret */
	case 0xc3:
	case 0xca:
	case 0xcb:
	case 0xcf:	/* iret */
	case 0xea:	/* an absolute jump */
		break;
	case 0xe8:	/* call */
		fix_return_address(top, distance);
		next += distance;
		break;
	case 0x9a:	/* an absolute call */
		fix_return_address(top, distance);
		break;
	case 0xff:
		modrm = insn[1];
		if ((modrm & 0x30) == 0x10)	/* an indirect call */
			fix_return_address(top, distance);
		else if ((modrm & 0x30) != 0x20)	/* no indirect jump */
			next += distance;
		break;
	default:
		next += distance;
	}
	regs->eip = next;	/* O3 @resume_execution: eip is where the original would have left it: moved by the distance, unless the instruction set it itself */
}

/* #DB in kernel mode, interrupts off. Is the trap dealt with? */
int kprobe_debug_handler(struct pt_regs *regs)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	struct kprobe *p = kprobe_running();

	if (!p)
		return 0;
	resume_execution(p, regs, kcb);
	regs->eflags |= kcb->kprobe_saved_flags;	/* K5 @restore_saved_flags: the flags kept at the hit are or-ed in */
	kprobe_post_process(p, regs, kcb);
	if (regs->eflags & EF_TF)	/* somebody else steps through this (K5) */
		return 0;
	return 1;
}

/* A fault while this CPU runs a probe. Is it dealt with? */
int kprobe_fault_handler(struct pt_regs *regs, int trapnr)
{
	struct kprobe_ctlblk *kcb = get_kprobe_ctlblk();
	struct kprobe *p = kcb->current_kprobe;
	int (*fault)(struct kprobe *, struct pt_regs *, int);
	volatile u8 *at;

	at = p->insn;	/* K9 @fault_in_step: was it the copy that faulted, as the frame's eip shows? */
	if (regs->eip == (unsigned long)at) {
		at = p->addr;
		regs->eip = (unsigned long)at;	/* K9 @rewind_to_probe: eip goes back to the probed address: the fault is the original instruction's */
		regs->eflags &= ~EF_TF;
		regs->eflags |= kcb->kprobe_old_flags;	/* K9 @restore_old_flags: not the saved flags; the instruction will hit again */
		pop_kprobe(kcb);
		return 0;
	}
	if (!(kcb->kprobe_status & (KPROBE_HIT_ACTIVE | KPROBE_HIT_SSDONE)))
		return 0;
	kprobes_inc_nmissed_count(p);	/* O4 @inc_nmissed: a handler faulted: nmissed goes up */
	fault = p->fault_handler;
	if (fault && fault(p, regs, trapnr))
		return 1;	/* K9: the fault handler has dealt with it */
	return 0;
}
