/*
 * The trap handlers of 2.5.30 with the 2002 patch. Entry code calls them with
 * the saved registers and the error code.
 */
enum { DE = 0, DB = 1, BP = 3, OF = 4, BR = 5, UD = 6, NM = 7, DF = 8, TS = 10, NP = 11, SS = 12, GP = 13, PF = 14, MF = 16, AC = 17 };

#define DR_TRAP_BITS 0xfUL
#define DR_STEP 0x4000UL

/* A trap of a user's task becomes a signal. */
void force_sig(int trapnr, struct pt_regs *regs)
{
	hypercall(force_sig, 0, trapnr, regs);
}

/* One of the kernel that nobody wanted: an oops. */
void die(int trapnr, struct pt_regs *regs)
{
	hypercall(die, 0, trapnr, regs);
}

int fixup_exception(struct pt_regs *regs)
{
	return hypercall(fixup_exception, 0, 0, regs);
}

void do_trap(int trapnr, struct pt_regs *regs, long error_code)
{
	if (kprobe_fault(regs, trapnr))
		return;
	if (user_mode(regs))
		force_sig(trapnr, regs);
	else
		die(trapnr, regs);
}

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

void do_double_fault(struct pt_regs *regs, long error_code)
{
	die(DF, regs);
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
	if (regs->flags & EF_IF)
		local_irq_enable();
	if (hypercall(handle_mm_fault, error_code, address, regs))
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
	hypercall(restore_fpu, 0, 0, regs);
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

/* The answer says which way back entry code takes (K2). */
int do_debug(struct pt_regs *regs, long error_code)
{
	unsigned long condition;

	__asm__ volatile("mov %%db6,%0" : "=r"(condition));
	if ((condition & DR_TRAP_BITS) && !hypercall(thread_debugreg7, 0, condition, regs))
		goto clear_dr7;
	hypercall(save_debugreg6, 0, condition, regs);
	if (condition & DR_STEP) {
		if (kprobe_running() && post_kprobe_handler(regs))
			return 1;
		if (!user_mode(regs))
			goto clear_TF;
		if (hypercall(ptrace_dtrace, 0, 0, regs))
			goto clear_TF;
	}
	force_sig(DB, regs);
clear_dr7:
	__asm__ volatile("mov %0,%%db7" : : "r"(0UL));
	return 0;
clear_TF:
	regs->flags &= ~EF_TF;
	return 0;
}

int do_int3(struct pt_regs *regs, long error_code)
{
	if (kprobe_handler(regs))
		return 1;
	do_trap(BP, regs, error_code);
	return 0;
}
