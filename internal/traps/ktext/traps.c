/*
 * The trap handlers of 2.5.30, with the calls of the 2002 patch. Entry code calls
 * them with the saved registers and the error code.
 */
void do_trap(int trapnr, struct pt_regs *regs, long error_code)
{
	if (kprobe_fault(regs, trapnr))
		return;
	if (user_mode(regs))
		force_sig(trapnr, regs);
	else
		die(trapnr, regs);
}

void do_general_protection(struct pt_regs *regs, long error_code)
{
	if (kprobe_fault(regs, GP))
		return;
	if (user_mode(regs)) {
		force_sig(GP, regs);
		return;
	}
	if (fixup_exception(regs))
		return;
	die(GP, regs);
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long address;

	__asm__("mov %%cr2,%0" : "=r"(address));
	if (kprobe_fault(regs, PF))
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
	if (kprobe_fault(regs, NM))
		return;
	restore_fpu(current_thread_info());	/* @restore_fpu */
}

/* Was TF set by a tracer that has gone? */
int traced_no_more(void)
{
	u32 ptrace = current_thread_info()->ptrace;	/* @ptrace_dtrace */

	return (ptrace & (PT_PTRACED | PT_DTRACE)) == PT_DTRACE;
}

/* The answer says which way back entry code takes (K2). */
int do_debug(struct pt_regs *regs, long error_code)
{
	struct thread_info *ti = current_thread_info();
	unsigned long condition;

	__asm__ volatile("mov %%db6,%0" : "=r"(condition));
	if (condition & DR_TRAP_BITS) {
		if (!ti->debugreg7)	/* @thread_debugreg7 */
			goto clear_dr7;
	}
	ti->debugreg6 = condition;	/* K22 @save_debugreg6: kept for the task; DR6 itself is not cleared */
	if (condition & DR_STEP) {
		if (kprobe_running() && post_kprobe_handler(regs))
			return 1;
		if (!user_mode(regs))
			goto clear_TF;
		if (traced_no_more())
			goto clear_TF;
	}
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
	if (kprobe_handler(regs))
		return 1;
	do_trap(BP, regs, error_code);
	return 0;
}

/* Nobody asks for a call here. */
void do_call_function_interrupt(void)
{
}
