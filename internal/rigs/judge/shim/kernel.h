/* What the seeds' C expects of the kernel around it, in the machine's own terms:
   thread_info at the bottom of an 8 KiB stack, locks whose word is 0 or the
   owner's number plus one, micro-steps for what is not the kernel's. */
typedef unsigned char u8;
typedef struct { volatile unsigned long owner; } spinlock_t;

#define NULL ((void *)0)
#define NR_CPUS 32
#define ENOMEM 12
#define EEXIST 17
#define CONFIG_KPROBES 1
#define SPIN_LOCK_UNLOCKED { 0 }
#define asmlinkage
#define __init
#define __initcall(f) int (*const f##_call)(void) = f
#define EXPORT_SYMBOL_GPL(f)
#define flush_icache_range(from, to) do { } while (0)

struct pt_regs {
	long ebx, ecx, edx, esi, edi, ebp, eax;
	long xds, xes, orig_eax, eip, xcs, eflags, esp, xss;
};

struct thread_info {
	long unused[3], cpu, preempt_count, need_resched;
};

static inline struct thread_info *current_thread_info(void)
{
	struct thread_info *t;
	asm("andl %%esp,%0" : "=r"(t) : "0"(~8191UL));
	return t;
}

#define smp_processor_id() (current_thread_info()->cpu)
#define barrier() asm volatile("" : : : "memory")

/* A micro-step: regs in esi, b in ebx, a in eax, the answer in eax. */
#define MICRO(name, regs, b, a) ({ \
	unsigned long answer_ = (unsigned long)(a); \
	asm volatile("hc." #name "." UNIT "%=: int $0x81" : "+a"(answer_) : "S"(regs), "b"(b) : "memory", "cc"); \
	answer_; })

#define preempt_disable() do { current_thread_info()->preempt_count++; barrier(); } while (0)
#define preempt_enable_no_resched() do { barrier(); current_thread_info()->preempt_count--; barrier(); } while (0)
/* preempt_schedule() of 2.5.30 looks at the count, not at IF. */
#define preempt_enable() do { \
	preempt_enable_no_resched(); \
	if (current_thread_info()->need_resched && !current_thread_info()->preempt_count) \
		MICRO(preempt_schedule, 0, 0, 0); \
} while (0)

/* With CONFIG_PREEMPT a spinlock keeps the task from being preempted (K0). */
#define spin_lock(l) do { preempt_disable(); MICRO(spin_lock, 0, l, 0); } while (0)
#define spin_unlock(l) do { barrier(); (l)->owner = 0; preempt_enable(); } while (0)
#define spin_lock_irq(l) do { asm volatile("cli" : : : "memory"); spin_lock(l); } while (0)
#define spin_unlock_irq(l) do { barrier(); (l)->owner = 0; asm volatile("sti" : : : "memory"); preempt_enable(); } while (0)

struct list_head { struct list_head *next, *prev; };

#define INIT_LIST_HEAD(h) do { (h)->next = (h); (h)->prev = (h); } while (0)
#define list_entry(at, type, member) ((type *)((char *)(at) - __builtin_offsetof(type, member)))
#define list_for_each(at, head) for (at = (head)->next; at != (head); at = at->next)

static inline void list_add(struct list_head *e, struct list_head *head)
{
	e->next = head->next;
	e->prev = head;
	e->next->prev = e;
	head->next = e;
}

static inline void list_del(struct list_head *e)
{
	e->next->prev = e->prev;
	e->prev->next = e->next;
}

static inline unsigned long hash_ptr(void *p, unsigned bits)
{
	return (unsigned long)p * 0x9e370001UL >> (32 - bits);
}
