/*
 * What 6.1 does on the frame instead of a step (O5). Its oddities are kept: what
 * a far return has left of CS and what ret n pops stay on the stack, a relative
 * call pushes the address five bytes on, LOOP looks at the count before it is
 * decremented.
 */
enum { EMULATE_FLAGS = 1, EMULATE_RET, EMULATE_CALL, EMULATE_JMP, EMULATE_JCC, EMULATE_LOOP, EMULATE_CALL_INDIRECT, EMULATE_JMP_INDIRECT };

#ifdef __x86_64__
#define EF_CF 1UL
#define EF_PF 4UL
#define EF_ZF 0x40UL
#define EF_SF 0x80UL
#define EF_OF 0x800UL

/* Where the registers lie in struct pt_regs, by their numbers. */
const u8 pt_regs_word[16] = { 10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0 };

void int3_emulate_push(struct pt_regs *regs, unsigned long value)
{
	volatile unsigned long *top;

	regs->esp -= sizeof(value);
	top = (volatile unsigned long *)regs->esp;
	*top = value;	/* the entry code has left room below the interrupted stack (O5) */
}

unsigned long int3_emulate_pop(struct pt_regs *regs)
{
	unsigned long value = *(volatile unsigned long *)regs->esp;

	regs->esp += sizeof(value);
	return value;
}

void emulate_ifmodifier(u8 opcode, struct pt_regs *regs)
{
	switch (opcode) {
	case 0xfa:	/* cli */
		regs->eflags &= ~EF_IF;
		break;
	case 0xfb:	/* sti */
		regs->eflags |= EF_IF;
		break;
	case 0x9c:	/* pushf */
		int3_emulate_push(regs, regs->eflags);
		break;
	case 0x9d:	/* popf */
		regs->eflags = int3_emulate_pop(regs);
		break;
	}
}

int jcc_taken(u8 condition, unsigned long flags)
{
	int less = !(flags & EF_SF) != !(flags & EF_OF);
	int holds = 0;

	switch (condition >> 1 & 7) {
	case 0:
		holds = (flags & EF_OF) != 0;
		break;
	case 1:
		holds = (flags & EF_CF) != 0;
		break;
	case 2:
		holds = (flags & EF_ZF) != 0;
		break;
	case 3:
		holds = (flags & (EF_CF | EF_ZF)) != 0;
		break;
	case 4:
		holds = (flags & EF_SF) != 0;
		break;
	case 5:
		holds = (flags & EF_PF) != 0;
		break;
	case 6:
		holds = less;
		break;
	case 7:
		holds = less || (flags & EF_ZF);
		break;
	}
	return holds != (condition & 1);
}

int loop_taken(u8 opcode, int address32, struct pt_regs *regs)
{
	unsigned long count = regs->rcx;
	int zero = (regs->eflags & EF_ZF) != 0;

	if (address32)
		count = (u32)count;
	if (opcode == 0xe3)	/* jrcxz */
		return count == 0;
	if (address32)
		regs->rcx = (regs->rcx & ~0xffffffffUL) | (u32)(count - 1);
	else
		regs->rcx = count - 1;
	if (opcode == 0xe2)
		return count != 0;
	return count != 0 && zero == (opcode & 1);
}

/* The distance that a branch ends with: one byte, or four. */
long relative(volatile u8 *end, u8 opcode)
{
	if (opcode == 0xe8 || opcode == 0xe9 || opcode == 0x0f)
		return *(volatile int *)(end - 4);
	return *(volatile signed char *)(end - 1);
}

/* The register that the ModRM byte behind the opcode names. */
unsigned long register_of(volatile u8 *insn, volatile u8 *opcode, struct pt_regs *regs)
{
	unsigned int n = opcode[1] & 7;

	if (opcode > insn && (opcode[-1] & 0xf1) == 0x41)	/* REX.B */
		n += 8;
	n = pt_regs_word[n];
	return (&regs->r15)[n];
}

void emulate(u8 way, struct kprobe *p, struct pt_regs *regs)
{
	volatile u8 *insn = p->insn;
	volatile u8 *at = skip_prefixes(insn);
	u8 len = p->len;
	u8 opcode = *at;
	u8 condition = opcode == 0x0f ? at[1] : opcode;
	unsigned long next = (unsigned long)p->addr;
	unsigned long target;
	int taken = 1;

	switch (way) {
	case EMULATE_FLAGS:
		emulate_ifmodifier(opcode, regs);
		taken = 0;
		break;
	case EMULATE_RET:
		regs->eip = int3_emulate_pop(regs);
		return;
	case EMULATE_CALL:
		int3_emulate_push(regs, next + 5);
		break;
	case EMULATE_JCC:
		taken = jcc_taken(condition, regs->eflags);
		break;
	case EMULATE_LOOP:
		while (insn < at && *insn != 0x67)
			insn++;
		taken = loop_taken(opcode, insn < at, regs);
		break;
	case EMULATE_CALL_INDIRECT:
	case EMULATE_JMP_INDIRECT:
		target = register_of(insn, at, regs);
		if (way == EMULATE_CALL_INDIRECT)
			int3_emulate_push(regs, next + len);
		regs->eip = target;
		return;
	}

	next += len;
	if (taken)
		next += relative(p->insn + len, opcode);
	regs->eip = next;
}
#else
/* A 32-bit frame has no room for a push: nothing is emulated. */
void emulate(u8 way, struct kprobe *p, struct pt_regs *regs)
{
	BUG();
}
#endif
