/*
 * What the C text of a modelled kernel needs: types, the saved registers, a
 * thread's place, and the ways out of the kernel's own work.
 *
 * A comment at the end of a line is read by the simulator:
 *
 *	ROW @NAME: WORDS	ROW of the semantics checklist, a name for the
 *	ROW: WORDS		line, and why it is there, as stories tell it
 *	@NAME
 *
 * A line makes at most one access that another CPU can see, so that a search
 * may take a line as one step.
 */
typedef unsigned char u8;
typedef unsigned int u32;

#define NULL ((void *)0)
#define ENOMEM 12
#define EEXIST 17
#define EINVAL 22
#define NR_CPUS 32
#define THREAD_SIZE 8192

#define EF_TF 0x100UL
#define EF_IF 0x200UL
#define EF_VM 0x20000UL

/* The saved registers of a trap, as the entry code builds them (K2). */
#ifdef __x86_64__
struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	unsigned long rax, rcx, rdx, rsi, rdi, orig_rax;
	unsigned long rip, cs, eflags, rsp, ss;
};
#define eax rax
#define orig_eax orig_rax
#define eip rip
#define esp rsp
#define xcs cs
#define user_mode(regs) (((regs)->xcs & 3) != 0)
#else
struct pt_regs {
	unsigned long ebx, ecx, edx, esi, edi, ebp, eax, xds, xes, orig_eax;
	unsigned long eip, xcs, eflags, esp, xss;
};
#define user_mode(regs) ((((regs)->eflags & EF_VM) | ((regs)->xcs & 3)) != 0)
#endif


#define PT_PTRACED 1
#define PT_DTRACE 2

/* It lies at the bottom of the thread's kernel stack. */
struct thread_info {
	u32 unused[3];
	volatile u32 cpu;
	volatile u32 preempt_count;
	volatile u32 need_resched;
	volatile u32 pending;	/* signals, bit per number */
	volatile u32 ptrace;
	volatile unsigned long debugreg6 __attribute__((aligned(8)));
	volatile unsigned long debugreg7 __attribute__((aligned(8)));
};

#ifdef __x86_64__
#define and_stack "andq %%rsp,%0"
#define lock_dec "lock decq %0"
#else
#define and_stack "andl %%esp,%0"
#define lock_dec "lock decl %0"
#endif
#ifdef TRAP_DEBUG_STACK	/* the stack pointer does not say whose thread it is */
/* A CPU's own, at its gs. */
struct x8664_pda {
	unsigned long unused[2];
	char *kernelstack;	/* PDA_STACKOFFSET below the thread's stack's end */
};
#define PDA_STACKOFFSET (5 * 8)

#define read_pda(field) ({						\
	unsigned long value__;						\
	__asm__("movq %%gs:%c1,%0" : "=r"(value__)			\
		: "i"(__builtin_offsetof(struct x8664_pda, field)));	\
	value__; })
#define current_thread_info()						\
	((struct thread_info *)(read_pda(kernelstack) + PDA_STACKOFFSET - THREAD_SIZE))
#else
#define current_thread_info() ({						\
	struct thread_info *ti__;						\
	__asm__(and_stack : "=r"(ti__) : "0"(-(unsigned long)THREAD_SIZE));	\
	ti__; })
#endif
#define smp_processor_id() ((unsigned long)current_thread_info()->cpu)

#define local_irq_disable() __asm__ volatile("cli" : : : "memory")
#define local_irq_enable() __asm__ volatile("sti" : : : "memory")
#define local_irq_save(flags) __asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory")
#define local_irq_restore(flags) __asm__ volatile("push %0; popf" : : "r"(flags) : "memory", "cc")

#define BUG() __asm__ volatile("ud2")

#define atomic_inc(word) __asm__ volatile("lock incl %0" : "+m"(*(word)) : : "memory")
#define atomic_dec_long(word) __asm__ volatile(lock_dec : "+m"(*(word)) : : "memory")

/* One locked compare and exchange: is *word now to, and was it from before? */
#define cmpxchg_took(word, from, to) ({						\
	u8 took__;								\
	unsigned long was__ = (unsigned long)(from);				\
	__asm__ volatile("lock cmpxchg %3,%1"					\
		: "=@ccz"(took__), "+m"(*(word)), "+a"(was__)			\
		: "r"(to) : "memory");						\
	took__; })

/* What was in *word before n was added. */
#define fetch_add(word, n) ({							\
	unsigned long was__ = (n);						\
	__asm__ volatile("lock xadd %0,%1"					\
		: "+r"(was__), "+m"(*(word)) : : "memory");			\
	was__; })

/* Is n in the word? What else may be there goes into no register. */
#define holds(word, n) ({						\
	u8 same__;							\
	__asm__ volatile("cmp %2,%1" : "=@ccz"(same__) : "m"(word), "r"(n)); \
	same__; })

/*
 * Work that is not the kernel's own code: what the simulator does at once. The
 * arguments are in eax, ebx and esi (rax, rbx, r12), the answer in eax.
 */
#ifdef __x86_64__
#define hypercall(name, ax_, bx_, regs) ({					\
	unsigned long ax__ = (unsigned long)(ax_);				\
	register struct pt_regs *regs__ __asm__("r12") = (regs);		\
	__asm__ volatile("hc." #name ".%=: int $0x81"				\
		: "+a"(ax__) : "b"((unsigned long)(bx_)), "r"(regs__) : "memory"); \
	ax__; })
#else
#define hypercall(name, ax_, bx_, regs) ({					\
	unsigned long ax__ = (unsigned long)(ax_);				\
	__asm__ volatile("hc." #name ".%=: int $0x81"				\
		: "+a"(ax__) : "b"((unsigned long)(bx_)), "S"(regs) : "memory"); \
	ax__; })
#endif
