/*
 * The trap handlers of 2.6.12, whose two architectures differ. Entry code calls
 * them with the saved registers and the error code.
 */
#define X86_64 (sizeof(long) == 8)

int notify_die(int what, struct pt_regs *regs, int trapnr)
{
	return kprobe_exceptions_notify(what, regs, trapnr);
}

/* Gates 1 and 3 turn interrupts off (K1): back to what the trapped code had. */
void restore_interrupts(struct pt_regs *regs)
{
	if (regs->eflags & EF_IF)
		local_irq_enable();	/* K1: the trapped code had interrupts on */
}

/* Nothing but int3, debug, general protection and page faults is told to kprobes (G0). */
void do_trap(int trapnr, struct pt_regs *regs, long error_code)
{
	if (X86_64)	/* whose gates turn interrupts off, all of them */
		restore_interrupts(regs);
	if (user_mode(regs))
		force_sig(trapnr, regs);
	else
		die(trapnr, regs);
}

void do_general_protection(struct pt_regs *regs, long error_code)
{
	if (X86_64)
		restore_interrupts(regs);
	if (user_mode(regs)) {	/* G0: a program's is not told to anybody */
		force_sig(GP, regs);
		return;
	}
	if (fixup_exception(regs))
		return;
	if (notify_die(DIE_GPF, regs, GP))
		return;
	die(GP, regs);
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long address;

	__asm__("mov %%cr2,%0" : "=r"(address));
	if (notify_die(DIE_PAGE_FAULT, regs, PF))
		return;
	if (regs->eflags & EF_IF)
		local_irq_enable();
	if (handle_mm_fault(address, error_code, regs))
		return;
	if (user_mode(regs)) {
		force_sig(PF, regs);
		return;
	}
	if (fixup_exception(regs))
		return;
	die(PF, regs);
}

void device_not_available_fault(struct pt_regs *regs)
{
	__asm__ volatile("clts");
	restore_fpu(current_thread_info());	/* @restore_fpu */
}

/* Was TF set by a tracer that has gone? */
int traced_no_more(struct thread_info *ti)
{
	u32 ptrace = ti->ptrace;	/* @ptrace_dtrace */

	return (ptrace & (PT_PTRACED | PT_DTRACE)) == PT_DTRACE;
}

/* The answer says which way back entry code takes (K2). */
int do_debug(struct pt_regs *regs, long error_code)
{
	struct thread_info *ti = current_thread_info();
	unsigned long condition;

	__asm__ volatile("mov %%db6,%0" : "=r"(condition));
	if (notify_die(DIE_DEBUG, regs, DB))
		return 1;
	restore_interrupts(regs);
	if (condition & DR_TRAP_BITS) {
		if (!ti->debugreg7)	/* @thread_debugreg7 */
			goto clear_dr7;
	}
	ti->debugreg6 = condition;	/* K22 @save_debugreg6: kept for the task; DR6 itself is not cleared */
	if (condition & DR_STEP) {
		if (!user_mode(regs))
			goto clear_TF;
		if (X86_64 && traced_no_more(ti))
			goto clear_TF;
	}
	if (X86_64 && !user_mode(regs))	/* a watchpoint of the kernel's is no signal */
		goto clear_dr7;
	force_sig(DB, regs);
clear_dr7:
	__asm__ volatile("mov %0,%%db7" : : "r"(0UL));
	return 0;
clear_TF:
	regs->eflags &= ~EF_TF;
	return 0;
}

int do_int3(struct pt_regs *regs, long error_code)
{
	if (notify_die(DIE_INT3, regs, BP))
		return 1;
	restore_interrupts(regs);
	do_trap(BP, regs, error_code);
	return 0;
}

/* Nobody asks for a call here. */
void do_call_function_interrupt(void)
{
}
