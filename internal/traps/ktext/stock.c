/*
 * What the modelled kernels have in common around their traps and probes:
 * spinlocks, preemption, signals, the memory manager's part of a page fault, and
 * interrupts.
 */
enum { DE = 0, DB = 1, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12, GP = 13, PF = 14, MF = 16, AC = 17, XM = 19 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11 };

enum { ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514 };

/* Of DR6. */
#define DR_TRAP_BITS 0xfUL
#define DR_STEP 0x4000UL

extern volatile u32 jiffies;

void spin_lock(volatile unsigned long *lock)
{
	unsigned long me = smp_processor_id() + 1;

	current_thread_info()->preempt_count++;	/* who has a spinlock is not preempted (K0) */
	while (!cmpxchg_took(lock, 0, me))	/* K6 @spin_lock: the lock is taken if it is free: no other CPU's hit gets past this point then */
		;
}

void spin_unlock(volatile unsigned long *lock)
{
	*lock = 0;	/* K6 @spin_unlock: the lock is free; whose it was is not looked at */
	current_thread_info()->preempt_count--;	/* without a look at who wants to run (K0) */
}

void preempt_disable(void)
{
	current_thread_info()->preempt_count++;	/* K0 @preempt_disable: nobody may schedule while the probe lock is held */
}

void preempt_enable_no_resched(void)
{
	current_thread_info()->preempt_count--;	/* K0 @preempt_enable_no_resched: without a look at who wants to run: this is still a trap */
}

/* The signal that a trap of a user's task ends in. */
int signal_of(int trapnr)
{
	switch (trapnr) {
	case DE:
	case MF:
	case XM:
		return SIGFPE;
	case DB:
	case BP:
		return SIGTRAP;
	case UD:
		return SIGILL;
	case NP:
	case SS:
	case AC:
		return SIGBUS;
	}
	return SIGSEGV;
}

void send_signal(int sig, struct pt_regs *regs)
{
	current_thread_info()->pending |= 1U << sig;
}

void force_sig(int trapnr, struct pt_regs *regs)
{
	int sig = signal_of(trapnr);

	send_signal(sig, regs);	/* K14 @force_sig: nobody claimed the trap: a signal for the task */
}

/* A trap of the kernel's that nobody wanted: an oops. */
void die(int trapnr, struct pt_regs *regs)
{
	hypercall(die, 0, trapnr, regs);
}

volatile unsigned long exception_entries;

/* Has the exception table an entry for the instruction? It is empty. */
int fixup_exception(struct pt_regs *regs)
{
	return exception_entries != 0;	/* @fixup_exception */
}

/* Brings the page in, or finds that no mapping covers the address. */
int handle_mm_fault(unsigned long address, unsigned long error_code, struct pt_regs *regs)
{
	return hypercall(handle_mm_fault, error_code, address, regs);
}

/* The registers of the processor that has one are the task's already. */
void restore_fpu(struct thread_info *ti)
{
	__asm__ volatile("" : : "r"(ti));
}

int signal_pending(void)
{
	return current_thread_info()->pending != 0;	/* @signal_pending */
}

/* Is eax the answer of a system call that a signal has interrupted? */
int wants_restart(struct pt_regs *regs)
{
	switch ((int)regs->eax) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		return 1;
	}
	return 0;
}

/* The way back to user mode takes a signal. orig_eax is -1 but for system calls. */
void do_signal(struct pt_regs *regs)
{
	struct thread_info *ti = current_thread_info();
	u32 pending = ti->pending;

	ti->pending = pending & (pending - 1);	/* @do_signal */
	if ((long)regs->orig_eax >= 0 && wants_restart(regs)) {
		regs->eax = regs->orig_eax;
		regs->eip -= 2;	/* K21: orig_eax is not -1: this is taken for a system call, which is to be made again */
	}
	hypercall(deliver_signal, __builtin_ctz(pending), 0, regs);
}

/* The kernel is preemptible: the way back to it looks who wants to run (K0). */
void preempt_check(struct pt_regs *regs)
{
	struct thread_info *ti = current_thread_info();

	if (!ti->need_resched)	/* @preempt_check */
		return;
	if (ti->preempt_count)	/* K0: asked to schedule: is preemption off? */
		return;
	hypercall(preempt_schedule, 0, 0, regs);
}

void do_timer_interrupt(void)
{
	atomic_inc(&jiffies);
	current_thread_info()->need_resched = 1;	/* K0 @timer_interrupt: the time slice is over */
}

void do_reschedule_interrupt(void)
{
	current_thread_info()->need_resched = 1;	/* K0 @reschedule_interrupt: another CPU asks this one to schedule */
}

/* Each kernel's own. */
void do_trap(int trapnr, struct pt_regs *regs, long error_code);
void device_not_available_fault(struct pt_regs *regs);

#define TRAP_HANDLER(name, trapnr)				\
void do_##name(struct pt_regs *regs, long error_code)		\
{								\
	do_trap(trapnr, regs, error_code);			\
}

TRAP_HANDLER(divide_error, DE)
TRAP_HANDLER(overflow, OF)
TRAP_HANDLER(bounds, BR)
TRAP_HANDLER(invalid_op, UD)
TRAP_HANDLER(invalid_TSS, TS)
TRAP_HANDLER(segment_not_present, NP)
TRAP_HANDLER(stack_segment, SS)
TRAP_HANDLER(coprocessor_error, MF)
TRAP_HANDLER(alignment_check, AC)
TRAP_HANDLER(simd_coprocessor_error, XM)

void do_double_fault(struct pt_regs *regs, long error_code)
{
	die(DF, regs);
}

/* On i386 the frame itself is the argument. */
#ifdef __x86_64__
void math_state_restore(struct pt_regs *regs)
{
	device_not_available_fault(regs);
}
#else
void math_state_restore(struct pt_regs regs)
{
	device_not_available_fault(&regs);
}
#endif

#ifdef TRAP_DEBUG_STACK
/* Registers saved on an exception's own stack go to the end of the thread's: where they are then (G0). */
struct pt_regs *sync_regs(struct pt_regs *eregs)
{
	char *end = (char *)current_thread_info() + THREAD_SIZE;
	struct pt_regs *regs = (struct pt_regs *)end - 1;

	if (regs != eregs)
		*regs = *eregs;
	return regs;
}
#endif
