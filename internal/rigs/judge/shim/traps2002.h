/* The trap handlers of 2.5.30 around the statements that the seed adds to them:
   SEED_* are cut out of its hunks. */
#define SIGTRAP 5

#define USER(regs) ((regs)->xcs & 3)
#define DR_STEP 0x4000
#define RESTORE_IF(regs) do { if ((regs)->eflags & 0x200) asm volatile("sti" : : : "memory"); } while (0)

static void report(int trapnr, struct pt_regs *regs)
{
	if (USER(regs))
		MICRO(force_sig, regs, trapnr, 0);
	else
		MICRO(die, regs, trapnr, 0);
}

static void do_trap(int trapnr, int signr, char *str, int vm86, struct pt_regs *regs, long error_code, void *info)
{
	SEED_TRAP
	report(trapnr, regs);
}

#define HANDLER(name, trapnr) \
asmlinkage void do_##name(struct pt_regs *regs, long error_code) { do_trap(trapnr, 0, #name, 1, regs, error_code, NULL); }
HANDLER(divide_error, 0)
HANDLER(overflow, 4)
HANDLER(bounds, 5)
HANDLER(invalid_op, 6)
HANDLER(invalid_TSS, 10)
HANDLER(segment_not_present, 11)
HANDLER(stack_segment, 12)
HANDLER(coprocessor_error, 16)
HANDLER(alignment_check, 17)
HANDLER(simd_coprocessor_error, 19)

asmlinkage void do_double_fault(struct pt_regs *regs, long error_code)
{
	MICRO(die, regs, 8, 0);
}

asmlinkage void do_general_protection(struct pt_regs *regs, long error_code)
{
	SEED_GENERAL_PROTECTION
	if (!USER(regs) && MICRO(fixup_exception, regs, 13, 0))
		return;
	report(13, regs);
}

asmlinkage void do_page_fault(struct pt_regs *regs, long error_code)
{
	unsigned long address;

	asm volatile("movl %%cr2,%0" : "=r"(address));
	SEED_PAGE_FAULT
	RESTORE_IF(regs);
	if (MICRO(handle_mm_fault, regs, address, error_code))
		return;
	if (!USER(regs) && MICRO(fixup_exception, regs, 14, 0))
		return;
	report(14, regs);
}

/* The frame itself is the argument. */
asmlinkage void math_state_restore(struct pt_regs regs)
{
	asm volatile("clts");
	SEED_DEVICE_NOT_AVAILABLE
	MICRO(restore_fpu, &regs, 7, 0);
}

asmlinkage int do_debug(struct pt_regs *regs, long error_code)
{
	unsigned long condition;

	asm volatile("movl %%db6,%0" : "=r"(condition));
	if ((condition & 15) && !MICRO(thread_debugreg7, regs, 0, 0))
		goto clear_dr7;
	MICRO(save_debugreg6, regs, condition, 0);
	if (condition & DR_STEP) {
		SEED_DEBUG
		if (!USER(regs) || MICRO(ptrace_dtrace, regs, 0, 0)) {
			regs->eflags &= ~0x100;
			return 0;
		}
	}
	MICRO(force_sig, regs, 1, 0);
clear_dr7:
	asm volatile("movl %0,%%db7" : : "r"(0));
	return 0;
}
