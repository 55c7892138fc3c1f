/*
 * The trap handlers of 5.12. All gates turn interrupts off. Kprobes hear of int3
 * first, of #DB, #GP and page faults in kernel mode only, and of nothing else (G0).
 */
#define DR6_RESERVED 0xffff0ff0UL

void cond_local_irq_enable(struct pt_regs *regs)
{
	if (regs->eflags & EF_IF)
		local_irq_enable();
}

int kprobe_fault(struct pt_regs *regs, int trapnr)
{
	return kprobe_running() && kprobe_fault_handler(regs, trapnr);
}

void do_trap(int trapnr, struct pt_regs *regs, long error_code)
{
	cond_local_irq_enable(regs);
	if (user_mode(regs))
		force_sig(trapnr, regs);
	else
		die(trapnr, regs);
}

void do_general_protection(struct pt_regs *regs, long error_code)
{
	cond_local_irq_enable(regs);
	if (user_mode(regs)) {
		force_sig(GP, regs);
		return;
	}
	if (fixup_exception(regs))
		return;
	if (kprobe_fault(regs, GP))
		return;
	die(GP, regs);
}

void do_page_fault(struct pt_regs *regs, unsigned long error_code)
{
	unsigned long address;

	__asm__("mov %%cr2,%0" : "=r"(address));
	if (!user_mode(regs) && kprobe_fault(regs, PF))
		return;
	cond_local_irq_enable(regs);
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

/* No breakpoint is hit while one is handled: what DR7 was. */
unsigned long local_db_save(void)
{
	unsigned long dr7;

	__asm__ volatile("mov %%db7,%0" : "=r"(dr7));
	dr7 &= ~0x400UL;	/* always set */
	if (dr7)
		__asm__ volatile("mov %0,%%db7" : : "r"(0UL));	/* G0: breakpoints are off while the kernel handles one */
	return dr7;
}

void local_db_restore(unsigned long dr7)
{
	if (dr7)
		__asm__ volatile("mov %0,%%db7" : : "r"(dr7));
}

unsigned long debug_read_clear_dr6(void)
{
	unsigned long dr6;

	__asm__ volatile("mov %%db6,%0" : "=r"(dr6));
	__asm__ volatile("mov %0,%%db6" : : "r"(DR6_RESERVED));
	return dr6;
}

/* Nobody in the kernel steps but kprobes. */
void exc_debug_kernel(struct pt_regs *regs, unsigned long dr6)
{
	unsigned long dr7 = local_db_save();

	if (!kprobe_debug_handler(regs) && (dr6 & DR_STEP))
		regs->eflags &= ~EF_TF;
	local_db_restore(dr7);
}

void exc_debug_user(struct pt_regs *regs, unsigned long dr6)
{
	local_irq_enable();
	current_thread_info()->debugreg6 = dr6;	/* G0 @save_virtual_dr6: kept for the task; the register was cleared */
	force_sig(DB, regs);
}

/* The answer says which way back entry code takes: the kernel does not look who wants to run. */
int do_debug(struct pt_regs *regs, long error_code)
{
	unsigned long dr6 = debug_read_clear_dr6();

	if (user_mode(regs)) {
		exc_debug_user(regs, dr6);
		return 0;
	}
	exc_debug_kernel(regs, dr6);
	return 1;
}

int do_int3(struct pt_regs *regs, long error_code)
{
	if (kprobe_int3_handler(regs))
		return 1;
	do_trap(BP, regs, error_code);
	return 0;
}
